//! Tokens of Microsoft Entra for Durable Task Scheduler.

mod http;
mod request;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::Timestamp;

use super::{AccessToken, Authentication, SchedulerConnection, TokenError, TokenSource};
use request::{Answer, Ask};

/// What tokens are for.
const SCOPE: &str = "https://durabletask.io/.default";
/// The same for identities of the platform.
const RESOURCE: &str = "https://durabletask.io";
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the machine's identity may take where it is only tried.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the Azure CLI may take.
const CLI_TIMEOUT: Duration = Duration::from_secs(30);

/// Gets tokens from Microsoft Entra, as a connection string asks for.
///
/// Its settings are the variables of the Azure SDKs: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`,
/// `AZURE_CLIENT_SECRET`, `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_AUTHORITY_HOST`,
/// `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`. No secret of them is ever printed.
pub struct EntraTokens {
    /// Tried one after the other.
    ways: Vec<Way>,
}

/// One way to a token.
pub(super) enum Way {
    /// A client with a secret.
    Secret {
        authority: String,
        tenant: String,
        client: String,
        secret: SecretString,
    },
    /// A client with a token of somebody else, in a file that is renewed.
    Federated {
        authority: String,
        tenant: String,
        client: String,
        file: String,
    },
    /// The identity of an app.
    App {
        endpoint: String,
        header: SecretString,
        client: Option<String>,
    },
    /// The identity of a machine.
    Machine {
        endpoint: String,
        client: Option<String>,
        timeout: Duration,
    },
    /// Whoever is signed in.
    Cli {
        program: String,
        tenant: Option<String>,
    },
}

impl EntraTokens {
    /// What a connection string asks for; `None` where it asks for no authentication. `variable`
    /// looks a variable of the environment up.
    pub fn new(
        connection: &SchedulerConnection,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, TokenError> {
        let found = Found {
            connection,
            variable: &variable,
        };
        let ways = match connection.authentication {
            Authentication::None => return Ok(None),
            Authentication::Environment => vec![found.secret()?],
            Authentication::WorkloadIdentity => vec![found.federated()?],
            Authentication::ManagedIdentity => {
                vec![found.managed(connection.client_id.clone(), TIMEOUT)]
            }
            Authentication::AzureCli => vec![found.cli()],
            Authentication::DefaultAzure => {
                let mut ways = Vec::new();
                ways.extend(found.secret().ok());
                ways.extend(found.federated().ok());
                ways.push(found.managed(found.client().ok(), PROBE_TIMEOUT));
                ways.push(found.cli());
                ways
            }
        };
        Ok(Some(Self { ways }))
    }
}

/// Where settings come from.
struct Found<'a> {
    connection: &'a SchedulerConnection,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Found<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    fn needed(&self, name: &str, given: Option<&String>) -> Result<String, TokenError> {
        let missing = || TokenError::Settings {
            problem: format!("`{name}` is not set"),
        };
        given
            .cloned()
            .or_else(|| self.get(name))
            .ok_or_else(missing)
    }

    fn tenant(&self) -> Result<String, TokenError> {
        self.needed("AZURE_TENANT_ID", self.connection.tenant_id.as_ref())
    }

    fn client(&self) -> Result<String, TokenError> {
        self.needed("AZURE_CLIENT_ID", self.connection.client_id.as_ref())
    }

    fn authority(&self) -> String {
        let host = self.get("AZURE_AUTHORITY_HOST");
        host.unwrap_or_else(|| String::from("https://login.microsoftonline.com"))
    }

    fn secret(&self) -> Result<Way, TokenError> {
        Ok(Way::Secret {
            authority: self.authority(),
            tenant: self.tenant()?,
            client: self.client()?,
            secret: self.needed("AZURE_CLIENT_SECRET", None)?.into(),
        })
    }

    fn federated(&self) -> Result<Way, TokenError> {
        let file = self.connection.token_file.as_ref();
        Ok(Way::Federated {
            authority: self.authority(),
            tenant: self.tenant()?,
            client: self.client()?,
            file: self.needed("AZURE_FEDERATED_TOKEN_FILE", file)?,
        })
    }

    fn managed(&self, client: Option<String>, timeout: Duration) -> Way {
        let app = (self.get("IDENTITY_ENDPOINT"), self.get("IDENTITY_HEADER"));
        if let (Some(endpoint), Some(header)) = app {
            return Way::App {
                endpoint,
                header: header.into(),
                client,
            };
        }
        let host = self.get("AZURE_POD_IDENTITY_AUTHORITY_HOST");
        Way::Machine {
            endpoint: host.unwrap_or_else(|| String::from("http://169.254.169.254")),
            client,
            timeout,
        }
    }

    fn cli(&self) -> Way {
        Way::Cli {
            program: String::from("az"),
            tenant: self.connection.tenant_id.clone(),
        }
    }
}

#[async_trait]
impl TokenSource for EntraTokens {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let mut problems = Vec::new();
        let mut is_retryable = false;
        for way in &self.ways {
            match way.token().await {
                Ok(token) => return Ok(token),
                Err(error) => {
                    is_retryable |= error.is_retryable();
                    problems.push(error);
                }
            }
        }
        if problems.len() == 1 {
            return Err(problems.remove(0));
        }
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let (from, reason) = (String::from("Microsoft Entra"), texts.join("; "));
        Err(if is_retryable {
            TokenError::Unavailable { from, reason }
        } else {
            TokenError::Refused { from, reason }
        })
    }
}

impl Way {
    /// Who is asked, for people.
    fn name(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "Microsoft Entra (client secret)",
            Self::Federated { .. } => "Microsoft Entra (workload identity)",
            Self::App { .. } => "the identity endpoint of the app",
            Self::Machine { .. } => "the identity endpoint of the machine",
            Self::Cli { .. } => "the Azure CLI",
        }
    }

    async fn token(&self) -> Result<AccessToken, TokenError> {
        let now = Timestamp::now();
        let answer = match self {
            Self::Cli { program, tenant } => self.cli(program, tenant.as_deref()).await?,
            Self::Federated { file, .. } => {
                let assertion = tokio::fs::read_to_string(file).await.map_err(|error| {
                    TokenError::Unavailable {
                        from: format!("the file `{file}`"),
                        reason: error.to_string(),
                    }
                })?;
                self.send(self.ask(Some(assertion.trim()))?, TIMEOUT)
                    .await?
            }
            Self::Machine { timeout, .. } => self.send(self.ask(None)?, *timeout).await?,
            Self::Secret { .. } | Self::App { .. } => self.send(self.ask(None)?, TIMEOUT).await?,
        };
        answer.token(self.name(), now)
    }

    async fn send(&self, ask: Ask, timeout: Duration) -> Result<Answer, TokenError> {
        let unavailable = |reason| TokenError::Unavailable {
            from: self.name().to_owned(),
            reason,
        };
        match tokio::time::timeout(timeout, http::send(ask)).await {
            Ok(answer) => answer.map_err(unavailable),
            Err(_) => Err(unavailable(format!("no answer within {timeout:?}"))),
        }
    }

    async fn cli(&self, program: &str, tenant: Option<&str>) -> Result<Answer, TokenError> {
        let mut command = tokio::process::Command::new(program);
        command
            .args(["account", "get-access-token", "--output", "json"])
            .args(["--scope", SCOPE])
            .kill_on_drop(true);
        if let Some(tenant) = tenant {
            command.args(["--tenant", tenant]);
        }
        let from = || self.name().to_owned();
        match tokio::time::timeout(CLI_TIMEOUT, command.output()).await {
            Ok(Ok(output)) if output.status.success() => Ok(Answer {
                status: 200,
                body: output.stdout,
            }),
            Ok(Ok(output)) => Err(TokenError::Refused {
                from: from(),
                reason: request::short(&String::from_utf8_lossy(&output.stderr)),
            }),
            Ok(Err(error)) => Err(TokenError::Settings {
                problem: format!("`{program}` can't be run: {error}"),
            }),
            Err(_) => Err(TokenError::Unavailable {
                from: from(),
                reason: format!("no answer within {CLI_TIMEOUT:?}"),
            }),
        }
    }
}

impl std::fmt::Debug for EntraTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.ways.iter().map(Way::name);
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests;
