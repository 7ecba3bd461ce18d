//! Which request belongs to what a function is told: so that it can send a link to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::Plan;
use super::{RequestId, Run, Work};
use crate::workflow::{Exit, NodeCode, To};

impl Run {
    /// Tells the functions of a superstep the requests that belong to their messages.
    pub(super) fn link(&mut self, plan: &mut Plan) {
        for &port in &*self.ports() {
            let next = self.next_asked(port, plan);
            let tasks = &plan.step.tasks;
            for task in plan.step.batches.iter_mut().flatten() {
                let Work::Executor { requests, .. } = &mut task.work else {
                    continue;
                };
                let origin = tasks.get(task.id).map(|task| task.origin);
                let of_port = || plan.asked.iter().filter(|asked| asked.port == port);
                let beside = || of_port().filter(|asked| Some(asked.origin) == origin);
                let id = match (beside().count(), of_port().count()) {
                    (1, _) => beside().next().map(|asked| asked.id.clone()),
                    (0, 1) => of_port().next().map(|asked| asked.id.clone()),
                    (0, 0) if next.leads(task.node) => next.id.clone(),
                    _ => None,
                };
                requests.extend(id.map(|id| (port, id)));
            }
        }
    }

    fn ports(&mut self) -> Arc<[usize]> {
        if let Some(ports) = &self.ports {
            return Arc::clone(ports);
        }
        let nodes = self.graph.nodes.iter().enumerate();
        let ports =
            nodes.filter(|(index, node)| matches!(self.code(*index, node), Ok(NodeCode::Port(_))));
        let ports: Arc<[usize]> = ports.map(|(index, _)| index).collect();
        self.ports = Some(Arc::clone(&ports));
        ports
    }

    /// The question that a port asks next, if one task of the superstep leads to it, whatever it
    /// gives.
    fn next_asked(&self, port: usize, plan: &Plan) -> NextAsked {
        let tasks = &plan.step.tasks;
        let mut leading = tasks.iter().filter(|task| {
            let is_port = |to: &To| self.target(to) == Some(port);
            self.is_certain(task.node, &is_port)
        });
        let only = match (leading.next(), leading.next()) {
            (Some(task), None) => Some(task.node),
            // Nothing else goes on: whatever comes, comes of it.
            (None, _) if tasks.len() == 1 && self.requests.is_empty() => {
                let mut nodes = tasks.iter().map(|task| task.node);
                nodes.find(|&node| self.reaches(node, port, &mut BTreeMap::new()))
            }
            _ => None,
        };
        let (node, round) = (self.graph.nodes.get(port), self.rounds.get(port));
        let id = node.zip(round);
        NextAsked {
            only,
            id: id.map(|(node, &round)| RequestId::new(node.id, round)),
        }
    }

    /// Whether whatever a node gives comes to a port, at once or by other nodes, before anybody is
    /// asked something else.
    ///
    /// `known` is what was found before; a way back to where it looks now leads nowhere else.
    fn reaches(&self, node: usize, port: usize, known: &mut BTreeMap<usize, bool>) -> bool {
        if let Some(&known) = known.get(&node) {
            return known;
        }
        known.insert(node, false);
        let rest = RefCell::new(known);
        let reaches = self.is_certain(node, &|to| {
            let Some(next) = self.target(to) else {
                return false;
            };
            let place = self.graph.nodes.get(next);
            let is_port = self.ports.as_ref().is_some_and(|all| all.contains(&next));
            // One that sends may send nothing.
            let goes_on = !is_port && place.is_some_and(|place| !place.facts.sends);
            next == port || (goes_on && self.reaches(next, port, &mut rest.borrow_mut()))
        });
        rest.into_inner().insert(node, reaches);
        reaches
    }

    /// Where one message leads to one message: of a list with no items, nothing comes.
    fn target(&self, to: &To) -> Option<usize> {
        match *to {
            To::Node(target) => Some(target),
            To::Each(_) => None,
            To::Join { join, .. } => self.graph.joins.get(join).map(|join| join.target),
        }
    }

    /// Whether a node's message goes such a way in any case: by a target, or by every arm.
    fn is_certain(&self, node: usize, holds: &dyn Fn(&To) -> bool) -> bool {
        match self.graph.nodes.get(node).map(|node| node.exit) {
            Some(Exit::To(targets)) => targets.iter().any(|target| holds(&target.to)),
            Some(Exit::Switch { arms, .. }) => {
                !arms.is_empty() && arms.iter().all(|arm| arm.targets.iter().any(holds))
            }
            _ => false,
        }
    }
}

struct NextAsked {
    /// The node of the task that leads to it.
    only: Option<usize>,
    id: Option<RequestId>,
}

impl NextAsked {
    fn leads(&self, node: usize) -> bool {
        self.only == Some(node)
    }
}
