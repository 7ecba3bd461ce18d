//! What is asked of a state by its workflow, so that a type that is no state is told once.

use std::fmt;
use std::marker::PhantomData;

use super::{InState, WorkflowState};
use crate::workflow::NodeFacts;

/// Looks at the type of a state: whether it is one.
///
/// The constant of the inherent `impl` is taken before that of [`UnknownState`].
pub struct StateProbe<S>(PhantomData<fn(S)>);

impl<S> fmt::Debug for StateProbe<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateProbe")
    }
}

impl<S: WorkflowState> StateProbe<S> {
    /// It is, unless its derive failed.
    pub const IS_KNOWN: bool = <S as WorkflowState>::IS_KNOWN;
}

/// See [`StateProbe`].
pub trait UnknownState {
    /// It is not.
    const IS_KNOWN: bool = false;
}

impl<S> UnknownState for StateProbe<S> {}

/// What a node `N` uses of a state `S`.
pub trait FactsOf<N, S> {
    /// It.
    const FACTS: NodeFacts;
}

/// Of a state that is known, or of one whose slots nobody can know.
#[derive(Debug)]
pub enum InKnown<const IS_KNOWN: bool> {}

impl<N: InState<S>, S> FactsOf<N, S> for InKnown<true> {
    const FACTS: NodeFacts = NodeFacts::of::<N, S>();
}

impl<N, S> FactsOf<N, S> for InKnown<false> {
    const FACTS: NodeFacts = NodeFacts::NONE;
}
