//! Which model answers.

use std::sync::Arc;

use agent_sdk::model::{ChatModel, OpenAiModel, OpenAiOptions, ScriptedModel};
use secrecy::ExposeSecret;

use crate::config::{ModelChoice, OpenAiSettings};
use crate::error::HostError;

/// What `OpenAI` is asked for where neither the agent nor `OPENAI_MODEL` names a model.
pub const OPENAI_DEFAULT_MODEL: &str = "gpt-4.1-mini";

/// The models that the program brings.
#[derive(Clone, Default)]
pub(crate) struct Models {
    pub(crate) given: Option<Arc<dyn ChatModel>>,
    pub(crate) offline: Option<Arc<dyn ChatModel>>,
}

/// What is said outside of the program comes first, then the program's own model, then `OpenAI` if
/// there is a key, then the offline model.
pub(crate) fn choose(
    models: Models,
    choice: Option<ModelChoice>,
    openai: Option<&OpenAiSettings>,
) -> Result<Arc<dyn ChatModel>, HostError> {
    match (choice, models.given, openai) {
        (Some(ModelChoice::OpenAi), _, None) => Err(HostError::Model {
            problem: String::from("the model `openai` needs OPENAI_API_KEY, which is not set"),
        }),
        (Some(ModelChoice::OpenAi), _, Some(openai)) | (None, None, Some(openai)) => {
            Ok(Arc::new(open_ai(openai)?))
        }
        (None, Some(given), _) => Ok(given),
        (Some(ModelChoice::Offline), _, _) => Ok(offline(models.offline)),
        (None, None, None) => {
            tracing::warn!("OPENAI_API_KEY is not set: the offline model answers");
            Ok(offline(models.offline))
        }
    }
}

/// The program's own, else one that says what it is.
fn offline(model: Option<Arc<dyn ChatModel>>) -> Arc<dyn ChatModel> {
    model.unwrap_or_else(|| Arc::new(ScriptedModel::new()))
}

fn open_ai(settings: &OpenAiSettings) -> Result<OpenAiModel, HostError> {
    let model = settings.model.as_deref().unwrap_or(OPENAI_DEFAULT_MODEL);
    let mut options = OpenAiOptions::new(settings.key.expose_secret()).model(model.trim());
    if let Some(base_url) = &settings.base_url {
        options = options.base_url(base_url.trim());
    }
    if let Some(organization) = &settings.organization {
        options = options.organization(organization.trim());
    }
    if let Some(project) = &settings.project {
        options = options.project(project.trim());
    }
    OpenAiModel::new(options).map_err(|error| HostError::Model {
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: Option<&str>) -> OpenAiSettings {
        OpenAiSettings {
            key: "hush".into(),
            base_url: base_url.map(str::to_owned),
            model: None,
            organization: None,
            project: None,
        }
    }

    /// A model that can be told from the built-in ones.
    struct Own;

    #[async_trait::async_trait]
    impl ChatModel for Own {
        fn provider(&self) -> &'static str {
            "own"
        }

        async fn complete(
            &self,
            _: agent_sdk::model::ModelRequest,
        ) -> Result<agent_sdk::model::ModelResponse, agent_sdk::model::ModelError> {
            panic!("it is not asked")
        }
    }

    #[test]
    fn who_answers() {
        let openai = settings(None);
        let said = (Some(ModelChoice::Offline), Some(ModelChoice::OpenAi));
        let table = [
            (None, false, None, "scripted"),
            (None, false, Some(&openai), "openai"),
            (None, true, None, "own"),
            (None, true, Some(&openai), "own"),
            (said.0, true, Some(&openai), "scripted"),
            (said.1, true, Some(&openai), "openai"),
        ];
        for (choice, given, openai, expected) in table {
            let models = Models {
                given: given.then(|| Arc::new(Own) as Arc<dyn ChatModel>),
                offline: None,
            };
            let model = choose(models, choice, openai).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(model.provider(), expected, "{choice:?} {given}");
        }
        let own = Models {
            given: None,
            offline: Some(Arc::new(Own)),
        };
        let model = choose(own, said.0, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(model.provider(), "own");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let error = |openai: Option<&OpenAiSettings>| {
            let chosen = choose(Models::default(), Some(ModelChoice::OpenAi), openai);
            chosen.err().unwrap().to_string()
        };
        assert!(error(None).contains("OPENAI_API_KEY"));
        let wrong = error(Some(&settings(Some("ftp://x"))));
        assert!(
            wrong.contains("OPENAI_BASE_URL") && !wrong.contains("hush"),
            "{wrong}"
        );
    }
}
