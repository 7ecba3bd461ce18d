//! The embedded hub.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use task_hub::{Hub, HubOptions};

use crate::cases;
use crate::twin::{runtime, worker};

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_on_the_embedded_hub() {
    let hub = Hub::open(HubOptions::memory(), runtime()).await.unwrap();
    let worker = worker(&[]);
    hub.attach(Arc::clone(&worker) as _).unwrap();
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let outcomes = cases::run(&*hub.client(), &all).await;
    let output = |name: &str| outcomes[name]["output"].clone();
    assert_eq!(output("event"), json!([{"x":1}, [2]]));
    assert_eq!(output("carryover"), json!([5, 6]));
    assert_eq!(output("suspended"), json!([1]));
    assert_eq!(outcomes["terminated"]["status"], "Terminated");
    assert_eq!(output("complete"), json!({"early": true}));
    assert_eq!(output("entity-signal"), json!([null, null, 5]));
    assert_eq!(output("entity-lock"), json!([[1, 2, 1], 2]));
    assert_eq!(outcomes["failed"]["failure"]["inner"]["message"], "in");
    hub.shutdown(Duration::from_secs(10)).await;
    worker.drain(Duration::ZERO).await;
}
