//! The agent on its offline model, without a server.

use std::sync::Arc;

use agent_sdk::Runner;

use super::*;

fn ask(question: &str) -> String {
    let runner = Runner::of::<WeatherAgent>(Arc::new(offline::model()));
    runner.chat_blocking(question).unwrap()
}

#[test]
fn an_answer_is_made_from_the_tools_result() {
    let answer = ask("What is the weather in Seattle?");
    assert_eq!(
        answer,
        "The weather in Seattle: light rain, 12 °C, 87 % humidity."
    );
    assert!(ask("And in New York?").contains("New York"));
    assert!(ask("weather for Rome right now please").contains("Rome: sunny,"));
}

#[test]
fn what_the_tool_refuses_is_said() {
    assert_eq!(
        ask("What is the weather in 42?"),
        "I can't tell: say which city."
    );
}

#[test]
fn without_its_tool_it_does_not_make_weather_up() {
    #[agent(instructions = "You have no tools.", tools = [])]
    struct Toolless;

    let runner = Runner::of::<Toolless>(Arc::new(offline::model()));
    let answer = runner.chat_blocking("What is the weather in Rome?");
    assert_eq!(answer.unwrap(), "I can't look that up now.");
}

#[test]
fn a_question_without_a_city_is_asked_back() {
    assert!(ask("Hello!").starts_with("Which city?"));
}
