//! Hands the state of nodes and graph to readers.

use std::sync::Arc;

use alloy_component::{Health, HealthState};
use alloy_queries::{NodeId, NodeKind};
use alloy_value::{FieldKind, StructSchema, TypeSchema};
use rustc_hash::FxHashMap;

use super::Controller;
use super::node::{Role, Run};
use crate::health;
use crate::snapshot::{GraphSnapshot, NodeCell, NodeEdges};

impl Controller {
    /// Publishes the nodes touched in this turn, and the graph if it changed.
    /// O(touched), and O(nodes) after a load.
    pub(super) fn publish(&mut self) {
        let now = Self::now();
        self.touch_importers();
        for id in &self.touched {
            if let Some(node) = self.nodes.get(id) {
                let mut state = node.state(now);
                if matches!(node.role, Role::Import(_)) {
                    let nested = self.nested_imports(*id);
                    state.content = Health::least(state.content.iter().chain(&nested)).cloned();
                }
                node.cell.publish(state);
            }
        }
        if std::mem::take(&mut self.graph_changed) {
            let snapshot = self.graph();
            self.shared.snapshot.store(Arc::new(snapshot));
            self.structure_changed = false;
        }
    }

    /// What an import brings is as healthy as the imports in it.
    fn touch_importers(&mut self) {
        let importer = |id: &NodeId| {
            let owner = self.nodes.get(id)?.owner?;
            let node = self.nodes.get(&owner)?;
            matches!(node.role, Role::Import(_)).then_some(owner)
        };
        let mut open: Vec<NodeId> = self.touched.iter().filter_map(importer).collect();
        let mut importers = Vec::new();
        while let Some(id) = open.pop() {
            importers.push(id);
            open.extend(importer(&id));
        }
        self.touched.extend(importers);
    }

    /// The least healthy of the imports in what an import brings, if that is not healthy.
    fn nested_imports(&self, id: NodeId) -> Option<Health> {
        let mut parts = Vec::new();
        for child in self.engine.children(id) {
            let Some(node) = self.nodes.get(&child) else { continue };
            if node.evaluation.state == HealthState::Unhealthy {
                let label = node.cell.info.label.as_deref().unwrap_or_default();
                parts.push(health::nested_failed(label, &node.evaluation));
            }
            if node.run == Run::Exited {
                parts.extend(health::nested_stopped(&node.run_health));
            }
            parts.extend(node.content.as_deref().cloned());
            parts.extend(self.nested_imports(child));
        }
        Health::least(&parts).filter(|least| least.state != HealthState::Healthy).cloned()
    }

    fn graph(&self) -> GraphSnapshot {
        let last = self.shared.snapshot.load();
        let load = self.status.clone();
        if !self.structure_changed {
            return GraphSnapshot {
                revision: self.revision,
                load,
                reloads: self.reloads.clone(),
                nodes: Arc::clone(&last.nodes),
                edges: Arc::clone(&last.edges),
                index: Arc::clone(&last.index),
            };
        }
        let infos = self.engine.nodes();
        let mut nodes: Vec<Arc<NodeCell>> = Vec::with_capacity(infos.len());
        let mut ids = Vec::with_capacity(infos.len());
        for info in infos {
            if let Some(node) = self.nodes.get(&info.id) {
                nodes.push(Arc::clone(&node.cell));
                ids.push(info.id);
            }
        }
        let edges = self.edges(&ids);
        let index = nodes.iter().enumerate().map(|(at, cell)| (Arc::clone(&cell.info.id), at));
        GraphSnapshot {
            revision: self.revision,
            load,
            reloads: self.reloads.clone(),
            index: Arc::new(index.collect()),
            nodes: nodes.into(),
            edges: edges.into(),
        }
    }

    /// Which way data goes along the references of a component. Asked once per change of its text.
    pub(super) fn flows_of(&self, id: NodeId) -> Vec<(NodeId, Flow)> {
        if !self.is_component(id) {
            return Vec::new();
        }
        let references = self.engine.references(id).into_iter();
        let flow_of = |(target, path): (NodeId, String)| {
            let exports = self.engine.node(target)?.definition.exports?;
            Some((target, flow(exports(), &path)?))
        };
        references.filter(|(target, _)| self.is_component(*target)).filter_map(flow_of).collect()
    }

    fn is_component(&self, id: NodeId) -> bool {
        let info = self.engine.node(id);
        info.is_some_and(|info| {
            matches!(info.kind, NodeKind::Component | NodeKind::Custom | NodeKind::Foreach)
        })
    }

    /// Edges between components.
    fn edges(&self, ids: &[NodeId]) -> Vec<NodeEdges> {
        let at: FxHashMap<NodeId, usize> =
            ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let indices = |of: &[NodeId]| -> Box<[usize]> {
            let mut indices: Vec<usize> = of
                .iter()
                .filter(|id| self.is_component(**id))
                .filter_map(|id| at.get(id).copied())
                .collect();
            indices.sort_unstable();
            indices.into()
        };
        let mut flows: Vec<Vec<usize>> = vec![Vec::new(); ids.len()];
        for (reader, id) in ids.iter().enumerate() {
            for (target, flow) in self.nodes.get(id).into_iter().flat_map(|node| &node.flows) {
                match (at.get(target), flow) {
                    (Some(&target), Flow::IntoTarget) => flows[reader].push(target),
                    (Some(&target), Flow::FromTarget) => flows[target].push(reader),
                    (None, _) => {}
                }
            }
        }
        let of_node = |(id, mut flow): (&NodeId, Vec<usize>)| {
            flow.sort_unstable();
            let info = self.engine.node(*id);
            NodeEdges {
                references_to: info.map(|info| indices(&info.dependencies)).unwrap_or_default(),
                referenced_by: indices(&self.engine.dependents(*id)),
                data_flow_to: flow.into(),
            }
        };
        ids.iter().zip(flows).map(of_node).collect()
    }
}

/// Direction in which data follows a reference (spec/runtime.md §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The reference is to a receiver: data goes from who refers to it.
    IntoTarget,
    /// The reference is to a value: data goes to who refers to it.
    FromTarget,
}

/// Kinds of receivers, by the name of their capsule.
const RECEIVERS: &[&str] =
    &["storage.Appendable", "loki.LogsReceiver", "otelcol.Consumer", "pyroscope.ProfilesReceiver"];

/// Direction of a reference to the export called `path`; `None` if there is no such export.
fn flow(exports: &StructSchema, path: &str) -> Option<Flow> {
    let field = exports.find(path)?.field;
    match (field.kind, field.ty) {
        (FieldKind::Attribute, TypeSchema::Capsule(kind)) if RECEIVERS.contains(&kind) => {
            Some(Flow::IntoTarget)
        }
        _ => Some(Flow::FromTarget),
    }
}
