//! Notes why nodes are evaluated and what comes of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use alloy_queries::{NodeChange, NodeId, NodeKind, Pending};
use alloy_value::{ArcArgs, Value};

use super::Controller;
use super::node::{Node, Phase, Role};
use crate::Trigger;
use crate::trace::{Cause, Evaluation, Verdict};

/// Blocks whose line a load looks up. Finding a line means reading the block again.
const MAX_PLACES: usize = 256;

/// What a node had before it was evaluated.
pub(super) struct Before {
    has: Option<ArcArgs>,
    phase: Phase,
}

impl Before {
    pub(super) fn new(node: &Node) -> Self {
        let has = node.delivered.as_ref().or(node.accepted.as_ref());
        Self { has: has.cloned(), phase: node.phase }
    }

    /// What has come of new arguments.
    pub(super) fn verdict(&self, node: &Node, args: &ArcArgs) -> Verdict {
        if self.has.as_ref().is_some_and(|has| has.ptr_eq(args)) && self.phase == Phase::Live {
            return Verdict::UpToDate;
        }
        let is_buildable = matches!(node.role, Role::Component(_) | Role::Import(_));
        match (is_buildable, self.phase) {
            (true, Phase::Live) => match &node.delivered {
                Some(delivered) if delivered.ptr_eq(args) => Verdict::Updated,
                _ => Verdict::Equal,
            },
            (true, _) => Verdict::Built,
            (false, _) if self.has.as_ref() == Some(args) => Verdict::Equal,
            (false, _) => Verdict::Applied,
        }
    }
}

impl Controller {
    /// Notes that `cause` is why `id` will be evaluated.
    pub(super) fn because(&mut self, id: NodeId, cause: &Arc<Cause>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.causes.add(cause);
        }
    }

    /// Why the nodes of a pending load will be evaluated. Asked before the load is final.
    pub(super) fn causes_of(
        &self,
        pending: &Pending,
        trigger: &Trigger,
    ) -> Vec<(NodeId, Arc<Cause>)> {
        let by = trigger.as_str();
        let has_places = pending.changes.len() <= MAX_PLACES;
        let place = |id| has_places.then(|| self.engine.place_of(id)).flatten();
        let environment = Arc::new(Cause::Environment { by });
        let names = Arc::new(Cause::Names { by });
        let readers: BTreeSet<NodeId> = pending.surroundings.iter().copied().collect();
        // The text of an item is that of all blocks in it.
        let is_retexted = |id| {
            self.engine.is_retexted(id) && (!has_places || self.engine.block_texts(id).is_some())
        };
        // Nodes whose arguments or collection differ pass that on to what is in their modules.
        let changed: BTreeSet<NodeId> = pending
            .changes
            .iter()
            .filter_map(|change| match change {
                NodeChange::Changed(id) => Some(*id),
                _ => None,
            })
            .collect();
        let hands_on = |owner: Option<NodeId>| owner.is_some_and(|owner| changed.contains(&owner));
        let cause = |change: &NodeChange| {
            let (id, cause) = match *change {
                NodeChange::Removed(_) => return None,
                NodeChange::Added(id) => (id, Arc::new(Cause::Created { by, place: place(id) })),
                NodeChange::Changed(id) if readers.contains(&id) => (id, Arc::clone(&environment)),
                NodeChange::Changed(id) if is_retexted(id) => {
                    (id, Arc::new(Cause::Text { by, place: place(id) }))
                }
                NodeChange::Changed(id) => {
                    let info = self.engine.node(id);
                    let is_handed = info.is_some_and(|info| hands_on(info.owner));
                    match info.and_then(|info| info.owner).filter(|_| is_handed) {
                        Some(owner) => (id, self.module_cause(owner)),
                        None => (id, Arc::clone(&names)),
                    }
                }
            };
            Some((id, cause))
        };
        pending.changes.iter().filter_map(cause).collect()
    }

    /// The cause of what comes with the modules of a node.
    pub(super) fn module_cause(&self, owner: NodeId) -> Arc<Cause> {
        let of = self.nodes.get(&owner).map(|node| Arc::clone(&node.name)).unwrap_or_default();
        let is_import = self.engine.node(owner).is_some_and(|info| info.kind == NodeKind::Import);
        Arc::new(if is_import { Cause::Content { of } } else { Cause::Module { of } })
    }

    /// The cause of what follows from the exports of a node.
    pub(super) fn export_cause(&self, id: NodeId, old: Option<&Value>) -> Arc<Cause> {
        let Some(node) = self.nodes.get(&id) else {
            return Arc::new(Cause::Export { of: Arc::default(), fields: Box::default() });
        };
        let of = Arc::clone(&node.name);
        if matches!(node.role, Role::Argument) {
            return Arc::new(Cause::Argument { of });
        }
        let fields = changed_fields(old, node.exports.as_ref());
        Arc::new(Cause::Export { of, fields })
    }

    /// Notes an evaluation that has ended.
    pub(super) fn note_evaluation(&mut self, id: NodeId, begin: Instant, verdict: Verdict) {
        if verdict.is_cut_off()
            && let Some(cut_offs) = &self.metrics.cut_offs
        {
            cut_offs.inc();
        }
        let steps = self.engine.take_steps(id);
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let evaluation = Evaluation {
            time: Self::now(),
            revision: self.revision,
            causes: std::mem::take(&mut node.causes),
            steps,
            verdict,
            duration: begin.elapsed(),
        };
        self.shared.trace.lock().add(&node.name, evaluation);
    }

    /// Brings the metrics about queries and evaluations up to date.
    pub(super) fn count_work(&mut self) {
        let executions = self.engine.executions();
        let new = executions - std::mem::replace(&mut self.executions, executions);
        if let Some(counter) = &self.metrics.query_executions {
            counter.inc_by(new);
        }
        if let Some(gauge) = &self.metrics.revision {
            gauge.set(i64::try_from(self.revision).unwrap_or(i64::MAX));
        }
        if let Some(counter) = &self.metrics.trace_dropped {
            let dropped = self.shared.trace.lock().dropped();
            counter.inc_by(dropped.saturating_sub(counter.get()));
        }
    }
}

/// Names of the exports that differ; none if there were or are no exports.
fn changed_fields(old: Option<&Value>, new: Option<&Value>) -> Box<[Box<str>]> {
    let (Some(Value::Object(old)), Some(Value::Object(new))) = (old, new) else {
        return Box::default();
    };
    let differs = |(name, value): &(&alloy_value::Str, &Value)| {
        // With one export there is no question which one it is.
        new.members.len() == 1 || !old.members.get(*name).is_some_and(|old| old.identical(value))
    };
    let changed = new.members.iter().filter(differs);
    changed.map(|(name, _)| name.to_lossy().into()).collect()
}
