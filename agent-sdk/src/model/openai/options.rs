//! What an `OpenAI` client is told at its start.

use std::time::Duration;

use secrecy::SecretString;

use crate::model::RetryOptions;

/// Where `OpenAI` itself listens.
const BASE_URL: &str = "https://api.openai.com/v1";
/// How long one try of a call may take.
const TIMEOUT: Duration = Duration::from_mins(1);

const API_KEY_VARIABLE: &str = "OPENAI_API_KEY";
const BASE_URL_VARIABLE: &str = "OPENAI_BASE_URL";
const MODEL_VARIABLE: &str = "OPENAI_MODEL";
const ORGANIZATION_VARIABLE: &str = "OPENAI_ORG_ID";
const PROJECT_VARIABLE: &str = "OPENAI_PROJECT_ID";

/// Why an `OpenAI` client could not be made. Final until the configuration changes; texts never
/// hold the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenAiError {
    /// There is no key.
    #[error("OpenAI API key not provided in config or {API_KEY_VARIABLE} environment variable")]
    MissingKey,
    /// A setting can't be used.
    #[error("{variable} can't be used: {problem}")]
    Setting {
        /// The environment variable of the setting, also if it was set in code.
        variable: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTPS client could not be made.
    #[error("no HTTPS client could be made: {problem}")]
    Client {
        /// Why.
        problem: String,
    },
}

/// Options of an [`OpenAiModel`](super::OpenAiModel).
///
/// ```
/// use std::time::Duration;
/// use agent_sdk::model::{OpenAiModel, OpenAiOptions};
///
/// let options = OpenAiOptions::new("sk-secret")
///     .base_url("http://127.0.0.1:8000/v1")
///     .model("gpt-4.1-mini")
///     .timeout(Duration::from_secs(20));
/// assert!(!format!("{options:?}").contains("sk-secret"));
/// let model = OpenAiModel::new(options)?;
/// # Ok::<(), agent_sdk::model::OpenAiError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OpenAiOptions {
    pub(super) api_key: SecretString,
    pub(super) base_url: String,
    pub(super) model: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) project: Option<String>,
    pub(super) timeout: Duration,
    pub(super) retry: RetryOptions,
}

impl OpenAiOptions {
    /// The defaults with this key.
    pub fn new(api_key: impl Into<SecretString>) -> Self {
        Self {
            api_key: api_key.into(),
            base_url: BASE_URL.to_owned(),
            model: None,
            organization: None,
            project: None,
            timeout: TIMEOUT,
            retry: RetryOptions::default(),
        }
    }

    /// The defaults with what the environment says: `OPENAI_API_KEY` (required), `OPENAI_BASE_URL`,
    /// `OPENAI_MODEL`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`. An empty variable is an absent one.
    pub fn from_env() -> Result<Self, OpenAiError> {
        Self::read(|variable| match std::env::var(variable) {
            Ok(text) => Ok(Some(text)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(OpenAiError::Setting {
                variable,
                problem: "it is not UTF-8".to_owned(),
            }),
        })
    }

    fn read(
        lookup: impl Fn(&'static str) -> Result<Option<String>, OpenAiError>,
    ) -> Result<Self, OpenAiError> {
        let read = |variable| -> Result<Option<String>, OpenAiError> {
            let text = lookup(variable)?.map(|text| text.trim().to_owned());
            Ok(text.filter(|text| !text.is_empty()))
        };
        let key = read(API_KEY_VARIABLE)?.ok_or(OpenAiError::MissingKey)?;
        let mut options = Self::new(key);
        if let Some(base_url) = read(BASE_URL_VARIABLE)? {
            options.base_url = base_url;
        }
        options.model = read(MODEL_VARIABLE)?;
        options.organization = read(ORGANIZATION_VARIABLE)?;
        options.project = read(PROJECT_VARIABLE)?;
        Ok(options)
    }

    /// Where the server listens, without `/chat/completions`.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The model of requests that name none.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Who pays, if the key belongs to several organizations.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The project that the usage is counted for.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// How long one try of a call may take; 60 s unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How temporary failures are met.
    #[must_use]
    pub fn retry(mut self, retry: RetryOptions) -> Self {
        self.retry = retry;
        self
    }

    pub(super) fn endpoint(&self) -> Result<reqwest::Url, OpenAiError> {
        let problem = |problem: String| OpenAiError::Setting {
            variable: BASE_URL_VARIABLE,
            problem,
        };
        let parsed = reqwest::Url::parse(&self.base_url);
        let mut url = parsed.map_err(|error| problem(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme();
            return Err(problem(format!("expected http or https, found `{scheme}`")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let text = "it holds a user or a password, and the key is all that is sent";
            return Err(problem(text.to_owned()));
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["chat", "completions"]);
        }
        Ok(url)
    }

    pub(super) fn headers(&self) -> Result<reqwest::header::HeaderMap, OpenAiError> {
        use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};
        use secrecy::ExposeSecret;

        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", self.api_key.expose_secret());
        headers.insert(AUTHORIZATION, header(API_KEY_VARIABLE, &bearer)?);
        let named = [
            (
                "openai-organization",
                ORGANIZATION_VARIABLE,
                &self.organization,
            ),
            ("openai-project", PROJECT_VARIABLE, &self.project),
        ];
        for (name, variable, value) in named {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), header(variable, value)?);
            }
        }
        Ok(headers)
    }
}

fn header(
    variable: &'static str,
    value: &str,
) -> Result<reqwest::header::HeaderValue, OpenAiError> {
    let header = reqwest::header::HeaderValue::from_str(value);
    let mut header = header.map_err(|_| OpenAiError::Setting {
        variable,
        problem: "it has characters that no HTTP header can hold".to_owned(),
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests;
