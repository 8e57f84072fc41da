//! What the controller keeps about a node outside the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use alloy_component::{Component, ComponentDef, ComponentMetrics, ExportSink, Health, Share};
use alloy_queries::{Diagnostic, NodeId, NodeInfo, Order};
use alloy_value::{ArcArgs, Value};
use parking_lot::Mutex;
use prometheus::IntCounter;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::publish::Flow;
use super::runs::Backoff;
use super::tasks::StopUnit;
use crate::event::{Epoch, Event, EventSender};
use crate::health;
use crate::snapshot::{NodeCell, NodeLabels, NodeState};
use crate::trace::Causes;

/// What the controller does with the arguments of a node.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// Builds and runs a component; `None` if there is nothing to run yet.
    Component(Option<&'static ComponentDef>),
    /// As a component, but what it exports is the text of modules.
    Import(Option<&'static ComponentDef>),
    /// Applies them through the config block with this index.
    Block(usize),
    /// Runs the module that a `declare` holds.
    Custom,
    /// Runs its template once per element.
    Foreach,
    /// Exports what the owner of the module passes.
    Argument,
    /// Becomes an export of the owner of the module.
    Export,
    /// Evaluates them only.
    Inert,
}

impl Role {
    /// What is built, of roles that build something.
    pub(super) fn buildable(self) -> Option<Option<&'static ComponentDef>> {
        match self {
            Self::Component(def) | Self::Import(def) => Some(def),
            _ => None,
        }
    }

    /// True if it runs modules.
    pub(super) fn runs_modules(self) -> bool {
        matches!(self, Self::Custom | Self::Foreach)
    }
}

/// How far a node has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not evaluated yet, or to be built again.
    New,
    /// Evaluated, but a removed node of the same id has not stopped yet.
    Held,
    /// A build is under way, or what its modules hold has not settled.
    Building,
    /// Built, or applied.
    Live,
    /// Evaluating or building failed; there is no component.
    Failed,
}

/// Run of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    NotStarted,
    Running,
    Exited,
}

/// Why the node doesn't have the arguments that its text asks for.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// They don't evaluate.
    Evaluation(Box<Diagnostic>),
    /// The component, or the owner of the config block, refused them.
    Refused(String),
    /// The module that it is to run is wrong.
    Module(Vec<Diagnostic>),
}

impl Failure {
    /// True if the same arguments may do at another time.
    pub(super) fn is_worth_a_try(&self) -> bool {
        !matches!(self, Self::Evaluation(_))
    }
}

/// A node of the live graph.
pub(super) struct Node {
    pub(super) id: NodeId,
    /// Global id.
    pub(super) name: Arc<str>,
    pub(super) role: Role,
    /// The node that runs the module that it is in.
    pub(super) owner: Option<NodeId>,
    /// Where it stands in the order of evaluation.
    pub(super) order: Order,
    /// Group of its outermost owner.
    pub(super) group: u32,
    /// True until it has settled for the first time, while its owner waits for it.
    pub(super) holds_owner: bool,
    /// Nodes of its modules that have not settled.
    pub(super) unsettled: usize,
    /// True once it runs a module.
    pub(super) has_module: bool,
    /// For a `foreach`: its children show no metrics. For others: neither do they.
    pub(super) hides_metrics: bool,
    /// Health of what an import brought.
    pub(super) content: Option<Box<Health>>,
    pub(super) cell: Arc<NodeCell>,
    pub(super) phase: Phase,
    /// To be evaluated once its dependencies are built or failed.
    pub(super) waiting: bool,
    /// Since when an export that it reads has changed; the oldest not yet evaluated change.
    pub(super) changed_at: Option<Instant>,
    /// Why it is to be evaluated.
    pub(super) causes: Causes,
    pub(super) failure: Option<Failure>,
    /// Files that the arguments name which it refused last.
    pub(super) refused_files: Arc<[PathBuf]>,
    pub(super) evaluation: Health,
    pub(super) run_health: Health,
    /// The arguments it works with.
    pub(super) accepted: Option<ArcArgs>,
    /// The arguments it was given last. Differs from `accepted` while an update is under way.
    pub(super) delivered: Option<ArcArgs>,
    /// When it was given them.
    pub(super) work_since: Option<Instant>,
    /// Exports that come before this wait until then.
    pub(super) rests_until: Option<Instant>,
    /// Such exports wait.
    pub(super) holds_exports: bool,
    /// Until when it waits for updates that its inputs depend on.
    pub(super) view_deadline: Option<Instant>,
    /// An update is under way.
    pub(super) updating: bool,
    /// Arguments that wait for the end of the build or update. Newer ones replace them.
    pub(super) pending: Option<ArcArgs>,
    pub(super) exports: Option<Value>,
    /// Nodes whose exports it refers to, and which way data goes; one entry per reference.
    pub(super) flows: Vec<(NodeId, Flow)>,
    pub(super) component: Option<Arc<dyn Component>>,
    pub(super) metrics: Option<ComponentMetrics>,
    /// Registered with the first panic.
    pub(super) panics: Option<IntCounter>,
    pub(super) backoff: Backoff,
    /// Its part in the change that brings it new arguments.
    pub(super) share: Option<Share>,
    pub(super) build_epoch: Epoch,
    pub(super) run_epoch: Epoch,
    pub(super) slot: Arc<Slot>,
    pub(super) run: Run,
    pub(super) cancel: CancellationToken,
    pub(super) tasks: JoinSet<()>,
    pub(super) span: tracing::Span,
}

impl Node {
    pub(super) fn new(
        info: &NodeInfo,
        role: Role,
        order: Order,
        hides_metrics: bool,
        now: SystemTime,
    ) -> Self {
        let health = health::created(role, now);
        let name = info.global_id();
        let path = health::path_of(&info.module_id);
        let state = NodeState {
            evaluation: health.clone(),
            run: health.clone(),
            content: None,
            args: None,
            exports: None,
            refused_files: Arc::default(),
            updated: now,
        };
        let labels = NodeLabels {
            id: Arc::clone(&name),
            name: Arc::clone(&info.name),
            kind: info.kind,
            hides_metrics,
            local_id: Arc::clone(&info.block_id),
            module_id: Arc::clone(&info.module_id),
            label: info.label.clone(),
            definition: info.definition,
        };
        Self {
            id: info.id,
            name,
            role,
            owner: info.owner,
            order,
            group: info.group,
            holds_owner: false,
            unsettled: 0,
            has_module: false,
            hides_metrics,
            content: None,
            cell: Arc::new(NodeCell::new(
                labels,
                #[cfg(test)]
                info.id,
                state,
            )),
            phase: Phase::New,
            waiting: false,
            changed_at: None,
            causes: Causes::default(),
            failure: None,
            refused_files: Arc::default(),
            evaluation: health.clone(),
            run_health: health,
            accepted: None,
            delivered: None,
            work_since: None,
            rests_until: None,
            holds_exports: false,
            view_deadline: None,
            updating: false,
            pending: None,
            exports: None,
            flows: Vec::new(),
            component: None,
            metrics: None,
            panics: None,
            backoff: Backoff::default(),
            share: None,
            build_epoch: Epoch(0),
            run_epoch: Epoch(0),
            slot: Arc::default(),
            run: Run::NotStarted,
            cancel: CancellationToken::new(),
            tasks: JoinSet::new(),
            // The level only decides whether the span exists: its fields must be on every line.
            span: match role {
                Role::Import(_) => {
                    tracing::error_span!("import", config_path = %path, config_id = %info.block_id)
                }
                _ => tracing::error_span!(
                    "component",
                    component_path = %path,
                    component_id = %info.block_id
                ),
            },
        }
    }

    /// True once dependants may be evaluated.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Live | Phase::Failed)
    }

    /// True while something is under way that decides whether its arguments are accepted.
    pub(super) fn is_busy(&self) -> bool {
        !self.is_settled() || self.waiting || self.updating
    }

    pub(super) fn state(&self, now: SystemTime) -> NodeState {
        NodeState {
            evaluation: self.evaluation.clone(),
            run: self.run_health.clone(),
            content: self.content.as_deref().cloned(),
            args: self.accepted.clone(),
            exports: self.exports.clone(),
            refused_files: Arc::clone(&self.refused_files),
            updated: now,
        }
    }

    /// Takes the ended tasks out of the set, which keeps them otherwise.
    pub(super) fn reap(&mut self) {
        while self.tasks.try_join_next().is_some() {}
    }

    /// Everything that must end before the node is gone.
    pub(super) fn into_stop_unit(self) -> StopUnit {
        self.cell.set_component(None);
        StopUnit::new(self.name, self.cancel, self.tasks, (self.component, self.metrics))
    }
}

/// Where exports wait for the controller.
#[derive(Default)]
pub(super) struct Slot(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    value: Option<Value>,
    /// Since when; set while the controller has an unanswered `Changed`.
    since: Option<Instant>,
}

impl Slot {
    /// Replaces the value. True if the controller must be told.
    fn put(&self, value: Value) -> bool {
        let mut waiting = self.0.lock();
        let skipped = waiting.value.replace(value);
        let tell = waiting.since.is_none();
        waiting.since.get_or_insert_with(Instant::now);
        drop(waiting);
        // The last holder of a receiver may run a component's code, so not under the lock.
        drop(skipped);
        tell
    }

    /// True if no value waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().value.is_none()
    }

    /// Takes the value and since when it waits.
    pub(super) fn take(&self) -> Option<(Value, Instant)> {
        let mut waiting = self.0.lock();
        let since = waiting.since.take();
        waiting.value.take().zip(since)
    }

    /// The end that the component gets.
    pub(super) fn sink(
        self: &Arc<Self>,
        node: NodeId,
        epoch: Epoch,
        events: &EventSender,
    ) -> ExportSink {
        let (slot, events) = (Arc::clone(self), events.clone());
        ExportSink::new(move |value| {
            if slot.put(value) {
                // Nobody listens any more once the controller has ended.
                drop(events.send(Event::Changed { node, epoch }));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_keeps_the_last_value_and_tells_once() {
        let slot = Slot::default();
        assert!(slot.put(Value::Int(1)));
        assert!(!slot.put(Value::Int(2)));
        assert!(matches!(slot.take(), Some((Value::Int(2), _))));
        assert!(slot.take().is_none());
        assert!(slot.put(Value::Int(3)), "after it was taken the controller is told again");
    }
}
