//! Pictures for the routes: few are laid out at once, and what does not change is laid out once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent_sdk::workflow::{Graph, GraphView};
use axum::body::Bytes;
use tokio::sync::Semaphore;

use super::svg::{self, TooLarge};

/// How many pictures are laid out at once. Each takes a thread, a large one for seconds.
const LAYOUTS_MAX: usize = 2;
/// How long a request waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(5);

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotDrawn {
    /// It would take too long. Final.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Too many others were asked for. A retry helps.
    #[error("{LAYOUTS_MAX} pictures are laid out at once, and others wait; come again later")]
    Busy,
    /// The layout broke. Final.
    #[error("The graph could not be drawn.")]
    Broken,
}

/// Lays pictures out, a few at once.
#[derive(Debug)]
pub(crate) struct Pictures {
    turns: Arc<Semaphore>,
    /// Graphs without a run are always the same: by workflow, so that there are no more than those.
    of_graphs: Mutex<BTreeMap<&'static str, Result<Bytes, TooLarge>>>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(LAYOUTS_MAX)),
            of_graphs: Mutex::default(),
        }
    }
}

impl Pictures {
    /// The picture of a workflow's current graph, without a run.
    pub(crate) async fn of_graph(&self, graph: &'static Graph) -> Result<Bytes, NotDrawn> {
        if let Some(known) = self.known(graph.name) {
            return Ok(known?);
        }
        let drawn = self.laid_out(move || svg::svg(&GraphView::of(graph))).await;
        let kept = match &drawn {
            Ok(picture) => Ok(picture.clone()),
            Err(NotDrawn::TooLarge(error)) => Err(error.clone()),
            Err(_) => return drawn,
        };
        let mut all = self
            .of_graphs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.insert(graph.name, kept);
        drawn
    }

    /// The picture of a run.
    pub(crate) async fn of_run(&self, view: GraphView) -> Result<Bytes, NotDrawn> {
        self.laid_out(move || svg::svg(&view)).await
    }

    fn known(&self, workflow: &str) -> Option<Result<Bytes, TooLarge>> {
        let all = self
            .of_graphs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.get(workflow).cloned()
    }

    /// Lays one out on a thread of its own when it is its turn.
    async fn laid_out(
        &self,
        draw: impl FnOnce() -> Result<String, TooLarge> + Send + 'static,
    ) -> Result<Bytes, NotDrawn> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(TURN_MAX, turn).await else {
            return Err(NotDrawn::Busy);
        };
        let drawing = tokio::task::spawn_blocking(move || {
            let picture = draw();
            // A layout whose caller has gone away goes on, and so its turn does.
            drop(turn);
            picture
        });
        let picture = drawing.await.map_err(|_| NotDrawn::Broken)?;
        Ok(Bytes::from(picture?))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use agent_sdk::prelude::*;
    use agent_sdk::workflow::Workflow;
    use futures_util::poll;

    use super::*;

    #[executor]
    async fn echo(text: String) -> Result<String, ExecutorError> {
        Ok(text)
    }

    #[workflow]
    fn echoing(text: String) -> String {
        echo;
    }

    fn picture(of: &Result<Bytes, NotDrawn>) -> &str {
        std::str::from_utf8(of.as_ref().unwrap()).unwrap()
    }

    /// A layout that says when it begins and ends when it is told to.
    struct Held {
        begun: mpsc::Receiver<()>,
        go_on: mpsc::Sender<()>,
    }

    fn held() -> (
        Held,
        impl FnOnce() -> Result<String, TooLarge> + Send + 'static,
    ) {
        let (begins, begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let draw = move || {
            begins.send(()).unwrap();
            let told: Result<(), _> = goes_on.recv();
            told.unwrap();
            Ok(String::from("held"))
        };
        (Held { begun, go_on }, draw)
    }

    #[tokio::test]
    async fn few_are_laid_out_at_once_and_others_wait_for_their_turn() {
        let pictures = Pictures::default();
        let mut drawing = Vec::new();
        let mut holding = Vec::new();
        for _ in 0..LAYOUTS_MAX {
            let (held, draw) = held();
            let mut picture = Box::pin(pictures.laid_out(draw));
            assert!(poll!(picture.as_mut()).is_pending());
            held.begun.recv().unwrap();
            drawing.push(picture);
            holding.push(held);
        }
        let begun = Arc::new(AtomicUsize::new(0));
        let noted = Arc::clone(&begun);
        let mut next = pin!(pictures.laid_out(move || {
            noted.fetch_add(1, Ordering::SeqCst);
            Ok(String::from("next"))
        }));
        assert!(poll!(next.as_mut()).is_pending());
        assert_eq!(pictures.turns.available_permits(), 0);
        assert_eq!(begun.load(Ordering::SeqCst), 0);
        // Whoever goes away leaves its layout behind, which still has its turn.
        drop(drawing.pop());
        assert!(poll!(next.as_mut()).is_pending());
        assert_eq!(begun.load(Ordering::SeqCst), 0);
        for held in &holding {
            held.go_on.send(()).unwrap();
        }
        assert_eq!(picture(&next.await), "next");
        assert_eq!(picture(&drawing.remove(0).await), "held");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_no_turn_in_time_is_told_to_come_again() {
        let pictures = Pictures::default();
        let all = u32::try_from(LAYOUTS_MAX).unwrap();
        let turns = Arc::clone(&pictures.turns);
        let turns = turns.acquire_many_owned(all).await.unwrap();
        let draw = || Ok(String::from("never"));
        assert_eq!(pictures.laid_out(draw).await, Err(NotDrawn::Busy));
        drop(turns);
        let draw = || Ok(String::from("now"));
        assert_eq!(picture(&pictures.laid_out(draw).await), "now");
    }

    #[tokio::test]
    async fn a_graph_is_laid_out_once() {
        let pictures = Pictures::default();
        let first = pictures.of_graph(echoing::GRAPH).await;
        assert!(picture(&first).contains("echo"));
        // Nobody gets a turn any more, and this needs none.
        let all = u32::try_from(LAYOUTS_MAX).unwrap();
        let turns = Arc::clone(&pictures.turns);
        let _turns = turns.acquire_many_owned(all).await.unwrap();
        let mut again = pin!(pictures.of_graph(echoing::GRAPH));
        assert_eq!(poll!(again.as_mut()), std::task::Poll::Ready(first));
        let view = GraphView::of(echoing::GRAPH);
        let mut of_run = pin!(pictures.of_run(view));
        assert!(poll!(of_run.as_mut()).is_pending(), "a run changes");
    }

    #[tokio::test]
    async fn a_layout_that_breaks_gives_its_turn_back() {
        let pictures = Pictures::default();
        for _ in 0..=LAYOUTS_MAX {
            let broken = pictures.laid_out(|| panic!("a test")).await;
            assert_eq!(broken, Err(NotDrawn::Broken));
        }
    }
}
