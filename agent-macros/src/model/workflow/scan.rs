//! Algorithms on graphs of numbered nodes. All take time in proportion to nodes and edges.

/// The strongly connected parts, each before those that lead to it.
pub fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut scan = Scan {
        edges,
        order: vec![None; edges.len()],
        low: vec![0; edges.len()],
        on_stack: vec![false; edges.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for node in 0..edges.len() {
        scan.visit(node);
    }
    scan.found
}

/// Tarjan's algorithm, without recursion.
struct Scan<'a> {
    edges: &'a [Vec<usize>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    found: Vec<Vec<usize>>,
}

#[allow(
    clippy::indexing_slicing,
    reason = "all lists are as long as the list of edges, which holds numbers of nodes"
)]
impl Scan<'_> {
    fn visit(&mut self, root: usize) {
        if self.order[root].is_some() {
            return;
        }
        self.enter(root);
        let mut path = vec![(root, 0)];
        while let Some((node, edge)) = path.pop() {
            let Some(&target) = self.edges[node].get(edge) else {
                self.leave(node);
                if let Some((before, _)) = path.last() {
                    self.low[*before] = self.low[*before].min(self.low[node]);
                }
                continue;
            };
            path.push((node, edge + 1));
            match self.order[target] {
                None => {
                    self.enter(target);
                    path.push((target, 0));
                }
                Some(order) if self.on_stack[target] => {
                    self.low[node] = self.low[node].min(order);
                }
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.order[node] = Some(self.next);
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    fn leave(&mut self, node: usize) {
        if self.order[node] != Some(self.low[node]) {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.on_stack[member] = false;
            component.push(member);
            if member == node {
                break;
            }
        }
        self.found.push(component);
    }
}

/// The nodes that can be reached, in reverse postorder. Where the order leaves a choice, what an
/// earlier edge leads to comes first.
pub fn reverse_postorder(from: &[usize], edges: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; edges.len()];
    let mut finished = Vec::new();
    // The last one is visited first, so that the first one is the last to finish.
    for root in from.iter().rev() {
        let mut path = Vec::new();
        enter(*root, edges, &mut seen, &mut path);
        while let Some((node, left)) = path.pop() {
            let target = left
                .checked_sub(1)
                .and_then(|left| edges.get(node)?.get(left));
            match target {
                Some(target) => {
                    path.push((node, left - 1));
                    enter(*target, edges, &mut seen, &mut path);
                }
                None => finished.push(node),
            }
        }
    }
    finished.reverse();
    finished
}

/// Puts a new node on the path, with the number of edges that are left.
fn enter(node: usize, edges: &[Vec<usize>], seen: &mut [bool], path: &mut Vec<(usize, usize)>) {
    if let (Some(seen), Some(edges)) = (seen.get_mut(node), edges.get(node))
        && !std::mem::replace(seen, true)
    {
        path.push((node, edges.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_before_those_that_lead_to_them() {
        let edges = vec![vec![1], vec![2, 3], vec![1], vec![3], vec![0]];
        let mut found = components(&edges);
        for component in &mut found {
            component.sort_unstable();
        }
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn sources_come_before_targets() {
        let edges = vec![vec![1, 2], vec![3], vec![3], vec![1], vec![0]];
        assert_eq!(reverse_postorder(&[0], &edges), [0, 2, 3, 1]);
        let diamond = vec![vec![1, 2], vec![3], vec![3], vec![]];
        assert_eq!(reverse_postorder(&[0], &diamond), [0, 1, 2, 3]);
        assert_eq!(reverse_postorder(&[1, 2], &diamond), [1, 2, 3]);
    }
}
