//! The app is killed at every stage of a run, started again, and goes on.

use agent_tests::{Phase, WriteLock};

use crate::scene::{AGENT, SESSION, Scene, TestResult};

/// `(kind, epochs)` as [`Scene::calls`] gives them.
fn calls(expected: &[(&str, &[u32])]) -> Vec<(String, Vec<u32>)> {
    expected
        .iter()
        .map(|(kind, epochs)| ((*kind).to_owned(), epochs.to_vec()))
        .collect()
}

#[tokio::test]
async fn killed_before_the_model_call() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("before-model")?;
    scene.send("k1", "hello plain").await?;
    scene.log.wait_for(0, "before-model", Phase::Held).await?;
    scene.kill()?;
    scene.log.release("before-model")?;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done hello plain");
    assert_eq!(scene.calls()?, calls(&[("model", &[1])]));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "hello plain")]).await
}

#[tokio::test]
async fn killed_in_the_model_call() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-model")?;
    scene.send("k1", "hello plain").await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    scene.kill()?;
    scene.log.release("in-model")?;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done hello plain");
    assert_eq!(scene.calls()?, calls(&[("model", &[0, 1])]));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "hello plain")]).await
}

/// The file can't be written while the model answers, so that the kill comes between the answer and
/// the commit that holds it, the session's new turn, and the end of the run.
#[tokio::test]
async fn killed_after_the_answer_and_before_the_session_is_written() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-model")?;
    scene.send("k1", "hello plain").await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    let lock = WriteLock::take(&scene.hub_file())?;
    scene.log.release("in-model")?;
    scene.log.wait_for(0, "model", Phase::Ended).await?;
    scene.kill()?;
    drop(lock);
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done hello plain");
    assert_eq!(scene.calls()?, calls(&[("model", &[0, 1])]));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "hello plain")]).await
}

#[tokio::test]
async fn killed_between_tool_calls_of_one_round() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-tool-1")?;
    scene.send("k1", "go tools:2").await?;
    scene.log.wait_for(0, "tool-1", Phase::Began).await?;
    let first = scene.log.wait_for(0, "tool-0", Phase::Ended).await?;
    while !scene.hub()?.finished_calls()?.contains(&first.key) {
        tokio::task::yield_now().await;
    }
    scene.kill()?;
    scene.log.release("in-tool-1")?;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done go tools:2");
    let mut made = scene.calls()?;
    // The two tools begin in parallel.
    made.sort();
    let expected: [(&str, &[u32]); 4] = [
        ("model", &[0]),
        ("model", &[1]),
        ("tool-0", &[0]),
        ("tool-1", &[0, 1]),
    ];
    assert_eq!(made, calls(&expected));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "go tools:2")]).await
}

#[tokio::test]
async fn killed_between_rounds() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("before-tool-1")?;
    scene.send("k1", "go rounds:2").await?;
    scene.log.wait_for(0, "before-tool-1", Phase::Held).await?;
    scene.kill()?;
    scene.log.release("before-tool-1")?;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done go rounds:2");
    let expected: [(&str, &[u32]); 5] = [
        ("model", &[0]),
        ("tool-0", &[0]),
        ("model", &[0]),
        ("tool-1", &[1]),
        ("model", &[1]),
    ];
    assert_eq!(scene.calls()?, calls(&expected));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "go rounds:2")]).await
}

#[tokio::test]
async fn killed_after_a_tools_result_and_before_its_commit() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-tool-0")?;
    scene.send("k1", "go tools:1").await?;
    scene.log.wait_for(0, "tool-0", Phase::Began).await?;
    let lock = WriteLock::take(&scene.hub_file())?;
    scene.log.release("in-tool-0")?;
    scene.log.wait_for(0, "tool-0", Phase::Ended).await?;
    scene.kill()?;
    drop(lock);
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done go tools:1");
    let expected: [(&str, &[u32]); 3] = [("model", &[0]), ("tool-0", &[0, 1]), ("model", &[1])];
    assert_eq!(scene.calls()?, calls(&expected));
    scene.assert_no_finished_call_was_repeated()?;
    scene.assert_turns(&[("k1", "go tools:1")]).await
}

#[tokio::test]
async fn killed_after_the_end_of_the_run() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.send("k1", "hello plain").await?;
    scene.answer("k1").await?;
    scene.kill()?;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done hello plain");
    // A second turn: had the first one been made again, it would have come before.
    scene.send("k2", "again plain").await?;
    scene.answer("k2").await?;
    assert_eq!(scene.calls()?, calls(&[("model", &[0]), ("model", &[1])]));
    scene.assert_no_finished_call_was_repeated()?;
    scene
        .assert_turns(&[("k1", "hello plain"), ("k2", "again plain")])
        .await
}

#[tokio::test]
async fn killed_with_runs_waiting_for_their_turn() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-model")?;
    for number in 0..5 {
        scene
            .send(&format!("k{number}"), &format!("{number} plain"))
            .await?;
    }
    scene.log.wait_for(0, "model", Phase::Began).await?;
    scene.kill()?;
    scene.log.release("in-model")?;
    scene.start().await?;
    for number in 0..5 {
        scene.answer(&format!("k{number}")).await?;
    }
    scene.assert_no_finished_call_was_repeated()?;
    scene
        .assert_turns(&[
            ("k0", "0 plain"),
            ("k1", "1 plain"),
            ("k2", "2 plain"),
            ("k3", "3 plain"),
            ("k4", "4 plain"),
        ])
        .await
}

#[tokio::test]
async fn a_request_repeated_after_a_crash_attaches_to_its_run() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.log.hold("in-model")?;
    scene.send("k1", "hello plain").await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    scene.kill()?;
    scene.log.release("in-model")?;
    scene.start().await?;
    let http = scene.http()?;
    let answer = http.run(AGENT, SESSION, "k1", "hello plain", true).await?;
    assert_eq!(
        (answer.status, &answer.body["response"]),
        (200, &"done hello plain".into())
    );
    scene.assert_turns(&[("k1", "hello plain")]).await
}

#[tokio::test]
async fn a_drained_app_ends_well_and_goes_on_where_it_was() -> TestResult {
    let mut scene = Scene::new().await?;
    scene.send("k1", "hello rounds:3").await?;
    scene.log.wait_for(0, "model", Phase::Began).await?;
    let status = scene.running()?.terminate().await?;
    assert!(status.success(), "{status}");
    scene.epoch += 1;
    scene.start().await?;
    assert_eq!(scene.answer("k1").await?, "done hello rounds:3");
    // Drained means: no call was cut off, so none was made twice.
    for (kind, epochs) in scene.calls()? {
        assert_eq!(epochs.len(), 1, "{kind} was made in the epochs {epochs:?}");
    }
    scene.assert_turns(&[("k1", "hello rounds:3")]).await
}

#[tokio::test]
async fn a_second_process_on_the_hub_is_told_who_has_it() -> TestResult {
    let mut scene = Scene::new().await?;
    let hub = scene.hub_file();
    let mut second = scene.program().command(["run", "--port", "0", "--hub"]);
    let output = second.arg(&hub).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let running = scene.running()?;
    assert!(!output.status.success());
    assert!(text.contains(&running.pid().to_string()), "{text}");
    assert!(text.contains(&running.http().port().to_string()), "{text}");
    Ok(())
}
