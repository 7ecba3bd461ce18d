//! Turns of one session never interleave, and come in the order in which they were accepted.

use std::collections::BTreeMap;
use std::time::Instant;

use agent_tests::Phase;

use crate::scene::{AGENT, SESSION, Scene, TestResult, accepted};

/// How many requests are on their way at once.
const REQUESTS: usize = 50;

#[tokio::test]
async fn fifty_requests_accepted_one_after_another_take_their_turns_in_that_order() -> TestResult {
    let scene = Scene::new().await?;
    // The first turn does not end before all are accepted, so that the others wait.
    scene.log.hold("in-model")?;
    let turns: Vec<(String, String)> = (0..REQUESTS)
        .map(|number| (format!("k{number}"), format!("{number} tools:1")))
        .collect();
    for (key, message) in &turns {
        scene.send(key, message).await?;
    }
    scene.log.wait_for(0, "model", Phase::Began).await?;
    scene.log.release("in-model")?;
    for (key, message) in &turns {
        assert_eq!(scene.answer(key).await?, format!("done {message}"));
    }
    let turns: Vec<(&str, &str)> = turns
        .iter()
        .map(|(key, message)| (key.as_str(), message.as_str()))
        .collect();
    scene.assert_turns(&turns).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_concurrent_requests_give_fifty_whole_turns() -> TestResult {
    let scene = Scene::new().await?;
    let http = scene.http()?;
    let requests: Vec<_> = (0..REQUESTS)
        .map(|number| {
            let http = http.clone();
            tokio::spawn(async move {
                let (key, message) = (format!("k{number}"), format!("{number} tools:1"));
                let sent = Instant::now();
                let answer = http.run(AGENT, SESSION, &key, &message, false).await;
                (key, sent, Instant::now(), answer)
            })
        })
        .collect();
    let mut times: BTreeMap<String, (Instant, Instant)> = BTreeMap::new();
    for request in requests {
        let (key, sent, acknowledged, answer) = request.await?;
        accepted(&answer?)?;
        times.insert(key, (sent, acknowledged));
    }
    for key in times.keys() {
        scene.answer(key).await?;
    }
    let found = http.conversation(AGENT, SESSION).await?;
    assert_eq!(found.len(), 2 * REQUESTS);
    let mut order = Vec::new();
    for pair in found.chunks(2) {
        let [(false, asked, question), (true, answered, answer)] = pair else {
            return Err(format!("not a turn: {pair:?}").into());
        };
        assert_eq!(asked, answered);
        assert_eq!(*answer, format!("done {question}"));
        order.push(times.remove(asked).ok_or("a turn that nobody asked for")?);
    }
    assert!(times.is_empty(), "no turn for {:?}", times.keys());
    // What was acknowledged before another was sent comes before it.
    for (index, (_, acknowledged)) in order.iter().enumerate() {
        for (sent, _) in &order[..index] {
            assert!(
                sent <= acknowledged,
                "turn {index} overtook an earlier request"
            );
        }
    }
    Ok(())
}
