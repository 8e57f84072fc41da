//! The nodes of a configuration as the controller sees them.

use std::sync::Arc;

use alloy_value::Lookup;
use rustc_hash::FxHashMap;

use crate::api::{NodeId, NodeInfo};
use crate::db::{Database, Db as _};
use crate::hir::block_id;
use crate::inputs::Module;
use crate::names::{deps, graph};
use crate::store::Slots;

/// Nodes of an accepted configuration. Rebuilt only when blocks or references come or go.
#[derive(Default)]
pub(crate) struct View {
    /// By rank, then in source order.
    pub(crate) nodes: Box<[NodeInfo]>,
    pub(crate) by_block_id: FxHashMap<Arc<str>, NodeId>,
    positions: FxHashMap<NodeId, u32>,
}

impl View {
    /// O(blocks + references).
    pub(crate) fn build(db: &Database, slots: &Slots, module: Module) -> Self {
        let graph = graph(db, module);
        let mut view = Self::default();
        let mut nodes = Vec::with_capacity(graph.order.len());
        let mut position_of_slot = vec![u32::MAX; slots.len()];
        for block in &graph.order {
            let Some(at) = slots.of_block(*block) else { continue };
            let slot = slots.get(at);
            let Lookup::Known(definition) = db.registry().lookup(&slot.key.name) else { continue };
            position_of_slot[at as usize] = nodes.len() as u32;
            nodes.push(NodeInfo {
                id: slots.id(at),
                block_id: block_id(&slot.key.name, slot.key.label.as_deref()).into(),
                name: Arc::clone(&slot.key.name),
                label: slot.key.label.clone(),
                definition,
                dependencies: deps(db, *block)
                    .blocks()
                    .into_iter()
                    .filter_map(|block| slots.of_block(block))
                    .map(|slot| slots.id(slot))
                    .collect(),
                dependents: Box::default(),
                rank: graph.ranks.get(block).copied().unwrap_or(0),
                group: 0,
            });
        }
        let mut dependents: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
        let mut groups = Groups::new(nodes.len());
        for (at, info) in nodes.iter().enumerate() {
            for dependency in &info.dependencies {
                let to = position_of_slot[dependency.slot()];
                if let Some(dependents) = dependents.get_mut(to as usize) {
                    dependents.push(info.id);
                    groups.join(at as u32, to);
                }
            }
        }
        for (at, dependents) in dependents.into_iter().enumerate() {
            nodes[at].dependents = dependents.into();
            nodes[at].group = groups.find(at as u32);
        }
        view.positions = nodes.iter().zip(0..).map(|(info, at)| (info.id, at)).collect();
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
