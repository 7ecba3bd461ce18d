//! A program that dies in the middle of an executor: one that has begun, has set state, sent
//! messages or added events, and has not returned. It dies at each such place once.

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use agent_sdk::workflow::Workflow;
use agent_tests::flows;
use serde_json::{Value, json};

use crate::kill_workflows::{App, PATIENCE, in_memory};

const PAUSE: Duration = Duration::from_millis(1);

/// What is left of a program after a request.
enum Left {
    Alive(App, String),
    Dead,
}

fn ask(mut app: App, request: &str) -> Result<Left, Box<dyn Error>> {
    match app.ask(request, Instant::now() + PATIENCE) {
        Ok(Some(answer)) => Ok(Left::Alive(app, answer)),
        // Nothing but its death closes the pipes.
        Ok(None) => app.ended().map(|()| Left::Dead).map_err(Into::into),
        Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {
            app.ended().map(|()| Left::Dead).map_err(Into::into)
        }
        Err(error) => Err(error),
    }
}

/// Starts the run, or joins it, and goes on to its end.
fn go_on(mut app: App, workflow: &str, input: &Value) -> Result<Left, Box<dyn Error>> {
    let mut request = format!("start {workflow} r {input}");
    loop {
        match ask(app, &request)? {
            Left::Alive(app, answer) if answer == "ended" => return Ok(Left::Alive(app, answer)),
            Left::Alive(alive, _) => app = alive,
            Left::Dead => return Ok(Left::Dead),
        }
        request = format!("tend {workflow} r");
        thread::sleep(PAUSE);
    }
}

/// One run of which the first program dies after so many points: whether it died.
fn dies_once(
    file: &Path,
    (workflow, input): (&str, &Value),
    points: u64,
    expected: &Value,
) -> Result<bool, Box<dyn Error>> {
    let app = App::start(file)?;
    let Left::Alive(app, _) = ask(app, &format!("die {points}"))? else {
        return Err("it died before it began".into());
    };
    let (app, died) = match go_on(app, workflow, input)? {
        Left::Alive(app, _) => (app, false),
        Left::Dead => match go_on(App::start(file)?, workflow, input)? {
            Left::Alive(app, _) => (app, true),
            Left::Dead => return Err("it died a second time".into()),
        },
    };
    match ask(app, &format!("story {workflow} r"))? {
        Left::Alive(app, story) => {
            let story: Value = serde_json::from_str(&story)?;
            assert_eq!(story, *expected, "{workflow}, after {points} points");
            app.kill()?;
        }
        Left::Dead => return Err("it died at the end".into()),
    }
    Ok(died)
}

/// A death at each point of a run's executors: how many there were.
fn die_everywhere(workflow: &str, input: &Value) -> Result<u64, Box<dyn Error>> {
    let expected = in_memory(workflow, input)?;
    assert!(expected["outputs"].is_array(), "{expected}");
    for points in 0.. {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("hub.db");
        if !dies_once(&file, (workflow, input), points, &expected)? {
            return Ok(points);
        }
    }
    Ok(0)
}

#[test]
fn a_fork_a_loop_a_list_and_questions_survive_it() -> Result<(), Box<dyn Error>> {
    let input = json!({"value": 5, "rounds": 1});
    let deaths = die_everywhere(flows::journey::NAME, &input)?;
    assert!(deaths > 15, "{deaths}");
    Ok(())
}

#[test]
fn messages_outputs_events_and_keys_survive_it() -> Result<(), Box<dyn Error>> {
    let deaths = die_everywhere(flows::fair::NAME, &json!(7))?;
    assert!(deaths > 8, "{deaths}");
    Ok(())
}
