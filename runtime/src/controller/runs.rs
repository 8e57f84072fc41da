//! Starts, exits and restarts of components (spec/runtime.md §5).

use std::sync::Arc;
use std::time::Duration;

use alloy_queries::NodeId;
use alloy_value::GoDuration;
use prometheus::IntCounter;
use rustc_hash::FxHashSet;
use tracing::Instrument;

use super::Controller;
use super::node::Run;
use super::tasks::{self, Report};
use crate::event::{Epoch, Exit};
use crate::health;

/// Counter of a component whose run has panicked.
const PANICS_TOTAL: &str = "alloy_component_panics_total";

/// When a component that panics is started again: later each time, until it has run for a while.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    /// Panics since the last run that was long enough.
    panics: u32,
}

impl Backoff {
    /// Wait after the first panic.
    const FIRST: Duration = Duration::from_secs(1);
    /// Longest wait. What waits for a component after a fault that has gone must not wait for long.
    const LONGEST: Duration = Duration::from_secs(60);
    /// A run of this length counts as healthy: the next panic is the first one again.
    pub(crate) const HEALTHY: Duration = Duration::from_secs(300);

    /// The wait after a run of length `ran` has panicked. `jitter`, from 0 to 1, shortens it by up to
    /// a half, so that components which fail for the same reason don't all come back at once.
    pub(super) fn next(&mut self, ran: Duration, jitter: f64) -> Duration {
        if ran >= Self::HEALTHY {
            self.panics = 0;
        }
        let doubled = 2_u32.checked_pow(self.panics).and_then(|by| Self::FIRST.checked_mul(by));
        self.panics = self.panics.saturating_add(1);
        let longest = doubled.unwrap_or(Self::LONGEST).min(Self::LONGEST);
        let wait = longest.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0);
        // Health shows it.
        Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
    }
}

impl Controller {
    /// Puts a built component in the line of those to start.
    pub(super) fn request_start(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get(&id) {
            self.to_start.insert((node.order.clone(), id));
            self.starts_changed = true;
        }
    }

    /// Starts what is built, dependencies first, once removed nodes have stopped or run into their
    /// deadline.
    pub(super) fn start_ready(&mut self) {
        if self.hold_starts || !std::mem::take(&mut self.starts_changed) {
            return;
        }
        if self.stopping.is_empty() {
            while let Some((_, id)) = self.to_start.pop_first() {
                self.start(id);
            }
            return;
        }
        let awaited = self.awaited_by_clients();
        let is_ready = |id: NodeId| awaited.contains(&id) || !self.waits_for_stops(id);
        let ready: Vec<_> = self.to_start.iter().filter(|(_, id)| is_ready(*id)).cloned().collect();
        for place in ready {
            self.to_start.remove(&place);
            self.start(place.1);
        }
    }

    /// True while nodes stop that were removed from a module that `id` is in.
    fn waits_for_stops(&self, id: NodeId) -> bool {
        let mut at = self.nodes.get(&id).and_then(|node| node.owner);
        loop {
            if self.stopping.values().any(|batch| batch.scopes.contains(&at)) {
                return true;
            }
            let Some(owner) = at else { return false };
            at = self.nodes.get(&owner).and_then(|node| node.owner);
        }
    }

    /// New components with a port of one that takes long to stop, and what they depend on: a port
    /// must not go without an answer until its former holder has sent what it has.
    fn awaited_by_clients(&self) -> FxHashSet<NodeId> {
        let mut awaited = FxHashSet::default();
        let handover = &self.options.services.handover;
        if handover.is_empty() || !self.stopping.values().any(|batch| batch.late) {
            return awaited;
        }
        let heirs = handover.heirs();
        let is_heir = |id: &NodeId| self.nodes.get(id).is_some_and(|n| heirs.contains(&n.name));
        let mut open: Vec<_> = self.to_start.iter().map(|(_, id)| *id).filter(is_heir).collect();
        while let Some(id) = open.pop() {
            if awaited.insert(id) {
                open.extend(self.inputs_of(id));
            }
        }
        awaited
    }

    fn start(&mut self, id: NodeId) {
        let epoch = self.next_epoch();
        let (tokio, events) = (self.options.tokio.clone(), self.shared.events.clone());
        let Some(node) = self.touch(id) else { return };
        if node.run != Run::NotStarted {
            return;
        }
        let component = node.component.clone();
        if component.is_none() && !node.role.runs_modules() {
            return;
        }
        node.run = Run::Running;
        node.run_epoch = epoch;
        node.run_health = health::started(node.role, Self::now());
        // The modules of a node run by themselves.
        let Some(component) = component else { return };
        let report = Report { node: id, epoch, events };
        let cancel = node.cancel.child_token();
        let task = tasks::run(report, cancel, component, Arc::clone(&node.name));
        let task = task.instrument(node.span.clone());
        node.reap();
        node.tasks.spawn_on(task, &tokio);
    }

    /// A run has ended.
    pub(super) fn exited(&mut self, id: NodeId, epoch: Epoch, exit: &Exit) {
        let Some(node) = self.touch(id) else { return };
        if node.run_epoch != epoch || node.run != Run::Running {
            return;
        }
        node.run = Run::Exited;
        match exit {
            Exit::Returned(result) => {
                let error = result.as_ref().err().map(|error| error as &dyn std::fmt::Display);
                node.run_health = health::exited(node.role, error, Self::now());
            }
            Exit::Panicked { reason, ran } => self.restart_later(id, epoch, reason, *ran),
        }
    }

    /// A panic is a bug of the component, but no reason to do without it until somebody reloads.
    fn restart_later(&mut self, id: NodeId, epoch: Epoch, reason: &str, ran: Duration) {
        let (tokio, events) = (self.options.tokio.clone(), self.shared.events.clone());
        let Some(node) = self.touch(id) else { return };
        let wait = node.backoff.next(ran, rand::random_range(0.0..1.0));
        let shown = GoDuration::from(wait);
        if node.panics.is_none() {
            let counter =
                IntCounter::new(PANICS_TOTAL, "Number of times the component ended in a panic.");
            let registered = node.metrics.as_ref().zip(counter.ok());
            node.panics = registered.map(|(metrics, counter)| metrics.register(counter));
        }
        if let Some(panics) = &node.panics {
            panics.inc();
        }
        let (controller_id, local_id) = tasks::place(&node.name);
        tracing::error!(
            controller_id,
            node = local_id,
            err = reason,
            restart_in = %shown,
            "component panicked"
        );
        node.run_health = health::panicked(node.role, reason, shown, Self::now());
        let report = Report { node: id, epoch, events };
        // The wait begins now, not when the task does.
        let context = tokio.enter();
        let task = tasks::restart(report, node.cancel.clone(), tokio::time::sleep(wait));
        drop(context);
        node.reap();
        node.tasks.spawn_on(task, &tokio);
    }

    /// The wait after a panic is over.
    pub(super) fn restart(&mut self, id: NodeId, epoch: Epoch) {
        let Some(node) = self.touch(id) else { return };
        // A reload may have been faster.
        if node.run_epoch == epoch && node.run == Run::Exited {
            node.run = Run::NotStarted;
            // It is not new: nothing that stops has left it anything.
            self.start(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(2);

    #[test]
    fn waits_double_up_to_a_limit_and_start_over_after_a_healthy_run() {
        let mut backoff = Backoff::default();
        let mut waits: Vec<u64> = (0..8).map(|_| backoff.next(SHORT, 0.0).as_secs()).collect();
        waits.push(backoff.next(Backoff::HEALTHY, 0.0).as_secs());
        waits.push(backoff.next(SHORT, 0.0).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]);
        for _ in 0..100 {
            assert_eq!(backoff.next(SHORT, 1.0).max(Backoff::LONGEST), Backoff::LONGEST);
        }
        assert_eq!(backoff.next(SHORT, 1.0), Backoff::LONGEST / 2);
    }
}
