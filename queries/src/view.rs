//! The nodes of a configuration as the controller sees them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::{NodeId, NodeInfo};
use crate::custom::node_type;
use crate::db::Database;
use crate::hir::block_id;
use crate::inputs::Block;
use crate::names::{deps, graph, needs_of_block};
use crate::store::Store;

/// Nodes of a running module. Rebuilt only when blocks or references come or go.
#[derive(Default)]
pub(crate) struct View {
    /// By rank, then in source order.
    pub(crate) nodes: Box<[NodeInfo]>,
    pub(crate) by_block_id: FxHashMap<Arc<str>, NodeId>,
    positions: FxHashMap<NodeId, u32>,
}

impl View {
    /// O(blocks + references).
    pub(crate) fn build(db: &Database, store: &Store, at: u32) -> Self {
        let instance = &store.instances[at];
        let graph = graph(db, store.modules[instance.module].module);
        let owner = instance.owner.map(|owner| store.id(owner));
        let mut view = Self::default();
        let mut nodes = Vec::with_capacity(graph.order.len());
        let mut position_of = FxHashMap::default();
        for block in &graph.order {
            let Some(node) = store.node_of(db, at, store.of_block(*block)) else { continue };
            let Some((kind, definition)) = node_type(db, *block) else { continue };
            let id = store.id(node);
            let key = block.key(db);
            let node_of = |(block, up): (Block, u32)| {
                let instance = store.outer_instance(at, up)?;
                Some(store.id(store.node_of(db, instance, store.of_block(block))?))
            };
            // A custom component is evaluated after the import that its type comes from, and after
            // those that the types inside of it come from.
            let referred = deps(db, *block).blocks().into_iter();
            let needed = needs_of_block(db, *block).into_iter().map(|block| (block, 0));
            let mut dependencies: Vec<NodeId> = Vec::new();
            for dependency in referred.chain(needed).filter_map(node_of) {
                if !dependencies.contains(&dependency) {
                    dependencies.push(dependency);
                }
            }
            position_of.insert(id, nodes.len() as u32);
            nodes.push(NodeInfo {
                id,
                block_id: block_id(&key.name, key.label.as_deref()).into(),
                module_id: Arc::clone(&instance.id),
                name: Arc::clone(&key.name),
                label: key.label.clone(),
                kind,
                definition,
                owner,
                dependencies: dependencies.into(),
                dependents: Box::default(),
                position: 0,
                group: 0,
            });
        }
        let mut dependents: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
        let mut groups = Groups::new(nodes.len());
        for (at, info) in nodes.iter().enumerate() {
            for dependency in &info.dependencies {
                if let Some(&to) = position_of.get(dependency) {
                    dependents[to as usize].push(info.id);
                    groups.join(at as u32, to);
                }
            }
        }
        for (at, dependents) in dependents.into_iter().enumerate() {
            nodes[at].dependents = dependents.into();
            nodes[at].position = at as u32;
            nodes[at].group = groups.find(at as u32);
        }
        view.positions = position_of;
        view.by_block_id = nodes.iter().map(|info| (Arc::clone(&info.block_id), info.id)).collect();
        view.nodes = nodes.into();
        view
    }

    pub(crate) fn position(&self, id: NodeId) -> Option<usize> {
        self.positions.get(&id).map(|at| *at as usize)
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&NodeInfo> {
        self.nodes.get(self.position(id)?)
    }

    /// Dependencies of the nodes that belong to instances further out, with who has them.
    pub(crate) fn outer_dependencies(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let pairs = |info: &NodeInfo| {
            let reader = info.id;
            let is_outer = |id: &NodeId| !self.positions.contains_key(id);
            let outer: Vec<_> = info.dependencies.iter().copied().filter(is_outer).collect();
            outer.into_iter().map(move |dependency| (dependency, reader))
        };
        self.nodes.iter().flat_map(pairs)
    }
}

/// Disjoint sets with path halving.
struct Groups {
    parents: Vec<u32>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self { parents: (0..count as u32).collect() }
    }

    fn find(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            let up = self.parents[at as usize];
            self.parents[at as usize] = self.parents[up as usize];
            at = up;
        }
        at
    }

    /// The smaller number stands for both, so that groups are numbered by their first node.
    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high as usize] = low;
    }
}
