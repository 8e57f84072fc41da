//! Evaluation in order, delivery of arguments, and what components report back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use alloy_component::{BuildContext, Component, ComponentError, HealthState};
use alloy_queries::{EvalError, NodeId, NodeInfo};
use alloy_value::{ArcArgs, GoDuration, Value};
use tracing::{Instrument, Span};

use super::Controller;
use super::causes::Before;
use super::load::Finding;
use super::node::{Failure, Phase, Role, Slot};
use super::refused::files_of;
use super::tasks::{self, Report, panic_text};
use crate::event::Epoch;
use crate::health::{self, labels_of};
use crate::metrics::ControllerMetrics;
use crate::trace::Verdict;

impl Controller {
    /// Asks for an evaluation of `id`; `since` is when an export that it reads changed.
    pub(super) fn mark(&mut self, id: NodeId, since: Option<Instant>) {
        let turn = self.turn();
        if let Some(node) = self.nodes.get_mut(&id) {
            if let Some(turn) = turn {
                node.share = Some(turn.share(&node.name));
            }
            node.changed_at = node.changed_at.or(since);
            self.dirty.insert((node.order.clone(), id));
        }
    }

    /// Evaluates everything that is dirty, dependencies first.
    pub(super) fn drive(&mut self) {
        if self.dirty.is_empty() {
            return;
        }
        self.set_evaluating(true);
        if let Some(queue) = &self.metrics.queue_size {
            queue.set(i64::try_from(self.dirty.len()).unwrap_or(i64::MAX));
        }
        self.coalescer.begin_drive();
        let dispatch = self.originators.dispatch();
        while let Some((_, id)) = self.dirty.pop_first() {
            self.evaluate(id, &dispatch);
        }
        self.originators.clear();
        if let Some(queue) = &self.metrics.queue_size {
            queue.set(0);
        }
        self.set_evaluating(!self.loads.is_empty());
    }

    fn evaluate(&mut self, id: NodeId, dispatch: &Span) {
        let Some(info) = self.engine.node(id) else { return };
        let is_settled =
            |dependency| self.nodes.get(dependency).is_none_or(|node| node.is_settled());
        let ready = info.dependencies.iter().all(is_settled) && !self.waits_for_owner(id, info);
        let Some(node) = self.touch(id) else { return };
        node.waiting = !ready;
        if !ready || self.waits_for_view(id) {
            return;
        }
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let waited_since = node.changed_at.take();
        let before = Before::new(node);
        node.cell.count_evaluation();
        let begin = Instant::now();
        let _traced = self.trace_evaluation(id, dispatch);
        let outcome = self.evaluate_caught(id);
        match outcome {
            Ok(args) => {
                self.take_arguments(id, args.clone());
                let verdict = self.nodes.get(&id).map(|node| before.verdict(node, &args));
                self.note_evaluation(id, begin, verdict.unwrap_or(Verdict::Applied));
            }
            Err(finding) => {
                let verdict = Verdict::failed(&finding.logged);
                self.refuse_evaluation(id, finding);
                self.note_evaluation(id, begin, verdict);
            }
        }
        self.wake_arguments(id);
        self.has_settled_down(id);
        self.observe(id, begin, waited_since);
    }

    /// True for an argument whose owner is to pass something else once it can.
    fn waits_for_owner(&self, id: NodeId, info: &NodeInfo) -> bool {
        let is_argument = self.nodes.get(&id).is_some_and(|n| matches!(n.role, Role::Argument));
        let owner = info.owner.filter(|_| is_argument).and_then(|owner| self.nodes.get(&owner));
        owner.is_some_and(|owner| owner.waiting)
    }

    /// Evaluates the arguments that waited for a custom component.
    fn wake_arguments(&mut self, owner: NodeId) {
        if !self.nodes.get(&owner).is_some_and(|node| matches!(node.role, Role::Custom)) {
            return;
        }
        for child in self.engine.children(owner) {
            if let Some(node) = self.nodes.get(&child)
                && node.waiting
                && matches!(node.role, Role::Argument)
            {
                self.dirty.insert((node.order.clone(), child));
            }
        }
    }

    fn observe(&self, id: NodeId, begin: Instant, waited_since: Option<Instant>) {
        let Some(info) = self.engine.node(id) else { return };
        if self.is_loading(id) {
            let (controller_path, controller_id) = labels_of(&info.module_id);
            let duration = GoDuration::from(begin.elapsed());
            tracing::info!(
                controller_path,
                controller_id,
                node_id = &*info.block_id,
                %duration,
                "finished node evaluation"
            );
            return;
        }
        let Some(metrics) = self.metrics_of(&info.module_id) else { return };
        metrics.took(&info.block_id, begin.elapsed());
        if let Some(seconds) = &metrics.evaluation_seconds {
            seconds.observe(begin.elapsed().as_secs_f64());
        }
        if let (Some(seconds), Some(since)) = (&metrics.wait_seconds, waited_since) {
            seconds.observe(begin.saturating_duration_since(since).as_secs_f64());
        }
    }

    fn metrics_of(&self, module_id: &str) -> Option<&ControllerMetrics> {
        match module_id {
            root if *root == *self.id => Some(&self.metrics),
            module => self.module_metrics.get(module),
        }
    }

    /// A component has taken its arguments, or refused them.
    fn observe_work(&self, id: NodeId) {
        let began = self.nodes.get(&id).and_then(|node| node.work_since);
        if let (Some(began), Some(info)) = (began, self.engine.node(id))
            && let Some(metrics) = self.metrics_of(&info.module_id)
        {
            metrics.took(&info.block_id, began.elapsed());
        }
    }

    /// Evaluates a node.
    pub(super) fn evaluate_caught(&self, id: NodeId) -> Result<ArcArgs, Finding> {
        self.caught(id, || self.engine.evaluate(id))
    }

    /// Asks the engine about a node; a panic is an error of this node, not the end of the process.
    pub(super) fn caught<T>(
        &self,
        id: NodeId,
        question: impl FnOnce() -> Result<T, EvalError>,
    ) -> Result<T, Finding> {
        match catch_unwind(AssertUnwindSafe(question)) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let diagnostic = Box::new(error.diagnostic().clone());
                Err(Finding { diagnostic, logged: error.to_string() })
            }
            Err(panic) => {
                let logged = format!("evaluation {}", panic_text(&*panic));
                let diagnostic = self.engine.block_diagnostic(id, &logged);
                Err(Finding { diagnostic: Box::new(diagnostic), logged })
            }
        }
    }

    /// New arguments: build, apply, update, or nothing if they are what the node has.
    fn take_arguments(&mut self, id: NodeId, args: ArcArgs) {
        let Some(node) = self.touch(id) else { return };
        if matches!(node.failure, Some(Failure::Evaluation(_))) {
            node.failure = None;
        }
        match (node.role, node.phase) {
            (Role::Component(_) | Role::Import(_), Phase::New | Phase::Failed) => {
                self.begin_build(id, args);
            }
            (Role::Component(_) | Role::Import(_), Phase::Held | Phase::Building) => {
                node.pending = Some(args);
            }
            (Role::Component(_) | Role::Import(_), Phase::Live) => {
                if node.delivered.as_ref() == Some(&args) {
                    // The text or an export changed and changed back: what it has is right.
                    if !node.updating && node.evaluation.state != HealthState::Healthy {
                        node.failure = None;
                        node.evaluation = health::evaluated(node.role, Self::now());
                    }
                } else {
                    self.deliver(id, args);
                }
            }
            (Role::Custom, _) => self.run_module(id, args),
            (Role::Foreach, _) => self.run_children(id, args),
            (Role::Argument, _) => self.take_argument(id, args),
            (Role::Export, _) => {
                self.accepted(id, args);
                self.export_of_module(id);
            }
            (Role::Block(index), _) => self.apply_block(id, index, args),
            (Role::Inert, _) => self.accepted(id, args),
        }
    }

    fn apply_block(&mut self, id: NodeId, index: usize, args: ArcArgs) {
        let Some(node) = self.nodes.get(&id) else { return };
        if node.failure.is_none() && node.accepted.as_ref() == Some(&args) {
            return self.accepted(id, args);
        }
        let block = &mut self.config_blocks[index];
        let applied = catch_unwind(AssertUnwindSafe(|| block.apply(Some(&args))));
        match applied.unwrap_or_else(|panic| Err(panic_text(&*panic))) {
            Ok(()) => self.accepted(id, args),
            Err(error) => {
                let doing = match self.config_blocks[index].name() {
                    _ if self.is_service(id) => "updating service",
                    // Who applies a block, as users know it (spec/runtime.md §4.1).
                    "logging" => "could not update logger",
                    _ => "could not update tracer",
                };
                self.refused(id, format!("{doing}: {error}"));
            }
        }
    }

    /// The node works with `args` now.
    pub(super) fn accepted(&mut self, id: NodeId, args: ArcArgs) {
        let now = Self::now();
        let Some(node) = self.touch(id) else { return };
        node.failure = None;
        node.evaluation = health::evaluated(node.role, now);
        node.accepted = Some(args);
        if node.phase != Phase::Live {
            node.phase = Phase::Live;
            self.wake_waiting(id);
        }
    }

    /// The arguments don't evaluate: the node keeps what it has.
    fn refuse_evaluation(&mut self, id: NodeId, finding: Finding) {
        self.log_failure(id, &finding.logged);
        self.fail(id, Failure::Evaluation(finding.diagnostic), &finding.logged);
    }

    /// Building, updating or applying failed: the node keeps what it has.
    pub(super) fn refused(&mut self, id: NodeId, reason: String) {
        self.log_failure(id, &reason);
        self.fail(id, Failure::Refused(reason.clone()), &reason);
    }

    /// The component itself refused. What an import says stands for itself.
    fn refused_by(&mut self, id: NodeId, doing: &str, error: &ComponentError) {
        let is_import = self.nodes.get(&id).is_some_and(|n| matches!(n.role, Role::Import(_)));
        let reason = if is_import { error.to_string() } else { format!("{doing}: {error}") };
        self.refused(id, reason);
    }

    pub(super) fn fail(&mut self, id: NodeId, failure: Failure, reason: &str) {
        let now = Self::now();
        let Some(node) = self.touch(id) else { return };
        node.failure = Some(failure);
        node.evaluation = health::evaluation_failed(node.role, reason, now);
        let has_nothing = node.component.is_none() && !node.has_module;
        if matches!(node.phase, Phase::New | Phase::Building) && has_nothing {
            node.phase = Phase::Failed;
            self.wake_waiting(id);
        }
    }

    /// Evaluates the dependants that waited until `id` is built or has failed, and tells who runs
    /// the module that it is in.
    pub(super) fn wake_waiting(&mut self, id: NodeId) {
        for dependent in self.engine.dependents(id) {
            if let Some(node) = self.nodes.get(&dependent)
                && node.waiting
            {
                self.dirty.insert((node.order.clone(), dependent));
            }
        }
        self.release_owner(id);
    }

    /// Starts building with `args`, once no removed node of the same id is left.
    pub(super) fn begin_build(&mut self, id: NodeId, args: ArcArgs) {
        let Some(name) = self.nodes.get(&id).map(|node| Arc::clone(&node.name)) else {
            return;
        };
        let held = self.is_stopping(&name);
        let epoch = self.next_epoch();
        let Some(node) = self.touch(id) else { return };
        if held {
            node.phase = Phase::Held;
            node.pending = Some(args);
            return;
        }
        let Some(build) = node.role.buildable().flatten().and_then(|def| def.build) else {
            return self.refused(id, "component cannot be run by this version".to_owned());
        };
        node.phase = Phase::Building;
        node.build_epoch = epoch;
        node.slot = Arc::<Slot>::default();
        node.delivered = Some(args.clone());
        node.work_since = Some(Instant::now());
        let (slot, cancel, span) = (Arc::clone(&node.slot), node.cancel.clone(), node.span.clone());
        // The metrics of a failed build are gone with it: the next one registers its own.
        node.metrics = None;
        node.panics = None;
        let hides_metrics = node.hides_metrics;
        let services = &self.options.services;
        let metrics = self.registry_of(id, hides_metrics);
        let cx = BuildContext {
            id: Arc::clone(&name),
            data_dir: self.options.storage_path.join(&*name),
            stability: self.options.stability,
            span: span.clone(),
            metrics: metrics.clone(),
            exports: slot.sink(id, epoch, &self.shared.events),
            services: Arc::clone(services),
        };
        let report = Report { node: id, epoch, events: self.shared.events.clone() };
        let task = tasks::build(report, cancel, build, cx, args).instrument(span);
        let tokio = self.options.tokio.clone();
        if let Some(node) = self.nodes.get_mut(&id) {
            node.metrics = Some(metrics);
            node.reap();
            node.tasks.spawn_on(task, &tokio);
        }
    }

    /// A build has ended.
    pub(super) fn built(
        &mut self,
        id: NodeId,
        epoch: Epoch,
        result: Result<Arc<dyn Component>, ComponentError>,
    ) {
        let now = Self::now();
        if result.is_ok() {
            self.export_zero(id);
        }
        let Some(node) = self.touch(id) else { return };
        let is_built = node.role.buildable().is_some();
        if !is_built || node.build_epoch != epoch || node.phase != Phase::Building {
            return;
        }
        self.observe_work(id);
        let Some(node) = self.touch(id) else { return };
        let newer = node.pending.take();
        match result {
            Ok(component) => {
                node.accepted = node.delivered.clone();
                node.refused_files = Arc::default();
                // Arguments that failed to evaluate meanwhile are still a failure.
                if node.failure.as_ref().is_none_or(Failure::is_worth_a_try) {
                    node.failure = None;
                    node.evaluation = health::evaluated(node.role, now);
                }
                node.cell.set_component(Some(Arc::clone(&component)));
                node.component = Some(component);
                if node.unsettled > 0 {
                    // What it imported imports more. Readers need all of it.
                    node.pending = newer.filter(|args| Some(args) != node.delivered.as_ref());
                    return self.request_start(id);
                }
                node.phase = Phase::Live;
                let is_newer = newer.is_some() && newer != node.delivered;
                self.request_start(id);
                if let (Some(args), true) = (newer, is_newer) {
                    self.deliver(id, args);
                }
                self.wake_waiting(id);
            }
            Err(error) => {
                node.metrics = None;
                let tried = node.delivered.take();
                node.refused_files = tried.as_ref().map(files_of).unwrap_or_default();
                let retry = newer.filter(|args| Some(args) != tried.as_ref());
                if let Some(args) = retry {
                    tracing::debug!(node = %node.name, err = %error, "building again with newer arguments");
                    return self.begin_build(id, args);
                }
                // Exports of a component that does not exist are worth nothing.
                self.export(id, None, Instant::now());
                self.refused_by(id, "building component", &error);
            }
        }
    }

    /// A component that was built without exporting anything exports zero values.
    fn export_zero(&mut self, id: NodeId) {
        let says_nothing = self.nodes.get(&id).is_some_and(|node| {
            node.phase == Phase::Building && node.exports.is_none() && node.slot.is_empty()
        });
        let exports = self.engine.node(id).and_then(|info| info.definition.exports);
        if let (true, Some(schema)) = (says_nothing, exports) {
            self.export(id, Some(schema().zero()), Instant::now());
        }
    }

    /// Hands new arguments to a live component, after the update that is under way.
    pub(super) fn deliver(&mut self, id: NodeId, args: ArcArgs) {
        let (tokio, events) = (self.options.tokio.clone(), self.shared.events.clone());
        let Some(node) = self.touch(id) else { return };
        node.delivered = Some(args.clone());
        if node.updating {
            node.pending = Some(args);
            return;
        }
        let Some(component) = node.component.clone() else { return };
        node.updating = true;
        node.work_since = Some(Instant::now());
        node.cell.count_update();
        let report = Report { node: id, epoch: node.build_epoch, events };
        let task = tasks::update(report, node.cancel.clone(), component, args);
        let task = task.instrument(node.span.clone());
        node.reap();
        node.tasks.spawn_on(task, &tokio);
        self.coalescer.begins(id);
    }

    /// An update has ended.
    pub(super) fn applied(
        &mut self,
        id: NodeId,
        epoch: Epoch,
        args: ArcArgs,
        result: Result<(), ComponentError>,
    ) {
        let Some(node) = self.touch(id) else { return };
        if node.build_epoch != epoch || !node.updating {
            return;
        }
        self.observe_work(id);
        let Some(node) = self.touch(id) else { return };
        node.updating = false;
        let newer = node.pending.take();
        match result {
            Ok(()) => {
                node.refused_files = Arc::default();
                node.accepted = Some(args);
                if newer.is_none() && node.failure.as_ref().is_none_or(Failure::is_worth_a_try) {
                    node.failure = None;
                    node.evaluation = health::evaluated(node.role, Self::now());
                }
            }
            Err(error) => {
                node.refused_files = files_of(&args);
                // The next evaluation hands out the same arguments again.
                node.delivered = node.accepted.clone();
                if newer.is_none() {
                    self.refused_by(id, "updating component", &error);
                }
            }
        }
        if let Some(args) = newer {
            self.deliver(id, args);
        }
        self.has_settled_down(id);
    }

    /// Exports wait in the node's slot.
    pub(super) fn changed(&mut self, id: NodeId, epoch: Epoch) {
        let Some(node) = self.nodes.get(&id) else { return };
        if node.build_epoch != epoch {
            return;
        }
        if !matches!(node.role, Role::Import(_)) && self.hold(id, epoch) {
            return;
        }
        self.take_exports(id, epoch);
    }

    /// Takes the exports that wait in the node's slot.
    pub(super) fn take_exports(&mut self, id: NodeId, epoch: Epoch) {
        let Some(node) = self.nodes.get(&id).filter(|node| node.build_epoch == epoch) else {
            return;
        };
        let is_import = matches!(node.role, Role::Import(_));
        match node.slot.take() {
            Some((value, _)) if is_import => self.take_content(id, &value),
            Some((value, since)) => self.export(id, Some(value), since),
            None => {}
        }
    }

    /// Replaces the exports of a node and marks whoever reads them. O(dependants).
    pub(super) fn export(&mut self, id: NodeId, exports: Option<Value>, since: Instant) {
        if !self.engine.set_exports(id, exports.clone()) {
            // The check of a load may have passed the value on to the engine before.
            if let Some(node) = self.touch(id).filter(|node| node.exports.is_none()) {
                node.exports = exports;
            }
            return;
        }
        let dependents = self.engine.dependents(id);
        let Some(node) = self.touch(id) else { return };
        let old = std::mem::replace(&mut node.exports, exports);
        let name = Arc::clone(&node.name);
        node.rests_until = Self::rest_after(dependents.len(), Instant::now());
        self.reconsider_reader_of(&name);
        self.involve_dependents(id, &dependents);
        self.originators.note(id, &dependents);
        let cause = self.export_cause(id, old.as_ref());
        for &dependent in &dependents {
            self.because(dependent, &cause);
            self.mark(dependent, Some(since));
        }
    }
}
