//! Which request belongs to what a function is told: so that it can send a link to it.

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
            nodes.filter(|(index, node)| matches!(self.code(*index, node), NodeCode::Port(_)));
        let ports: Arc<[usize]> = ports.map(|(index, _)| index).collect();
        self.ports = Some(Arc::clone(&ports));
        ports
    }

    /// The question that a port asks next, if one task of the superstep leads to it.
    fn next_asked(&self, port: usize, plan: &Plan) -> NextAsked {
        let tasks = &plan.step.tasks;
        let mut leading = tasks.iter().filter(|task| self.leads(task.node, port));
        let only = match (leading.next(), leading.next()) {
            (Some(task), None) => Some(task.node),
            // Nothing else goes on: whatever comes, comes of it.
            (None, _) if tasks.len() == 1 && self.requests.is_empty() => {
                tasks.first().map(|task| task.node)
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

    /// Whether what a node gives goes straight to a port.
    fn leads(&self, node: usize, port: usize) -> bool {
        let is_port = |to: &To| match *to {
            To::Node(target) | To::Each(target) => target == port,
            To::Join { join, .. } => {
                let join = self.graph.joins.get(join);
                join.is_some_and(|join| join.target == port)
            }
        };
        match self.graph.nodes.get(node).map(|node| node.exit) {
            Some(Exit::To(targets)) => targets.iter().any(|target| is_port(&target.to)),
            Some(Exit::Switch { arms, .. }) => {
                arms.iter().any(|arm| arm.targets.iter().any(is_port))
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
