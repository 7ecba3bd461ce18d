//! Tables of settings.

use clap::Parser as _;

use super::*;

fn resolve(arguments: &[&str], file: &[(&str, &str)]) -> Result<Settings, SettingError> {
    let cli = Cli::try_parse_from(std::iter::once("app").chain(arguments.iter().copied()));
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables = Variables {
        process: |_| None,
        file: file.iter().map(owned).collect(),
    };
    Settings::resolve(&cli.unwrap(), &variables, "weather")
}

#[test]
fn defaults() {
    let settings = resolve(&[], &[]).unwrap();
    assert_eq!(settings.port, 7071);
    assert_eq!(
        hub_of(&settings),
        HubLocation::File(PathBuf::from(".agent-hub/weather.db"))
    );
    assert_eq!(settings.model, None);
    assert!(settings.openai.is_none());
    assert!(settings.keys.is_empty());
    assert!(!settings.log_json);
}

#[test]
fn the_command_line_comes_before_the_environment() {
    let variables = [("AGENT_HUB", "env.db"), ("AGENT_MODEL", "openai")];
    let environment = resolve(&[], &variables).unwrap();
    assert_eq!(
        hub_of(&environment),
        HubLocation::File(PathBuf::from("env.db"))
    );
    assert_eq!(environment.model, Some(ModelChoice::OpenAi));
    let line = [
        "run", "--port", "81", "--hub", "memory", "--model", "Offline",
    ];
    let line = resolve(&line, &variables).unwrap();
    assert_eq!((line.port, hub_of(&line)), (81, HubLocation::Memory));
    assert_eq!(line.model, Some(ModelChoice::Offline));
}

#[test]
fn the_environment_comes_before_the_file_and_empty_is_unset() {
    let variables = Variables {
        process: |name| match name {
            "A" => Some(String::from("process")),
            "B" => Some(String::from(" ")),
            _ => None,
        },
        file: settings_file(r#"{"Values": {"A": "file", "B": "file", "C": 7, "D": ""}}"#).unwrap(),
    };
    let get = |name| variables.get(name);
    assert_eq!(get("A").as_deref(), Some("process"));
    assert_eq!(get("B").as_deref(), Some("file"));
    assert_eq!(get("C").as_deref(), Some("7"));
    assert_eq!(get("D"), None);
}

#[test]
fn a_question_uses_memory_unless_a_hub_is_named() {
    assert_eq!(
        hub_of(&resolve(&["ask", "Hi"], &[]).unwrap()),
        HubLocation::Memory
    );
    let named = resolve(&["ask", "Hi"], &[("AGENT_HUB", "a.db")]).unwrap();
    assert_eq!(hub_of(&named), HubLocation::File(PathBuf::from("a.db")));
    let named = resolve(&["ask", "Hi", "--hub", "b.db"], &[]).unwrap();
    assert_eq!(hub_of(&named), HubLocation::File(PathBuf::from("b.db")));
}

#[test]
fn other_backends_are_refused_by_name() {
    assert!(resolve(&["--backend", "embedded"], &[]).is_ok());
    let missing: &[&str] = if cfg!(feature = "grpc") {
        &["functions", "azure-storage"]
    } else {
        &["functions", "azure-storage", "grpc"]
    };
    for name in missing.iter().copied() {
        let error = resolve(&["--backend", name], &[]).unwrap_err();
        assert!(matches!(&error, SettingError::Backend { name: found, .. } if found == name));
        let error = resolve(&[], &[("AGENT_BACKEND", name)]).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let error = resolve(&["--backend", "redis"], &[]).unwrap_err();
    assert!(matches!(error, SettingError::Invalid { .. }));
}

#[test]
fn the_port_of_a_custom_handler() {
    let variables = [("FUNCTIONS_CUSTOMHANDLER_PORT", "8080")];
    let error = resolve(&[], &variables).unwrap_err();
    assert!(error.to_string().contains("`functions`"), "{error}");
    assert_eq!(
        resolve(&["--backend", "embedded"], &variables)
            .unwrap()
            .port,
        8080
    );
    let variables = [("FUNCTIONS_CUSTOMHANDLER_PORT", "http")];
    let error = resolve(&["--backend", "embedded"], &variables).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("FUNCTIONS_CUSTOMHANDLER_PORT is `http`"),
        "{error}"
    );
    // A question is not served, so it does not matter there.
    assert!(resolve(&["ask", "Hi"], &variables).is_ok());
    assert!(resolve(&["ask", "Hi", "--backend", "grpc"], &variables).is_err());
}

#[test]
fn a_log_filter_knows_the_variable_that_says_it() {
    let filter = |file: &[(&str, &str)]| resolve(&[], file).unwrap().log_filter;
    let agent = ("AGENT_LOG", "debug");
    let rust = ("RUST_LOG", "warn");
    assert_eq!(filter(&[agent, rust]), Some(("AGENT_LOG", "debug".into())));
    assert_eq!(filter(&[rust]), Some(("RUST_LOG", "warn".into())));
    assert_eq!(filter(&[]), None);
}

#[test]
fn a_base_url_is_one_that_a_path_can_follow() {
    for good in ["http://localhost:7071", " https://a.example/b/ "] {
        let settings = resolve(&[], &[("AGENT_BASE_URL", good)]).unwrap();
        assert_eq!(settings.origin.base_url.as_deref(), Some(good.trim()));
    }
    for bad in [
        "a.example",
        "/b",
        "ftp://a.example",
        "http://",
        "http://a b",
        "http://a/?x=1",
        "http://a/#x",
    ] {
        let error = resolve(&[], &[("AGENT_BASE_URL", bad)]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("AGENT_BASE_URL is `"), "{text}");
    }
}

#[test]
fn a_proxy_is_believed_only_if_it_is_set() {
    const VARIABLE: &str = "AGENT_USE_FORWARDED_HOST";
    let origin =
        |variables: &[(&str, &str)]| resolve(&[], variables).map(|settings| settings.origin);
    assert_eq!(origin(&[]), Ok(Origin::default()));
    for (text, expected) in [("true", true), ("1", true), ("false", false)] {
        assert_eq!(
            origin(&[(VARIABLE, text)]).unwrap().use_forwarded_host,
            expected
        );
    }
    let error = origin(&[(VARIABLE, "perhaps")]).unwrap_err();
    let text = "AGENT_USE_FORWARDED_HOST is `perhaps`, which is not `true` or `false`";
    assert_eq!(error.to_string(), text);
    let website = origin(&[("WEBSITE_HOSTNAME", "site.example")]).unwrap();
    assert_eq!(website.website.as_deref(), Some("https://site.example"));
}

#[test]
fn a_list_of_keys_without_a_key_is_refused() {
    let keys = ("AGENT_FUNCTION_KEYS", " , ,");
    for variables in [&[keys][..], &[keys, ("AGENT_ADMIN_KEY", "hush")]] {
        let error = resolve(&[], variables).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("AGENT_FUNCTION_KEYS is"), "{text}");
    }
}

#[test]
fn unknown_values_are_refused() {
    assert!(resolve(&["--model", "gpt-9"], &[]).is_err());
    assert!(resolve(&[], &[("AGENT_LOG_FORMAT", "xml")]).is_err());
    assert!(
        resolve(&[], &[("AGENT_LOG_FORMAT", "json")])
            .unwrap()
            .log_json
    );
}

#[test]
fn a_settings_file_is_read_and_its_faults_quote_nothing() {
    assert!(settings_file("{}").unwrap().is_empty());
    assert!(settings_file("\u{feff}{\"Values\": {}, \"Host\": {\"CORS\": \"*\"}}").is_ok());
    let error = settings_file(r#"{"Values": {"OPENAI_API_KEY": "hush" "#).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
    assert!(settings_file(r#"{"IsEncrypted": true, "Values": {}}"#).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let variables = [
        ("OPENAI_API_KEY", "hush-1"),
        ("AGENT_FUNCTION_KEYS", "hush-2"),
    ];
    let settings = resolve(&[], &variables).unwrap();
    assert!(settings.openai.is_some() && !settings.keys.is_empty());
    assert!(!format!("{settings:?}").contains("hush"));
}

#[test]
fn the_management_api_has_a_key_of_its_own() {
    let variables = [
        ("AGENT_FUNCTION_KEYS", "f"),
        ("AGENT_DURABLETASK_KEY", " s "),
    ];
    let keys = resolve(&[], &variables).unwrap().keys;
    assert!(keys.allow_management(Some("s")));
    assert!(!keys.allow_management(Some("f")) && !keys.allow_management(None));
    assert_eq!(keys.management_link_key(), Some("s"));
    // It opens nothing else, and alone it does not open the port to other machines.
    assert!(!keys.allow(crate::options::AuthLevel::Function, Some("s")));
    let alone = resolve(&[], &[("AGENT_DURABLETASK_KEY", "s")])
        .unwrap()
        .keys;
    assert!(alone.is_empty());
    assert!(!alone.allow_management(None));
    let none = resolve(&[], &[]).unwrap().keys;
    assert!(none.allow_management(None));
}

/// Where the embedded hub is.
fn hub_of(settings: &Settings) -> HubLocation {
    match &settings.backend {
        Backend::Embedded(location) => location.clone(),
        #[cfg(feature = "grpc")]
        Backend::Grpc(_) => panic!("it is elsewhere"),
    }
}

#[cfg(feature = "grpc")]
mod with_grpc {
    use super::*;

    const SCHEDULER: &str = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING";

    fn service(arguments: &[&str], variables: &[(&'static str, &'static str)]) -> String {
        let arguments = [&["--backend", "grpc"], arguments].concat();
        match resolve(&arguments, variables).map(|settings| settings.backend) {
            Ok(Backend::Grpc(options)) => {
                let hub = options.task_hub.as_deref().unwrap_or("-");
                format!("{} {hub} {}", options.endpoint, options.tokens.is_some())
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_service_is_named_by_an_endpoint_or_a_connection_string() {
        let endpoint = ("AGENT_ENDPOINT", "http://env:1");
        let hub = ("TASKHUB_NAME", "other");
        let text = "Endpoint=http://localhost:2;Authentication=None;TaskHub=h";
        let open = (SCHEDULER, text);
        let cli = "Endpoint=https://x;Authentication=AzureCLI";
        for (arguments, variables, expected) in [
            (
                &["--endpoint", "http://line:1"][..],
                &[endpoint][..],
                "http://line:1 - false",
            ),
            (&[], &[endpoint, open], "http://env:1 - false"),
            (&[], &[endpoint, hub], "http://env:1 other false"),
            (&[], &[open, hub], "http://localhost:2 h false"),
            (&[], &[(SCHEDULER, cli), hub], "https://x other true"),
        ] {
            assert_eq!(service(arguments, variables), expected);
        }
    }

    #[test]
    fn what_is_missing_is_named_without_values() {
        let secret = "Endpoint=https://x;Authentication=Environment;TaskHub=hush";
        for (variables, expected) in [
            (
                &[][..],
                "--endpoint (AGENT_ENDPOINT): say where the service is, here or in \
                 DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
            ),
            (
                &[(SCHEDULER, "Endpoint=https://x;hush")],
                "DURABLE_TASK_SCHEDULER_CONNECTION_STRING: part 2 is not of the form `name=value`",
            ),
            (
                &[(SCHEDULER, secret)],
                "DURABLE_TASK_SCHEDULER_CONNECTION_STRING: `AZURE_TENANT_ID` is not set",
            ),
        ] {
            assert_eq!(service(&[], variables), expected);
        }
    }
}
