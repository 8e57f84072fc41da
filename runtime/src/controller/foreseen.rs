//! What custom components will export in a revision that is only being checked: whoever reads it may
//! have changed with it.

use std::collections::BTreeMap;

use alloy_queries::{NodeChange, NodeId, NodeKind, attribute};
use alloy_value::{Object, Str, Value};
use rustc_hash::FxHashSet;

use super::Controller;
use super::node::{Phase, Role};
use super::plan::Look;

/// Exports of the pending revision, as far as the check knows them.
#[derive(Default)]
pub(super) struct Foreseen {
    /// Running custom components with other `export` blocks, that nobody has asked for yet.
    changed: FxHashSet<NodeId>,
    /// Those whose exports are known only once the revision runs.
    unknown: FxHashSet<NodeId>,
    /// Custom components whose arguments are.
    pub(super) undecided: FxHashSet<NodeId>,
    /// Exports as they were.
    pub(super) saved: Vec<(NodeId, Option<Value>)>,
}

impl Controller {
    /// Notes whose `export` blocks come, go or change.
    pub(super) fn note_changed_exports(&self, foreseen: &mut Foreseen, changes: &[NodeChange]) {
        for change in changes {
            let (NodeChange::Added(id) | NodeChange::Changed(id) | NodeChange::Removed(id)) =
                *change;
            let info = self.engine.node(id).filter(|info| info.kind == NodeKind::Export);
            if info.is_some() {
                self.note_owners(foreseen, id);
            }
        }
    }

    /// Notes an import whose content is known only once the pending revision runs.
    pub(super) fn note_changed_import(&self, foreseen: &mut Foreseen, id: NodeId) {
        foreseen.unknown.insert(id);
        for user in self.engine.dependents(id) {
            let kind = self.engine.node(user).map(|info| info.kind);
            if kind == Some(NodeKind::Custom) && foreseen.unknown.insert(user) {
                self.note_owners(foreseen, user);
            }
        }
    }

    /// What runs the modules that `id` is in may export something else.
    fn note_owners(&self, foreseen: &mut Foreseen, id: NodeId) {
        let owner_of = |id| self.engine.node(id).and_then(|info| info.owner);
        let mut at = owner_of(id);
        while let Some(owner) = at {
            if self.nodes.contains_key(&owner) && !self.engine.is_removed(owner) {
                foreseen.changed.insert(owner);
            }
            at = owner_of(owner);
        }
    }

    /// True for an argument whose owner does not know yet what it passes.
    pub(super) fn is_awaited(&self, id: NodeId, foreseen: &Foreseen) -> bool {
        let owner = self.engine.node(id).and_then(|info| info.owner);
        self.is_argument(id) && owner.is_some_and(|owner| foreseen.undecided.contains(&owner))
    }

    /// True if the value of a node is known only once the pending revision runs.
    pub(super) fn is_unknown(
        &self,
        id: NodeId,
        foreseen: &Foreseen,
        known: &FxHashSet<NodeId>,
    ) -> bool {
        let is_live = || self.nodes.get(&id).is_some_and(|node| node.phase == Phase::Live);
        !known.contains(&id) && (foreseen.unknown.contains(&id) || !is_live())
    }

    /// Lets the engine see the coming exports of what `id` reads. Everything in the modules of that
    /// was looked at before.
    pub(super) fn foresee_inputs_of(
        &mut self,
        id: NodeId,
        foreseen: &mut Foreseen,
        known: &FxHashSet<NodeId>,
        look: Look,
    ) {
        if foreseen.changed.is_empty() {
            return;
        }
        let inputs = self.engine.node(id).map(|info| info.dependencies.to_vec());
        for input in inputs.into_iter().flatten() {
            if !foreseen.changed.remove(&input) {
                continue;
            }
            match self.coming_exports(input, foreseen, known, look) {
                Some(exports) => {
                    let old = self.engine.exports(input);
                    if self.engine.set_exports(input, exports) {
                        foreseen.saved.push((input, old));
                    }
                }
                None => drop(foreseen.unknown.insert(input)),
            }
        }
    }

    /// What a custom component will export; `None` if that is not known.
    fn coming_exports(
        &self,
        owner: NodeId,
        foreseen: &Foreseen,
        known: &FxHashSet<NodeId>,
        look: Look,
    ) -> Option<Option<Value>> {
        let mut members = BTreeMap::new();
        for child in self.engine.children(owner) {
            let info = self.engine.node(child)?;
            if info.kind != NodeKind::Export {
                continue;
            }
            let is_unknown = |id| self.is_unknown(id, foreseen, known);
            if self.is_beyond(look, child, 0) || self.engine.reads_any(child, is_unknown) {
                return None;
            }
            let args = self.evaluate_caught(child).ok()?;
            let label = Str::from(info.label.as_deref().unwrap_or_default());
            members.insert(label, attribute(&args, "value").unwrap_or_default());
        }
        Some((!members.is_empty()).then(|| Value::from(Object::from_iter(members))))
    }

    /// Something new is in a module that runs: who reads its exports waits for it.
    pub(super) fn unsettle(&mut self, owner: NodeId) {
        if let Some(node) = self.touch(owner)
            && matches!(node.role, Role::Custom)
            && node.phase == Phase::Live
        {
            node.phase = Phase::Building;
        }
    }
}
