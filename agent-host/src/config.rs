//! What to run with: command line over environment over `local.settings.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use agent_sdk::agent::SessionIdError;
use agent_sdk::workflow::PublicUrl;
use axum::http::Uri;
use secrecy::SecretString;
use serde::Deserialize;

use crate::auth::FunctionKeys;
use crate::backend::Backend;
use crate::cli::{Cli, Command, CommonOptions};
use crate::routes::Origin;
use crate::routes::negotiate::bool_text;

#[cfg(feature = "grpc")]
mod service;

/// Where an app serves unless it is told otherwise: the port of the Functions tools.
pub(crate) const DEFAULT_PORT: u16 = 7071;
/// The settings file of the Functions tools, looked for in the current directory.
const SETTINGS_FILE: &str = "local.settings.json";
/// The port that the Functions host hands to a program that it starts.
const HANDLER_PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
/// Where hub files are, unless one is named.
const HUB_FOLDER: &str = ".agent-hub";

/// Where a hub keeps its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubLocation {
    /// In this process; gone when it ends.
    Memory,
    /// In this file and others beside it.
    File(PathBuf),
}

impl From<PathBuf> for HubLocation {
    fn from(path: PathBuf) -> Self {
        if path == Path::new("memory") {
            Self::Memory
        } else {
            Self::File(path)
        }
    }
}

impl std::fmt::Display for HubLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Which provider answers, as far as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelChoice {
    Offline,
    OpenAi,
}

/// Access to `OpenAI` or to a server that speaks its API.
#[derive(Debug, Clone)]
pub(crate) struct OpenAiSettings {
    pub(crate) key: SecretString,
    pub(crate) base_url: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) project: Option<String>,
}

/// Everything that command line and environment say.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) port: u16,
    pub(crate) backend: Backend,
    pub(crate) model: Option<ModelChoice>,
    pub(crate) openai: Option<OpenAiSettings>,
    pub(crate) keys: FunctionKeys,
    pub(crate) origin: Origin,
    /// A `tracing` filter, such as `info` or `agent_host=debug`, after the variable that says it.
    pub(crate) log_filter: Option<(&'static str, String)>,
    pub(crate) log_json: bool,
}

/// Why the settings can't be used. All are final until they are changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// A value that is none.
    #[error("{setting} is `{value}`, which is not {expected}")]
    Invalid {
        /// The flag or variable.
        setting: &'static str,
        /// What it says.
        value: String,
        /// What it could say.
        expected: &'static str,
    },
    /// A session that can't be.
    #[error("--session: {problem}")]
    Session {
        /// What was named.
        value: String,
        /// Why it is no session.
        problem: SessionIdError,
    },
    /// A backend that this binary lacks.
    #[error("the backend `{name}` is not in this build ({why}); `--backend embedded` is")]
    Backend {
        /// Its name.
        name: String,
        /// What would bring it.
        why: &'static str,
    },
    /// The service of the backend `grpc` is not named, or not rightly.
    #[error("{setting}: {problem}")]
    Service {
        /// The flag or variable.
        setting: &'static str,
        /// What is missing or wrong.
        problem: String,
    },
    /// The settings file can't be read.
    #[error("{SETTINGS_FILE}: {problem}")]
    File {
        /// What is wrong with it.
        problem: String,
    },
}

/// Looks variables up: in the environment, else in the settings file. Empty ones are not there.
pub(crate) struct Variables {
    process: fn(&str) -> Option<String>,
    file: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SettingsFile {
    #[serde(default)]
    is_encrypted: bool,
    #[serde(default)]
    values: BTreeMap<String, serde_json::Value>,
}

impl Variables {
    /// The environment of this process, and the settings file of its directory.
    pub(crate) fn load() -> Result<Self, SettingError> {
        let file = match std::fs::read_to_string(SETTINGS_FILE) {
            Ok(text) => settings_file(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                let problem = error.to_string();
                return Err(SettingError::File { problem });
            }
        };
        Ok(Self {
            process: |name| std::env::var(name).ok(),
            file,
        })
    }

    /// No variable is set.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            process: |_| None,
            file: BTreeMap::new(),
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        let is_set = |value: &String| !value.trim().is_empty();
        (self.process)(name)
            .filter(is_set)
            .or_else(|| self.file.get(name).cloned().filter(is_set))
    }
}

/// The values of a settings file.
fn settings_file(text: &str) -> Result<BTreeMap<String, String>, SettingError> {
    // Editors put a byte-order mark in front.
    let text = text.trim_start_matches('\u{feff}');
    let file: SettingsFile = serde_json::from_str(text).map_err(|error| SettingError::File {
        // The position says enough; the error's own text may quote a secret.
        problem: format!(
            "not valid at line {}, column {}",
            error.line(),
            error.column()
        ),
    })?;
    if file.is_encrypted {
        let problem = String::from("it is encrypted; decrypt it with the Functions tools");
        return Err(SettingError::File { problem });
    }
    let text_of = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(file
        .values
        .into_iter()
        .map(|(name, value)| (name, text_of(value)))
        .collect())
}

impl Settings {
    /// Puts everything together. `binary` names the default hub file.
    pub(crate) fn resolve(
        cli: &Cli,
        variables: &Variables,
        binary: &str,
    ) -> Result<Self, SettingError> {
        let options = &cli.options;
        let admin_key = variables.get("AGENT_ADMIN_KEY");
        let handler = match cli.command {
            // A question is answered here, whatever port its environment hands to a server.
            Some(Command::Ask(_) | Command::Replay(_) | Command::Graph(_)) => None,
            None | Some(Command::Run) => variables.get(HANDLER_PORT),
        };
        let backend = backend(cli, variables, binary, handler.is_some())?;
        Ok(Self {
            port: port(options, handler)?,
            backend,
            model: model(options, variables)?,
            openai: variables.get("OPENAI_API_KEY").map(|key| OpenAiSettings {
                key: key.into(),
                base_url: variables.get("OPENAI_BASE_URL"),
                model: variables.get("OPENAI_MODEL"),
                organization: variables.get("OPENAI_ORG_ID"),
                project: variables.get("OPENAI_PROJECT_ID"),
            }),
            keys: FunctionKeys::parse(function_keys(variables)?.as_deref(), admin_key.as_deref())
                .with_system(variables.get("AGENT_DURABLETASK_KEY").as_deref()),
            origin: Origin {
                base_url: base_url(variables)?,
                use_forwarded_host: use_forwarded_host(variables)?,
                website: variables
                    .get("WEBSITE_HOSTNAME")
                    .map(|host| PublicUrl::new(host).prefix("").base()),
            },
            log_filter: ["AGENT_LOG", "RUST_LOG"]
                .into_iter()
                .find_map(|name| Some((name, variables.get(name)?))),
            log_json: log_json(variables)?,
        })
    }
}

/// A list in which no key is left would open what somebody meant to close.
fn function_keys(variables: &Variables) -> Result<Option<String>, SettingError> {
    const VARIABLE: &str = "AGENT_FUNCTION_KEYS";
    let text = variables.get(VARIABLE);
    match text {
        Some(value) if FunctionKeys::parse(Some(&value), None).is_empty() => {
            Err(SettingError::Invalid {
                setting: VARIABLE,
                value,
                expected: "a list of keys separated by commas",
            })
        }
        text => Ok(text),
    }
}

/// What links begin with.
fn base_url(variables: &Variables) -> Result<Option<String>, SettingError> {
    const VARIABLE: &str = "AGENT_BASE_URL";
    let Some(value) = variables.get(VARIABLE) else {
        return Ok(None);
    };
    let text = value.trim();
    let is_base = |uri: Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    };
    // A path is put behind it, which would become part of a query or of a fragment.
    if !text.contains(['?', '#']) && text.parse().is_ok_and(is_base) {
        return Ok(Some(text.to_owned()));
    }
    Err(SettingError::Invalid {
        setting: VARIABLE,
        value,
        expected: "an http or https URL without a query, such as `https://agents.example.com`",
    })
}

/// Whether a proxy in front of the app says what the app is called.
fn use_forwarded_host(variables: &Variables) -> Result<bool, SettingError> {
    const VARIABLE: &str = "AGENT_USE_FORWARDED_HOST";
    let Some(value) = variables.get(VARIABLE) else {
        return Ok(false);
    };
    bool_text(&value).ok_or(SettingError::Invalid {
        setting: VARIABLE,
        value,
        expected: "`true` or `false`",
    })
}

fn port(options: &CommonOptions, handler: Option<String>) -> Result<u16, SettingError> {
    match (options.port, handler) {
        (Some(port), _) => Ok(port),
        (None, None) => Ok(DEFAULT_PORT),
        (None, Some(text)) => text.trim().parse().map_err(|_| SettingError::Invalid {
            setting: HANDLER_PORT,
            value: text,
            expected: "a port from 0 to 65535",
        }),
    }
}

fn hub(cli: &Cli, variables: &Variables, binary: &str) -> HubLocation {
    if let Some(path) = &cli.options.hub {
        return path.clone().into();
    }
    match (&cli.command, variables.get("AGENT_HUB")) {
        (_, Some(path)) => PathBuf::from(path).into(),
        (Some(Command::Ask(_) | Command::Graph(_)), None) => HubLocation::Memory,
        (None | Some(Command::Run | Command::Replay(_)), None) => {
            HubLocation::File(Path::new(HUB_FOLDER).join(format!("{binary}.db")))
        }
    }
}

fn model(
    options: &CommonOptions,
    variables: &Variables,
) -> Result<Option<ModelChoice>, SettingError> {
    let Some(name) = options
        .model
        .clone()
        .or_else(|| variables.get("AGENT_MODEL"))
    else {
        return Ok(None);
    };
    match name.to_lowercase().as_str() {
        "offline" => Ok(Some(ModelChoice::Offline)),
        "openai" => Ok(Some(ModelChoice::OpenAi)),
        _ => Err(SettingError::Invalid {
            setting: "--model (AGENT_MODEL)",
            value: name,
            expected: "`offline` or `openai`",
        }),
    }
}

/// The engine that is asked for; one that this build lacks is refused by name.
fn backend(
    cli: &Cli,
    variables: &Variables,
    binary: &str,
    is_handler: bool,
) -> Result<Backend, SettingError> {
    let options = &cli.options;
    let embedded = || Backend::Embedded(hub(cli, variables, binary));
    let named = options
        .backend
        .clone()
        .or_else(|| variables.get("AGENT_BACKEND"));
    let name = match named {
        Some(name) => name,
        None if is_handler => String::from("functions"),
        None => return Ok(embedded()),
    };
    let why = match name.to_lowercase().as_str() {
        "embedded" => return Ok(embedded()),
        "functions" => "FUNCTIONS_CUSTOMHANDLER_PORT asks for it where no backend is named",
        "azure-storage" => "it needs the cargo feature `azure-storage` of `agent-host`",
        #[cfg(feature = "grpc")]
        "grpc" => return service::backend(options, variables),
        #[cfg(not(feature = "grpc"))]
        "grpc" => {
            "it needs the cargo feature `grpc` of `agent-host`: build with \
             `--features agent-host/grpc`"
        }
        _ => {
            return Err(SettingError::Invalid {
                setting: "--backend (AGENT_BACKEND)",
                value: name,
                expected: "`embedded`, `functions`, `azure-storage` or `grpc`",
            });
        }
    };
    Err(SettingError::Backend { name, why })
}

fn log_json(variables: &Variables) -> Result<bool, SettingError> {
    const VARIABLE: &str = "AGENT_LOG_FORMAT";
    let Some(text) = variables.get(VARIABLE) else {
        return Ok(false);
    };
    match text.trim() {
        "json" => Ok(true),
        "text" => Ok(false),
        _ => Err(SettingError::Invalid {
            setting: VARIABLE,
            value: text,
            expected: "`text` or `json`",
        }),
    }
}

#[cfg(test)]
mod tests;
