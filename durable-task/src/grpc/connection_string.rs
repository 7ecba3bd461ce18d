//! The connection string of Durable Task Scheduler:
//! `Endpoint=https://..;Authentication=ManagedIdentity;TaskHub=..`.

use std::collections::BTreeMap;
use std::str::FromStr;

/// How to authenticate to a scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// Not at all: the emulator.
    None,
    /// The first of the others that is configured.
    DefaultAzure,
    /// The identity that the platform gives to this machine or app.
    ManagedIdentity,
    /// A federated token in a file (Kubernetes).
    WorkloadIdentity,
    /// The client secret in `AZURE_CLIENT_SECRET`.
    Environment,
    /// Whoever is signed in to the Azure CLI.
    AzureCli,
}

impl Authentication {
    const NAMES: [(&'static str, Self); 6] = [
        ("None", Self::None),
        ("DefaultAzure", Self::DefaultAzure),
        ("ManagedIdentity", Self::ManagedIdentity),
        ("WorkloadIdentity", Self::WorkloadIdentity),
        ("Environment", Self::Environment),
        ("AzureCLI", Self::AzureCli),
    ];
}

/// A connection string, taken apart.
///
/// ```
/// use durable_task::grpc::{Authentication, SchedulerConnection};
///
/// let text = "Endpoint=http://localhost:8080;TaskHub=default;Authentication=None";
/// let connection: SchedulerConnection = text.parse()?;
/// assert_eq!(connection.endpoint, "http://localhost:8080");
/// assert_eq!(connection.authentication, Authentication::None);
/// # Ok::<(), durable_task::grpc::ConnectionStringError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerConnection {
    /// `http://host:port` or `https://host`.
    pub endpoint: String,
    /// The task hub.
    pub task_hub: String,
    /// How to authenticate.
    pub authentication: Authentication,
    /// Which identity, where there are several.
    pub client_id: Option<String>,
    /// Which directory.
    pub tenant_id: Option<String>,
    /// Where the federated token of a workload identity is.
    pub token_file: Option<String>,
}

/// Why a text is no connection string. Values are not repeated: they may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionStringError {
    /// A part that is not `name=value`.
    #[error("part {number} is not of the form `name=value`")]
    Part {
        /// From 1.
        number: usize,
    },
    /// A name that stands there twice.
    #[error("`{name}` stands there twice")]
    Twice {
        /// Which one.
        name: String,
    },
    /// A name that is needed.
    #[error("`{name}` is missing")]
    Missing {
        /// Which one.
        name: &'static str,
    },
    /// A way to authenticate that there is not.
    #[error(
        "`Authentication={value}` is not supported; use None, DefaultAzure, ManagedIdentity, \
         WorkloadIdentity, Environment or AzureCLI"
    )]
    Authentication {
        /// What was asked for.
        value: String,
    },
}

impl SchedulerConnection {
    /// Takes a connection string apart. `task_hub` is used where the text names none.
    pub fn parse(text: &str, task_hub: Option<&str>) -> Result<Self, ConnectionStringError> {
        let mut values = pairs(text)?;
        let mut take = |name: &str| values.remove(&name.to_lowercase());
        let missing = |name| ConnectionStringError::Missing { name };
        let endpoint = take("Endpoint").ok_or(missing("Endpoint"))?;
        let named = take("Authentication").ok_or(missing("Authentication"))?;
        let authentication = Authentication::NAMES
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&named))
            .map(|(_, kind)| kind)
            .ok_or(ConnectionStringError::Authentication { value: named })?;
        let task_hub = take("TaskHub")
            .or_else(|| task_hub.map(str::to_owned))
            .ok_or(missing("TaskHub"))?;
        let endpoint = if endpoint.contains("://") {
            endpoint
        } else {
            format!("https://{endpoint}")
        };
        Ok(Self {
            endpoint,
            task_hub,
            authentication,
            client_id: take("ClientID"),
            tenant_id: take("TenantId"),
            token_file: take("TokenFilePath"),
        })
    }
}

impl FromStr for SchedulerConnection {
    type Err = ConnectionStringError;

    fn from_str(text: &str) -> Result<Self, ConnectionStringError> {
        Self::parse(text, None)
    }
}

/// The values by their lower-cased names. Empty ones are not there; a value may stand in quotes.
fn pairs(text: &str) -> Result<BTreeMap<String, String>, ConnectionStringError> {
    let mut values = BTreeMap::new();
    for (number, part) in (1..).zip(split(text)) {
        if part.trim().is_empty() {
            continue;
        }
        let Some((name, value)) = part.split_once('=') else {
            return Err(ConnectionStringError::Part { number });
        };
        let name = name.trim().to_lowercase();
        let value = unquote(value.trim());
        if !value.is_empty() && values.insert(name.clone(), value.to_owned()).is_some() {
            return Err(ConnectionStringError::Twice { name });
        }
    }
    Ok(values)
}

/// The parts between semicolons that are not in quotes.
fn split(text: &str) -> Vec<&str> {
    let mut quote = None;
    let parts = text.split(move |c: char| match (quote, c) {
        (None, ';') => true,
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), _) if open == c => {
            quote = None;
            false
        }
        _ => false,
    });
    parts.collect()
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value.strip_prefix(quote);
        if let Some(inner) = inner.and_then(|inner| inner.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_part_is_read_in_any_case_and_order() {
        let text = " taskhub = h ;ENDPOINT=https://x.durabletask.io;; clientid='a;b'; \
                    Authentication=managedidentity;TenantId=\"t\";TokenFilePath=/f;Other=1;";
        let expected = SchedulerConnection {
            endpoint: "https://x.durabletask.io".into(),
            task_hub: "h".into(),
            authentication: Authentication::ManagedIdentity,
            client_id: Some("a;b".into()),
            tenant_id: Some("t".into()),
            token_file: Some("/f".into()),
        };
        assert_eq!(text.parse(), Ok(expected));
    }

    #[test]
    fn an_endpoint_without_a_scheme_is_encrypted() {
        let text = "Endpoint=x.durabletask.io;Authentication=None;TaskHub=h";
        let connection: SchedulerConnection = text.parse().unwrap();
        assert_eq!(connection.endpoint, "https://x.durabletask.io");
    }

    #[test]
    fn the_task_hub_may_stand_elsewhere() {
        let text = "Endpoint=http://x;Authentication=None";
        let connection = SchedulerConnection::parse(text, Some("other")).unwrap();
        assert_eq!(connection.task_hub, "other");
        let text = "Endpoint=http://x;Authentication=None;TaskHub=this";
        let connection = SchedulerConnection::parse(text, Some("other")).unwrap();
        assert_eq!(connection.task_hub, "this");
    }

    #[test]
    fn every_way_to_authenticate_has_its_name() {
        for (name, kind) in Authentication::NAMES {
            let text = format!("Endpoint=http://x;TaskHub=h;Authentication={name}");
            let connection: SchedulerConnection = text.parse().unwrap();
            assert_eq!(connection.authentication, kind);
        }
    }

    #[test]
    fn mistakes_are_named_without_their_values() {
        let table = [
            ("", "`Endpoint` is missing"),
            ("Endpoint=http://x", "`Authentication` is missing"),
            (
                "Endpoint=http://x;Authentication=None",
                "`TaskHub` is missing",
            ),
            (
                "Endpoint=http://x;hush",
                "part 2 is not of the form `name=value`",
            ),
            ("TaskHub=a;taskhub=b", "`taskhub` stands there twice"),
            (
                "Endpoint=http://x;TaskHub=h;Authentication=VisualStudio",
                "`Authentication=VisualStudio` is not supported; use None, DefaultAzure, \
                 ManagedIdentity, WorkloadIdentity, Environment or AzureCLI",
            ),
        ];
        for (text, expected) in table {
            let error = text.parse::<SchedulerConnection>().unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[A-Za-z=;\"' ]{0,60}") {
            let _ = text.parse::<SchedulerConnection>();
        }
    }
}
