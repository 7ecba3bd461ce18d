//! Which work items are out, at which stream, under which token.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use durable_task::Completer;
use durable_task::wire::proto::{EntityBatchResult, HistoryEvent, OrchestratorResponse};

use super::chunks::{Chunks, Joined};

/// A stream of work items. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StreamId(u64);

/// The kinds of work, as far as answers to them differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Orchestrator,
    Activity,
    Entity,
}

/// A work item that has been written to a stream.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) completer: Completer,
    pub(super) kind: OutKind,
}

/// What is kept of it.
#[derive(Debug)]
pub(super) enum OutKind {
    Orchestrator(Box<Episode>),
    Activity,
    Entity,
}

/// What is kept of an episode.
#[derive(Debug, Default)]
pub(super) struct Episode {
    pub(super) instance: String,
    pub(super) execution: Option<String>,
    /// The past events, where the worker fetches them by itself.
    pub(super) history: Option<Arc<Vec<HistoryEvent>>>,
    chunks: Chunks,
}

impl Episode {
    pub(super) fn new(
        instance: String,
        execution: Option<String>,
        history: Option<Arc<Vec<HistoryEvent>>>,
    ) -> Box<Self> {
        Box::new(Self {
            instance,
            execution,
            history,
            chunks: Chunks::default(),
        })
    }
}

impl OutKind {
    fn kind(&self) -> Kind {
        match self {
            Self::Orchestrator(_) => Kind::Orchestrator,
            Self::Activity => Kind::Activity,
            Self::Entity => Kind::Entity,
        }
    }
}

/// What an answer to an episode led to.
pub(super) enum Answered {
    /// Nobody waits for it any more.
    Unknown,
    /// More chunks are to come.
    More,
    /// It is whole.
    Whole(Completer, Box<OrchestratorResponse>),
    /// A chunk before it is missing; the token is void.
    Gap(Completer, i32),
    /// It is too large; the token is void.
    TooLarge(Completer, usize),
    /// Too much has come of answers that are not whole; the token is void.
    TooMuch(Completer),
}

#[derive(Debug)]
struct Stream {
    peer: Option<SocketAddr>,
    takes_streams: bool,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    streams: HashMap<StreamId, Stream>,
    out: HashMap<String, (StreamId, Out)>,
}

impl Inner {
    /// How much has come of answers that are not whole, at the connection of a stream.
    fn unfinished_bytes(&self, stream: StreamId) -> usize {
        let peer = |id| self.streams.get(&id).and_then(|stream| stream.peer);
        let here = peer(stream);
        let out = self
            .out
            .values()
            .filter(|(of, _)| *of == stream || here.is_some() && peer(*of) == here);
        out.map(|(_, out)| match &out.kind {
            OutKind::Orchestrator(episode) => episode.chunks.unfinished_bytes(),
            OutKind::Activity | OutKind::Entity => 0,
        })
        .sum()
    }
}

/// All work items that are out.
#[derive(Debug, Default)]
pub(super) struct Table(Mutex<Inner>);

impl Table {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that holds this lock can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream begins, of a worker at `peer`.
    pub(super) fn open(&self, peer: Option<SocketAddr>, takes_streams: bool) -> StreamId {
        let mut inner = self.lock();
        inner.last += 1;
        let id = StreamId(inner.last);
        let stream = Stream {
            peer,
            takes_streams,
        };
        inner.streams.insert(id, stream);
        id
    }

    /// A stream has ended: its tokens are void. Dropping what is returned gives the items back.
    pub(super) fn close(&self, id: StreamId) -> Vec<Out> {
        let mut inner = self.lock();
        inner.streams.remove(&id);
        let tokens: Vec<String> = inner
            .out
            .iter()
            .filter(|(_, (stream, _))| *stream == id)
            .map(|(token, _)| token.clone())
            .collect();
        tokens
            .iter()
            .filter_map(|token| inner.out.remove(token))
            .map(|(_, out)| out)
            .collect()
    }

    /// How many streams there are.
    pub(super) fn streams(&self) -> usize {
        self.lock().streams.len()
    }

    /// Whether some worker takes histories as streams.
    pub(super) fn any_takes_streams(&self) -> bool {
        self.lock().streams.values().any(|s| s.takes_streams)
    }

    /// An item goes out. One whose stream has ended is dropped, which gives it back.
    pub(super) fn insert(&self, token: String, stream: StreamId, out: Out) {
        let mut inner = self.lock();
        if inner.streams.contains_key(&stream) {
            inner.out.insert(token, (stream, out));
        }
    }

    /// Takes the item of a token, if it is out and of that kind.
    pub(super) fn take(&self, token: &str, kind: Kind) -> Option<Completer> {
        let mut inner = self.lock();
        let (_, out) = inner.out.get(token)?;
        if out.kind.kind() != kind {
            return None;
        }
        inner.out.remove(token).map(|(_, out)| out.completer)
    }

    /// Takes the item of an answer to entity work. The oldest form has no token: then it is the one
    /// item of the worker's stream, or of all if only one is out.
    pub(super) fn take_entity(
        &self,
        result: &EntityBatchResult,
        peer: Option<SocketAddr>,
    ) -> Option<Completer> {
        if !result.completion_token.is_empty() {
            return self.take(&result.completion_token, Kind::Entity);
        }
        let mut inner = self.lock();
        let all: Vec<(&String, StreamId)> = inner
            .out
            .iter()
            .filter(|(_, (_, out))| out.kind.kind() == Kind::Entity)
            .map(|(token, (stream, _))| (token, *stream))
            .collect();
        let of_peer = |stream: StreamId| {
            let stream = inner.streams.get(&stream);
            peer.is_some() && stream.is_some_and(|stream| stream.peer == peer)
        };
        let mut same = all.iter().filter(|(_, stream)| of_peer(*stream));
        let token = match (same.next(), same.next(), all.as_slice()) {
            (Some((token, _)), None, _) | (None, _, [(token, _)]) => (*token).clone(),
            _ => return None,
        };
        inner.out.remove(&token).map(|(_, out)| out.completer)
    }

    /// Takes in an answer to an episode, or a chunk of one. All answers of a connection that are
    /// not whole have at most `unfinished_bytes_max` bytes.
    pub(super) fn answer(
        &self,
        response: OrchestratorResponse,
        bytes_max: usize,
        unfinished_bytes_max: usize,
    ) -> Answered {
        let mut inner = self.lock();
        let token = response.completion_token.clone();
        let Some((stream, out)) = inner.out.get_mut(&token) else {
            return Answered::Unknown;
        };
        let stream = *stream;
        let OutKind::Orchestrator(episode) = &mut out.kind else {
            return Answered::Unknown;
        };
        let joined = episode.chunks.add(response, bytes_max);
        if joined == Joined::More {
            if inner.unfinished_bytes(stream) <= unfinished_bytes_max {
                return Answered::More;
            }
            let given_up = inner.out.remove(&token);
            return given_up.map_or(Answered::Unknown, |(_, out)| {
                Answered::TooMuch(out.completer)
            });
        }
        let Some((_, out)) = inner.out.remove(&token) else {
            return Answered::Unknown;
        };
        match joined {
            Joined::More => Answered::More,
            Joined::Whole(response) => Answered::Whole(out.completer, response),
            Joined::Gap { expected } => Answered::Gap(out.completer, expected),
            Joined::TooLarge { bytes } => Answered::TooLarge(out.completer, bytes),
        }
    }

    /// The history of an episode that is out with the remark that its worker fetches it, and the
    /// token of that item.
    pub(super) fn history(
        &self,
        instance: &str,
        execution: Option<&str>,
    ) -> Option<(String, Arc<Vec<HistoryEvent>>)> {
        let inner = self.lock();
        inner.out.iter().find_map(|(token, (_, out))| {
            let OutKind::Orchestrator(episode) = &out.kind else {
                return None;
            };
            let same = episode.instance == instance
                && (execution.is_none() || episode.execution.as_deref() == execution);
            let history = episode.history.as_ref().filter(|_| same)?;
            Some((token.clone(), Arc::clone(history)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use durable_task::WorkAnswer;
    use prost::Message as _;

    use super::*;

    /// An item, and what is said about it.
    fn item(kind: OutKind) -> (Out, Receiver<WorkAnswer>) {
        let (sender, answers) = channel();
        let completer = Completer::new(move |answer| {
            let _ = sender.send(answer);
        });
        (Out { completer, kind }, answers)
    }

    fn episode() -> OutKind {
        let history = Some(Arc::new(vec![HistoryEvent::default()]));
        let execution = Some(String::from("e"));
        OutKind::Orchestrator(Episode::new(String::from("a"), execution, history))
    }

    fn is_given_back(answers: &Receiver<WorkAnswer>) -> bool {
        matches!(answers.try_recv(), Ok(WorkAnswer::Abandoned { .. }))
    }

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn without_token() -> EntityBatchResult {
        EntityBatchResult::default()
    }

    #[test]
    fn a_token_is_good_once_and_for_its_kind_only() {
        let table = Table::default();
        let stream = table.open(None, false);
        let (out, answers) = item(OutKind::Activity);
        table.insert(String::from("t"), stream, out);
        assert!(table.take("u", Kind::Activity).is_none());
        assert!(table.take("t", Kind::Entity).is_none());
        assert!(table.take("t", Kind::Orchestrator).is_none());
        let response = OrchestratorResponse {
            completion_token: String::from("t"),
            ..OrchestratorResponse::default()
        };
        assert!(matches!(table.answer(response, 9, 9), Answered::Unknown));
        assert!(answers.try_recv().is_err(), "nothing has happened");
        assert!(table.take("t", Kind::Activity).is_some());
        assert!(table.take("t", Kind::Activity).is_none());
    }

    #[test]
    fn what_is_not_whole_is_bounded_for_a_connection() {
        let table = Table::default();
        let chunk = |token: &str| OrchestratorResponse {
            completion_token: token.to_owned(),
            is_partial: true,
            ..OrchestratorResponse::default()
        };
        let bytes = chunk("t1").encoded_len();
        let answer = |token: &str| table.answer(chunk(token), 1_000, 2 * bytes);
        let mut all = Vec::new();
        for (port, tokens) in [(1, ["t1", "t2"]), (1, ["t3", "t4"]), (2, ["t5", "t6"])] {
            let stream = table.open(Some(peer(port)), false);
            for token in tokens {
                let (out, answers) = item(episode());
                table.insert(String::from(token), stream, out);
                all.push(answers);
            }
        }
        for token in ["t1", "t3", "t5", "t6"] {
            assert!(matches!(answer(token), Answered::More), "{token}");
        }
        let Answered::TooMuch(completer) = answer("t2") else {
            panic!("it was taken");
        };
        drop(completer);
        assert!(is_given_back(&all[1]));
        assert!(
            matches!(answer("t2"), Answered::Unknown),
            "its token is void"
        );
        // What is whole makes room.
        let mut last = chunk("t1");
        last.is_partial = false;
        let whole = table.answer(last, 1_000, 2 * bytes);
        assert!(matches!(whole, Answered::Whole(..)));
        assert!(matches!(answer("t4"), Answered::More));
    }

    #[test]
    fn the_end_of_a_stream_gives_back_its_items_and_no_others() {
        let table = Table::default();
        let (first, second) = (table.open(None, true), table.open(None, false));
        let (out, of_first) = item(episode());
        table.insert(String::from("t1"), first, out);
        let (out, of_second) = item(OutKind::Entity);
        table.insert(String::from("t2"), second, out);
        assert!(table.any_takes_streams());
        drop(table.close(first));
        assert!(is_given_back(&of_first));
        assert!(of_second.try_recv().is_err());
        assert!(!table.any_takes_streams());
        assert_eq!(table.streams(), 1);
        let (late, of_late) = item(OutKind::Activity);
        table.insert(String::from("t3"), first, late);
        assert!(is_given_back(&of_late), "it never went out");
    }

    #[test]
    fn the_history_of_an_episode_is_found_while_it_is_out() {
        let table = Table::default();
        let stream = table.open(None, true);
        let (out, _answers) = item(episode());
        table.insert(String::from("t"), stream, out);
        for execution in [None, Some("e")] {
            let (token, history) = table.history("a", execution).unwrap();
            assert_eq!((token.as_str(), history.len()), ("t", 1));
        }
        assert!(table.history("a", Some("f")).is_none());
        assert!(table.history("b", None).is_none());
        assert!(table.take("t", Kind::Orchestrator).is_some());
        assert!(table.history("a", None).is_none());
    }

    #[test]
    fn an_answer_without_a_token_is_to_the_item_at_that_connection() {
        let table = Table::default();
        let streams = [1, 2].map(|port| table.open(Some(peer(port)), false));
        let mut all = Vec::new();
        for (stream, token) in streams.into_iter().zip(["t1", "t2"]) {
            let (out, answers) = item(OutKind::Entity);
            table.insert(String::from(token), stream, out);
            all.push(answers);
        }
        assert!(
            table.take_entity(&without_token(), Some(peer(3))).is_none(),
            "which one?"
        );
        assert!(table.take_entity(&without_token(), None).is_none());
        drop(table.take_entity(&without_token(), Some(peer(2))).unwrap());
        assert!(is_given_back(&all[1]));
        assert!(
            table.take_entity(&without_token(), Some(peer(3))).is_some(),
            "the only one left"
        );
        assert!(table.take_entity(&without_token(), Some(peer(1))).is_none());
    }
}
