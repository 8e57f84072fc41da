//! What readers see: the graph of the live revision and the state of each node.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use alloy_component::{Component, Health, HttpHandler};
use alloy_queries::NodeKind;
use alloy_value::{ArcArgs, Definition, Value};
use arc_swap::{ArcSwap, ArcSwapOption};
use rustc_hash::FxHashMap;

use crate::history::Reloads;

/// Outcome of loads so far.
#[derive(Clone, Debug, Default)]
pub struct LoadStatus {
    /// True once the first load has succeeded; stays true.
    pub ready: bool,
    /// True if the last load was applied without any failure.
    pub last_successful: bool,
    /// Why the last load failed.
    pub error: Option<Arc<str>>,
}

/// The graph of one revision. Immutable; the cells in it are shared with later revisions as long as
/// their node lives.
#[derive(Debug, Default)]
pub struct GraphSnapshot {
    /// Number of accepted loads so far.
    pub revision: u64,
    /// Outcome of loads.
    pub load: LoadStatus,
    /// Which loads there were.
    pub reloads: Reloads,
    /// All nodes, dependencies before dependants.
    pub nodes: Arc<[Arc<NodeCell>]>,
    /// Edges of each node, by the same index.
    pub edges: Arc<[NodeEdges]>,
    pub(crate) index: Arc<FxHashMap<Arc<str>, usize>>,
}

/// Edges of one node as indices into [`GraphSnapshot::nodes`], in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeEdges {
    /// Nodes it refers to.
    pub references_to: Box<[usize]>,
    /// Nodes that refer to it.
    pub referenced_by: Box<[usize]>,
    /// Nodes that its data flows to (spec/runtime.md §3.5), one entry per reference.
    pub data_flow_to: Box<[usize]>,
}

impl GraphSnapshot {
    /// The node with this global id. O(1).
    pub fn get(&self, id: &str) -> Option<&Arc<NodeCell>> {
        self.index_of(id).map(|at| &self.nodes[at])
    }

    /// Index of the node with this global id. O(1).
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The components with their edges, dependencies before dependants.
    pub fn components(&self) -> impl Iterator<Item = (&Arc<NodeCell>, &NodeEdges)> + '_ {
        self.nodes.iter().zip(self.edges.iter()).filter(|(cell, _)| cell.is_component())
    }
}

/// Identity of a node.
#[derive(Clone, Debug)]
pub struct NodeLabels {
    /// Global id, such as `prometheus.scrape.api`.
    pub id: Arc<str>,
    /// Type of the block, such as `prometheus.scrape`.
    pub name: Arc<str>,
    /// What the node does with its arguments.
    pub kind: NodeKind,
    /// True in a `foreach` that shows no metrics of its children.
    pub hides_metrics: bool,
    /// Id within its module.
    pub local_id: Arc<str>,
    /// Id of the module it belongs to; empty for the root.
    pub module_id: Arc<str>,
    /// Block label.
    pub label: Option<Arc<str>>,
    /// Its type.
    pub definition: &'static Definition,
}

/// What is known about a node at one moment.
#[derive(Clone, Debug)]
pub struct NodeState {
    /// Health of its last evaluation.
    pub evaluation: Health,
    /// Health of its run.
    pub run: Health,
    /// Health of what an import brought.
    pub content: Option<Health>,
    /// The arguments it works with: the last that it accepted.
    pub args: Option<ArcArgs>,
    /// Its exports; an object.
    pub exports: Option<Value>,
    /// Files that the arguments name which the component refused last: another content may help.
    pub refused_files: Arc<[PathBuf]>,
    /// When this state was published.
    pub updated: SystemTime,
}

/// One node: its identity, its present state, its live component.
pub struct NodeCell {
    /// Identity.
    pub info: NodeLabels,
    #[cfg(test)]
    pub(crate) node: alloy_queries::NodeId,
    state: ArcSwap<NodeState>,
    live: ArcSwapOption<Live>,
    evaluations: AtomicU64,
    updates: AtomicU64,
}

struct Live(Arc<dyn Component>);

impl NodeCell {
    pub(crate) fn new(
        info: NodeLabels,
        #[cfg(test)] node: alloy_queries::NodeId,
        state: NodeState,
    ) -> Self {
        Self {
            info,
            #[cfg(test)]
            node,
            state: ArcSwap::from_pointee(state),
            live: ArcSwapOption::empty(),
            evaluations: AtomicU64::new(0),
            updates: AtomicU64::new(0),
        }
    }

    pub(crate) fn publish(&self, state: NodeState) {
        self.state.store(Arc::new(state));
    }

    pub(crate) fn set_component(&self, component: Option<Arc<dyn Component>>) {
        self.live.store(component.map(|c| Arc::new(Live(c))));
    }

    pub(crate) fn count_evaluation(&self) {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_update(&self) {
        self.updates.fetch_add(1, Ordering::Relaxed);
    }

    /// True for components, also custom ones and `foreach`; false for config blocks and services.
    pub fn is_component(&self) -> bool {
        matches!(self.info.kind, NodeKind::Component | NodeKind::Custom | NodeKind::Foreach)
    }

    /// The present state.
    pub fn state(&self) -> Arc<NodeState> {
        self.state.load_full()
    }

    /// How often its arguments have been evaluated.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// How often new arguments have been handed to the component after it was built.
    pub fn updates(&self) -> u64 {
        self.updates.load(Ordering::Relaxed)
    }

    /// The live component; `None` while it is not built.
    pub fn component(&self) -> Option<Arc<dyn Component>> {
        self.live.load().as_ref().map(|live| Arc::clone(&live.0))
    }

    /// The least healthy of run, evaluation, imported content and what the component reports;
    /// `None` for nodes that neither are components nor import any.
    pub fn health(&self) -> Option<Health> {
        if !self.is_component() && self.info.kind != NodeKind::Import {
            return None;
        }
        let own = self.ask("health", |component| component.health());
        let state = self.state.load();
        let parts = [&state.run, &state.evaluation].into_iter().chain(&state.content).chain(&own);
        Health::least(parts).cloned()
    }

    /// What the component tells about its inner state.
    pub fn debug_info(&self) -> Option<Value> {
        self.ask("debug_info", |component| component.debug_info())
    }

    /// True if it can be watched by live debugging.
    pub fn supports_live_debugging(&self) -> bool {
        let asked =
            self.ask("live debugging", |component| Some(component.supports_live_debugging()));
        asked.unwrap_or_default()
    }

    /// The component's HTTP handler.
    pub fn http(&self) -> Option<HttpHandler> {
        self.ask("http", |component| component.http())
    }

    /// Asks the live component; a panic is logged and counts as no answer.
    fn ask<T>(&self, what: &str, question: impl FnOnce(&dyn Component) -> Option<T>) -> Option<T> {
        let component = self.component()?;
        catch_unwind(AssertUnwindSafe(|| question(&*component))).unwrap_or_else(|panic| {
            let error = crate::controller::panic_text(&*panic);
            tracing::error!(node = %self.info.id, question = what, err = %error, "component panicked");
            None
        })
    }
}

impl std::fmt::Debug for NodeCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeCell").field("id", &self.info.id).finish_non_exhaustive()
    }
}
