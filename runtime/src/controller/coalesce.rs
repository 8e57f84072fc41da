//! Holds back what would be done over at once: exports of a source that its many readers have only
//! just followed, and evaluations with an input that is still on its way.
//!
//! Nothing is lost by it. Exports wait in the slot of their node, where newer ones replace them, and
//! an evaluation reads what is there when it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use alloy_queries::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Controller;
use super::node::Role;
use crate::event::Epoch;

/// Rest of a source per reader. To follow a change costs a reader less than a tenth of it, so a source
/// that changes all the time keeps a core busy for less than a tenth of the time.
const REST_PER_READER: Duration = Duration::from_micros(200);
/// Longest rest: a change is never held back for longer.
const LONGEST_REST: Duration = Duration::from_millis(20);
/// Sources with fewer readers don't rest: their changes cost less than the bookkeeping.
const FEW_READERS: usize = 10;
/// How long an evaluation waits for updates that its inputs depend on. A component whose update
/// hangs holds nobody up for longer.
const VIEW_PATIENCE: Duration = Duration::from_secs(1);

/// What waits.
#[derive(Default)]
pub(super) struct Coalescer {
    /// Exports of sources that rest, by the end of the rest.
    held: BTreeMap<(Instant, NodeId), Epoch>,
    /// Nodes whose exports may change soon: their update is under way, or they rest.
    moving: FxHashSet<NodeId>,
    /// Evaluations that wait for a node of `moving`, or for one that waits itself.
    behind: FxHashMap<NodeId, Vec<NodeId>>,
    /// When they stop waiting.
    deadlines: BTreeSet<(Instant, NodeId)>,
    /// Nodes that nothing is on its way to, in the present run through the dirty ones. Those come in
    /// the order of evaluation, so that none of these can begin to move in it.
    still: FxHashSet<NodeId>,
}

impl Coalescer {
    /// When the next of what waits is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let held = self.held.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        held.into_iter().chain(deadline).min()
    }

    /// An update of `id` has begun.
    pub(super) fn begins(&mut self, id: NodeId) {
        self.moving.insert(id);
    }

    fn is_waited_for(&self, id: NodeId) -> bool {
        self.moving.contains(&id) || self.behind.contains_key(&id)
    }

    /// A run through the dirty nodes begins.
    pub(super) fn begin_drive(&mut self) {
        self.still.clear();
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Controller {
    /// The rest that a source with so many readers takes after its exports have changed.
    pub(super) fn rest_after(readers: usize, now: Instant) -> Option<Instant> {
        let readers = u32::try_from(readers).ok().filter(|n| *n as usize >= FEW_READERS);
        readers.map(|readers| now + REST_PER_READER.saturating_mul(readers).min(LONGEST_REST))
    }

    /// Holds exports back while their source rests. False if it doesn't.
    pub(super) fn hold(&mut self, id: NodeId, epoch: Epoch) -> bool {
        let Some(node) = self.nodes.get_mut(&id) else { return false };
        let Some(until) = node.rests_until.take_if(|until| *until > Instant::now()) else {
            return false;
        };
        node.holds_exports = true;
        self.coalescer.moving.insert(id);
        self.coalescer.held.insert((until, id), epoch);
        true
    }

    /// Takes exports whose source has rested, and evaluates what has waited for long enough.
    pub(super) fn release_due(&mut self) {
        if self.coalescer.due().is_none() {
            return;
        }
        let now = Instant::now();
        self.release_held(|until| until <= now);
        while let Some((at, id)) = self.coalescer.deadlines.pop_first() {
            if at > now {
                self.coalescer.deadlines.insert((at, id));
                break;
            }
            self.evaluate_waiting(id);
        }
    }

    /// Takes all exports: a load reads what its components have exported before it.
    pub(super) fn release_all_held(&mut self) {
        self.release_held(|_| true);
    }

    fn release_held(&mut self, is_due: impl Fn(Instant) -> bool) {
        while let Some(first) = self.coalescer.held.first_entry()
            && is_due(first.key().0)
        {
            let ((_, id), epoch) = first.remove_entry();
            if let Some(node) = self.nodes.get_mut(&id) {
                node.holds_exports = false;
            }
            self.take_exports(id, epoch);
            self.has_settled_down(id);
        }
    }

    /// What waits for `id` may be evaluated, unless it still moves.
    pub(super) fn has_settled_down(&mut self, id: NodeId) {
        if !self.coalescer.is_waited_for(id) {
            return;
        }
        if self.nodes.get(&id).is_some_and(|node| node.updating || node.holds_exports) {
            return;
        }
        self.coalescer.moving.remove(&id);
        for waiting in self.coalescer.behind.remove(&id).unwrap_or_default() {
            self.evaluate_waiting(waiting);
        }
    }

    fn evaluate_waiting(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get(&id)
            && node.waiting
        {
            self.dirty.insert((node.order.clone(), id));
        }
    }

    /// True if `id` waits for an update that its inputs depend on: of several inputs that follow
    /// from one change it sees either none or all.
    pub(super) fn waits_for_view(&mut self, id: NodeId) -> bool {
        let moving = (!self.coalescer.moving.is_empty()).then(|| self.moving_input(id)).flatten();
        let Some(node) = self.nodes.get_mut(&id) else { return false };
        let now = Instant::now();
        let is_late = node.view_deadline.is_some_and(|deadline| deadline <= now);
        let Some(moving) = moving.filter(|_| !is_late) else {
            if let Some(deadline) = node.view_deadline.take() {
                self.coalescer.deadlines.remove(&(deadline, id));
            }
            return false;
        };
        let deadline = *node.view_deadline.get_or_insert(now + VIEW_PATIENCE);
        node.waiting = true;
        self.coalescer.deadlines.insert((deadline, id));
        self.coalescer.behind.entry(moving).or_default().push(id);
        true
    }

    /// A node that moves among all that `id` depends on. O(what it depends on), once per run
    /// through the dirty nodes.
    fn moving_input(&mut self, id: NodeId) -> Option<NodeId> {
        let inputs = self.inputs_of(id);
        // With one input there is nothing to be torn.
        if inputs.len() < 2 {
            return None;
        }
        let mut seen = FxHashSet::from_iter([id]);
        let mut path = inputs;
        while let Some(at) = path.pop() {
            if self.coalescer.still.contains(&at) || !seen.insert(at) {
                continue;
            }
            let waits = self.nodes.get(&at).is_some_and(|node| node.waiting);
            if waits || self.coalescer.moving.contains(&at) {
                return Some(at);
            }
            path.extend(self.inputs_of(at));
        }
        seen.remove(&id);
        self.coalescer.still.extend(seen);
        None
    }

    /// What the value of a node may follow from, directly.
    pub(super) fn inputs_of(&self, id: NodeId) -> Vec<NodeId> {
        let Some(info) = self.engine.node(id) else { return Vec::new() };
        let mut inputs = info.dependencies.to_vec();
        if matches!(self.nodes.get(&id).map(|node| node.role), Some(Role::Custom)) {
            inputs.extend(self.engine.children(id));
        }
        // What is in a module follows from what its owner passes.
        let owner = info.owner.and_then(|owner| self.engine.node(owner));
        inputs.extend(owner.iter().flat_map(|owner| owner.dependencies.iter().copied()));
        inputs
    }
}
