//! The controller thread: one loop over one queue, sole owner of the engine.
//!
//! Read `load` for the transaction, `drive` for evaluation and delivery, `runs` for starts and
//! restarts, `node` for what is kept per node, `tasks` for what runs elsewhere.

mod causes;
mod coalesce;
mod drive;
mod foreach;
mod foreseen;
mod load;
mod modules;
mod node;
mod plan;
mod publish;
mod refused;
mod runs;
mod tasks;
mod traces;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use alloy_component::{ComponentDef, ComponentMetrics, Turn};
use alloy_queries::{Engine, NodeId, NodeInfo, NodeKind, Options, Order};
use arc_swap::ArcSwap;
use crossbeam_channel::Receiver;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::event::{Epoch, Event, EventSender};
use crate::history::{History, Reloads};
use crate::metrics::{ControllerMetrics, graph_metrics};
use crate::snapshot::{GraphSnapshot, LoadStatus};
use crate::trace::Trace;
use crate::{ConfigBlock, RuntimeOptions};
use coalesce::Coalescer;
use load::LoadInProgress;
pub(crate) use node::Role;
use node::{Node, Phase};
use plan::Look;
use refused::Refused;
#[cfg(test)]
pub(crate) use runs::Backoff;
use tasks::StopUnit;
pub(crate) use tasks::panic_text;
use traces::Originators;

/// Events that are handled between two evaluations, so that a flood of exports is evaluated once
/// and a load does not wait behind it for long.
const BATCH: usize = 1024;

/// How long removed components wait for the readers of their exports. A reader whose update hangs
/// must not keep them alive.
const READERS_PATIENCE: Duration = Duration::from_secs(5);

/// How long a new component that has taken over a port waits for removed ones to stop: its clients
/// are in the queue of the socket already. Longer than a stop takes that has nothing to drain.
const CLIENTS_PATIENCE: Duration = Duration::from_millis(200);

/// What the controller shares with its handle.
pub(crate) struct Shared {
    pub(crate) events: EventSender,
    pub(crate) snapshot: Arc<ArcSwap<GraphSnapshot>>,
    pub(crate) trace: Arc<Mutex<Trace>>,
    /// What has changed that may make the last load do that was refused.
    pub(crate) reconsider: watch::Sender<Option<Arc<str>>>,
}

/// Owner of the engine and of everything that runs.
pub(crate) struct Controller {
    options: RuntimeOptions,
    /// Id of the module that the root is; empty if it is none.
    id: Arc<str>,
    components: FxHashMap<&'static str, &'static ComponentDef>,
    config_blocks: Vec<Box<dyn ConfigBlock>>,
    /// Config blocks that the text has, so that defaults come back once they are gone.
    blocks_present: FxHashSet<&'static str>,
    engine: Engine,
    shared: Shared,
    metrics: ControllerMetrics,
    /// Boxed, so that the table has no room for those that are not there yet.
    nodes: FxHashMap<NodeId, Box<Node>>,
    _graph_metrics: ComponentMetrics,
    /// Metrics of the controllers of modules, by module id.
    module_metrics: BTreeMap<Arc<str>, ControllerMetrics>,
    /// Changes of the pending revision that a plan does not tell: what modules hold because of the
    /// environment or of secrets.
    withheld: FxHashSet<NodeId>,
    /// Nodes to evaluate, in order.
    dirty: BTreeSet<(Order, NodeId)>,
    originators: Originators,
    /// Built components that do not run yet, in order.
    to_start: BTreeSet<(Order, NodeId)>,
    /// Some of them may have become ready.
    starts_changed: bool,
    /// Nodes whose state may have changed in this turn.
    touched: BTreeSet<NodeId>,
    coalescer: Coalescer,
    /// The snapshot is out of date.
    graph_changed: bool,
    /// Its nodes and edges are.
    structure_changed: bool,
    loads: Vec<LoadInProgress>,
    status: LoadStatus,
    refused: Refused,
    history: History,
    reloads: Reloads,
    revision: u64,
    /// Executions of queries that the metrics show.
    executions: u64,
    /// Nothing runs before the first load has succeeded.
    hold_starts: bool,
    /// Removed nodes that have not stopped yet, by batch.
    stopping: BTreeMap<u64, Stopping>,
    stop_tasks: JoinSet<()>,
    /// Nodes that still work with arguments from before a removal, and the signal to the stops of
    /// that removal, given by dropping it.
    stops_waiting: Vec<(BTreeSet<NodeId>, oneshot::Sender<()>)>,
    last_epoch: u64,
    shutdown: Option<Vec<oneshot::Sender<()>>>,
    /// Ports and files that change hands in this step.
    turn: Option<Turn>,
}

impl Controller {
    /// A controller with an empty graph. Called on the controller's thread.
    pub(crate) fn new(mut options: RuntimeOptions, id: Arc<str>, shared: Shared) -> Self {
        let limits = Options { stability: options.stability, community: options.community };
        let (registry, host) = (options.registry, options.host.clone());
        let engine = match &*id {
            "" => Engine::tracing(registry, host, limits),
            id => Engine::guest(registry, host, limits, id),
        };
        let hub = &options.services.metrics;
        let metrics = ControllerMetrics::of_root(hub, &id);
        let graph_metrics = graph_metrics(hub, Arc::clone(&shared.snapshot));
        Self {
            components: options.components.iter().map(|def| (def.definition.name, *def)).collect(),
            config_blocks: std::mem::take(&mut options.config_blocks),
            blocks_present: FxHashSet::default(),
            options,
            id,
            engine,
            shared,
            metrics,
            _graph_metrics: graph_metrics,
            module_metrics: BTreeMap::new(),
            nodes: FxHashMap::default(),
            withheld: FxHashSet::default(),
            dirty: BTreeSet::new(),
            originators: Originators::default(),
            to_start: BTreeSet::new(),
            starts_changed: false,
            touched: BTreeSet::new(),
            coalescer: Coalescer::default(),
            graph_changed: false,
            structure_changed: false,
            loads: Vec::new(),
            status: LoadStatus::default(),
            refused: Refused::default(),
            history: History::default(),
            reloads: Reloads::default(),
            revision: 0,
            executions: 0,
            hold_starts: false,
            stopping: BTreeMap::new(),
            stop_tasks: JoinSet::new(),
            stops_waiting: Vec::new(),
            last_epoch: 0,
            shutdown: None,
            turn: None,
        }
    }

    /// Handles events until everything has stopped after [`Event::Shutdown`].
    pub(crate) fn run(mut self, queue: &Receiver<Event>) {
        while !self.has_stopped() {
            let event = match self.wake_in() {
                None => queue.recv().ok(),
                Some(patience) => queue.recv_timeout(patience).ok(),
            };
            // Values and config blocks are foreign code that runs here when dropped or applied. A
            // panic of it may lose one event, which is better than losing the process.
            let step = AssertUnwindSafe(|| self.step(event, queue));
            if let Err(panic) = catch_unwind(step) {
                let err = panic_text(&*panic);
                tracing::error!(
                    controller_path = "/",
                    controller_id = &*self.id,
                    err,
                    "controller panicked"
                );
            }
        }
        for done in self.shutdown.take().into_iter().flatten() {
            // Whoever asked may have stopped waiting.
            let _nobody_waits = done.send(());
        }
    }

    /// One turn: the event that woke the controller and what came meanwhile, then everything that
    /// follows from them.
    fn step(&mut self, event: Option<Event>, queue: &Receiver<Event>) {
        for event in event.into_iter().chain(queue.try_iter().take(BATCH)) {
            self.handle(event);
        }
        self.release_due();
        self.drive();
        self.release_stops();
        self.start_ready();
        self.settle_loads();
        self.count_work();
        self.publish();
        self.end_turn();
        self.touched.clear();
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Load(request, reply) => {
                // A dropped reply reads as "stopping".
                if self.shutdown.is_none() {
                    self.load(request, reply);
                }
            }
            Event::Unreadable(attempt, error, done) => {
                self.remember(*attempt, Err(&error));
                self.publish();
                // Whoever asked may have stopped waiting.
                let _nobody_waits = done.send(());
            }
            Event::Plan(request, reply) => {
                if self.shutdown.is_none() {
                    // As above.
                    drop(reply.send(self.dry_run(request, Look::Dry)));
                }
            }
            Event::Built { node, epoch, result } => self.built(node, epoch, result),
            Event::Changed { node, epoch } => self.changed(node, epoch),
            Event::Applied { node, epoch, args, result } => self.applied(node, epoch, args, result),
            Event::Exited { node, epoch, exit } => self.exited(node, epoch, &exit),
            Event::Restart { node, epoch } => self.restart(node, epoch),
            Event::StopIsLate { batch } => {
                if let Some(batch) = self.stopping.get_mut(&batch) {
                    batch.late = true;
                    self.starts_changed = true;
                }
            }
            Event::Stopped { batch } => self.stopped(batch),
            Event::Shutdown(done) => self.begin_shutdown(done),
        }
    }

    fn next_epoch(&mut self) -> Epoch {
        self.last_epoch += 1;
        Epoch(self.last_epoch)
    }

    fn role(
        components: &FxHashMap<&'static str, &'static ComponentDef>,
        config_blocks: &[Box<dyn ConfigBlock>],
        info: &NodeInfo,
    ) -> Role {
        let name = info.definition.name;
        match info.kind {
            NodeKind::Component => Role::Component(components.get(name).copied()),
            NodeKind::Import => Role::Import(components.get(name).copied()),
            NodeKind::Custom => Role::Custom,
            NodeKind::Foreach => Role::Foreach,
            NodeKind::Argument => Role::Argument,
            NodeKind::Export => Role::Export,
            NodeKind::Block => match config_blocks.iter().position(|block| block.name() == name) {
                Some(index) => Role::Block(index),
                None => Role::Inert,
            },
        }
    }

    /// Stops nodes that are not in the graph any more: groups side by side, within a group
    /// dependants before their dependencies. The stops begin once no node of `readers` is busy any
    /// more: until then those may still send to what is removed.
    fn stop_removed(&mut self, mut removed: Vec<Node>, readers: BTreeSet<NodeId>) {
        if removed.is_empty() {
            return;
        }
        removed.sort_by(|a, b| (a.group, &b.order, a.id).cmp(&(b.group, &a.order, b.id)));
        let owners = removed.iter().map(|node| (node.id, node.owner)).collect();
        let parts = StopParts { owners, is_whole: self.shutdown.is_some() && !self.id.is_empty() };
        let mut scopes = BTreeSet::new();
        let mut groups: Vec<Vec<Vec<StopUnit>>> = Vec::new();
        let (mut last_group, mut last_part) = (None, None);
        for node in removed {
            scopes.insert(parts.scope_of(node.id));
            let (group, part) = (Some(node.group), parts.part_of(node.id));
            if last_group != group {
                groups.push(Vec::new());
                (last_group, last_part) = (group, None);
            }
            if let Some(group) = groups.last_mut() {
                if last_part != Some(part) {
                    group.push(Vec::new());
                    last_part = Some(part);
                }
                if let Some(part) = group.last_mut() {
                    part.push(node.into_stop_unit());
                }
            }
        }
        // Stop batches and starts share one counter of numbers that never repeat.
        let Epoch(batch) = self.next_epoch();
        let ids = groups.iter().flatten().flatten().map(|unit| Arc::clone(unit.id())).collect();
        self.stopping.insert(batch, Stopping { ids, scopes, late: false });
        // Made here: a task that never begins drops what it has captured.
        let report = StopReport { events: self.shared.events.clone(), batch };
        let deadline = self.options.shutdown_deadline;
        let may_stop = if readers.is_empty() {
            None
        } else {
            let (go, may_stop) = oneshot::channel();
            self.stops_waiting.push((readers, go));
            Some(may_stop)
        };
        let stop = async move {
            if let Some(may_stop) = may_stop {
                // Either way it goes on: the signal is the end of the channel.
                let _signal_or_late = timeout(READERS_PATIENCE, may_stop).await;
            }
            tasks::stop_groups(groups, deadline).await;
        };
        let stop = async move {
            let mut stop = pin!(stop);
            if timeout(CLIENTS_PATIENCE, stop.as_mut()).await.is_err() {
                report.send(Event::StopIsLate { batch });
                stop.await;
            }
        };
        while self.stop_tasks.try_join_next().is_some() {}
        self.stop_tasks.spawn_on(stop, &self.options.tokio);
    }

    /// Lets stops begin whose readers have taken their new arguments.
    fn release_stops(&mut self) {
        let nodes = &self.nodes;
        let is_busy = |id: &NodeId| nodes.get(id).is_some_and(|node| node.is_busy());
        self.stops_waiting.retain(|(readers, _go)| readers.iter().any(is_busy));
    }

    /// All nodes of a batch have stopped: what waited for their ids can be built.
    fn stopped(&mut self, batch: u64) {
        self.stopping.remove(&batch);
        self.starts_changed = true;
        self.engine.release_replaced();
        let held: Vec<NodeId> = self
            .nodes
            .values()
            .filter(|node| node.phase == Phase::Held && !self.is_stopping(&node.name))
            .map(|node| node.id)
            .collect();
        for id in held {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.phase = Phase::New;
                if let Some(args) = node.pending.take() {
                    self.begin_build(id, args);
                }
            }
        }
    }

    fn is_stopping(&self, name: &str) -> bool {
        self.stopping.values().flat_map(|batch| &batch.ids).any(|id| **id == *name)
    }

    fn begin_shutdown(&mut self, done: Option<oneshot::Sender<()>>) {
        if let Some(waiting) = &mut self.shutdown {
            waiting.extend(done);
            return;
        }
        self.shutdown = Some(done.into_iter().collect());
        self.loads.clear();
        self.dirty.clear();
        self.to_start.clear();
        self.coalescer.clear();
        let nodes = self.nodes.drain().map(|(_, node)| *node).collect();
        self.stop_removed(nodes, BTreeSet::new());
    }

    fn has_stopped(&self) -> bool {
        self.shutdown.is_some() && self.stopping.is_empty()
    }

    /// The turn of this step, if anything is held that can change hands.
    fn turn(&mut self) -> Option<Turn> {
        let handover = &self.options.services.handover;
        if self.turn.is_none() && !handover.is_empty() {
            self.turn = Some(handover.turn());
        }
        self.turn.clone()
    }

    /// What this step has begun lasts until the nodes that it has marked have their arguments.
    fn end_turn(&mut self) {
        for id in &self.touched {
            if let Some(node) = self.nodes.get_mut(id)
                && node.share.is_some()
                && !node.is_busy()
            {
                node.share = None;
            }
        }
        self.turn = None;
    }

    fn set_evaluating(&self, evaluating: bool) {
        if let Some(gauge) = &self.metrics.evaluating {
            gauge.set(i64::from(evaluating));
        }
    }

    fn touch(&mut self, id: NodeId) -> Option<&mut Node> {
        self.touched.insert(id);
        self.nodes.get_mut(&id).map(Box::as_mut)
    }

    fn now() -> SystemTime {
        SystemTime::now()
    }
}

/// Removed nodes that stop together.
struct Stopping {
    ids: Vec<Arc<str>>,
    /// Who runs the modules that they were part of; the root is `None`. What is new in those waits
    /// for them.
    scopes: BTreeSet<Option<NodeId>>,
    /// Those who have clients waiting don't wait for them any more.
    late: bool,
}

/// Which removed nodes belong together.
struct StopParts {
    /// Each removed node with the node that runs the module that it is in.
    owners: FxHashMap<NodeId, Option<NodeId>>,
    /// The controller itself is part of something that stops.
    is_whole: bool,
}

impl StopParts {
    /// The outermost removed node around `id`, and who runs the module that it is in.
    fn outermost(&self, mut id: NodeId) -> (NodeId, Option<NodeId>) {
        loop {
            match self.owners.get(&id).copied().flatten() {
                Some(owner) if self.owners.contains_key(&owner) => id = owner,
                owner => return (id, owner),
            }
        }
    }

    fn scope_of(&self, id: NodeId) -> Option<NodeId> {
        self.outermost(id).1
    }

    /// What shares a deadline: a node and the modules that it runs, what goes out of one module at
    /// once, and everything if the controller is part of something else. The order of evaluation
    /// keeps it together.
    fn part_of(&self, id: NodeId) -> Option<NodeId> {
        let (id, owner) = self.outermost(id);
        (!self.is_whole).then(|| owner.unwrap_or(id))
    }
}

/// Reports the end of a batch of stops, also if the task is dropped with its runtime.
struct StopReport {
    events: EventSender,
    batch: u64,
}

impl StopReport {
    fn send(&self, event: Event) {
        // Nobody listens any more once the controller has ended.
        drop(self.events.send(event));
    }
}

impl Drop for StopReport {
    fn drop(&mut self) {
        self.send(Event::Stopped { batch: self.batch });
    }
}
