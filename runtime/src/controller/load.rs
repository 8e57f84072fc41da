//! Loads: check and accept or refuse as a whole, then follow until nothing is left to build.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_queries::{Diagnostic, Load, NodeChange, NodeId, Order, Pending};
use alloy_value::{ArcArgs, Definition, DefinitionKind, GoDuration};
use rustc_hash::FxHashSet;
use tokio::sync::oneshot;
use tracing::Span;

use super::Controller;
use super::foreseen::Foreseen;
use super::modules::doing;
use super::node::{Failure, Node, Role, Run};
use super::plan::Look;
use super::traces;
use crate::error::{LoadError, LoadFailure};
use crate::health::labels_of;
use crate::history::Attempt;
use crate::plan::Problem;
use crate::trace::Cause;
use crate::{LoadRequest, ReloadMode, Trigger};

/// Answer to whoever asked for a load.
pub(super) type Reply = oneshot::Sender<Result<(), LoadError>>;

/// An accepted load with nodes that have not come to an end yet.
pub(super) struct LoadInProgress {
    reply: Option<Reply>,
    first: bool,
    /// Nodes that are still busy because of it.
    open: FxHashSet<NodeId>,
    /// Nodes whose failure is a failure of the load.
    involved: FxHashSet<NodeId>,
    begin: Instant,
    /// Its entry in the history, until it is made.
    attempt: Option<Attempt>,
    span: Span,
    /// When the first load stops waiting.
    pub(super) patience: Option<Instant>,
}

impl LoadInProgress {
    pub(super) fn add(&mut self, node: NodeId) {
        self.open.insert(node);
        self.involved.insert(node);
    }
}

impl Controller {
    /// Checks a new configuration and either refuses it, with nothing changed, or makes it live.
    pub(super) fn load(&mut self, request: LoadRequest, reply: Reply) {
        self.release_all_held();
        self.forget_refused();
        let begin = Instant::now();
        let mut attempt = Attempt::new(request.trigger.clone(), request.read);
        tracing::info!(
            controller_path = "/",
            controller_id = &*self.id,
            "starting complete graph evaluation"
        );
        self.set_evaluating(true);
        let span = traces::graph_evaluate(&self.id);
        match span.in_scope(|| self.try_load(request, &mut attempt, begin)) {
            Ok(mut load) => {
                load.reply = Some(reply);
                load.attempt = Some(attempt);
                load.span = span;
                self.loads.push(load);
            }
            Err(error) => {
                self.note_refused();
                self.status.last_successful = false;
                self.status.error = Some(error.to_string().into());
                self.engine.forget_steps();
                self.remember(attempt, Err(&error));
                self.answer(Some(reply), Err(error), begin);
            }
        }
    }

    /// Adds a load that has ended to the history.
    pub(super) fn remember(&mut self, attempt: Attempt, outcome: Result<(), &LoadError>) {
        self.reloads = self.history.add(attempt, self.revision, outcome);
        self.graph_changed = true;
    }

    /// As [`Self::remember`] for a load that was accepted.
    fn remember_end(&mut self, load: &mut LoadInProgress, outcome: Result<(), &LoadError>) {
        let Some(mut attempt) = load.attempt.take() else { return };
        let before = attempt.phases.check + attempt.phases.plan;
        attempt.phases.apply = load.begin.elapsed().saturating_sub(before);
        self.remember(attempt, outcome);
    }

    fn try_load(
        &mut self,
        request: LoadRequest,
        attempt: &mut Attempt,
        begin: Instant,
    ) -> Result<LoadInProgress, LoadError> {
        // A load that overtakes the first one is part of it: until one succeeds, nothing runs.
        let first = !self.status.ready;
        let LoadRequest { sources, module_path, env, mode, .. } = request;
        let looked = self.look(Load { sources, module_path, env }, Look::Load);
        attempt.phases.check = begin.elapsed();
        let (mut pending, findings) = looked?;
        if !findings.is_empty() && (first || mode == ReloadMode::Atomic) {
            if first {
                self.apply_logging_of_pending();
            }
            self.log_findings(&findings);
            self.note_readers(&findings);
            self.engine.rollback();
            let diagnostics = findings.into_iter().map(|(_, f)| *f.diagnostic).collect();
            return Err(LoadError::new(LoadFailure::Rejected, diagnostics));
        }
        for warning in &pending.warnings {
            tracing::warn!(controller_path = "/", controller_id = &*self.id, "{warning}");
        }
        attempt.warnings = pending.warnings.iter().map(Problem::from).collect();
        let plan = self.plan_of(&mut pending, Look::Load);
        self.metrics.planned(&plan);
        attempt.plan = Some(plan);
        attempt.phases.plan = begin.elapsed().saturating_sub(attempt.phases.check);
        if first {
            // All of it ran.
            self.engine.forget_steps();
        } else {
            self.engine.keep_steps();
        }
        let causes = self.causes_of(&pending, &attempt.trigger);
        // Finding lines is no part of the load.
        self.engine.skip_steps();
        let load = self.accept(&pending, first, begin, &attempt.trigger);
        for (id, cause) in causes {
            self.because(id, &cause);
        }
        Ok(load)
    }

    /// Logs each finding at its node, and what is found in a module at the node that runs it too.
    fn log_findings(&self, findings: &[(NodeId, Finding)]) {
        let owner = |id: NodeId| self.engine.node(id).and_then(|info| info.owner);
        for group in findings.chunk_by(|(a, _), (b, _)| owner(*a) == owner(*b)) {
            for (id, finding) in group.iter().filter(|(_, finding)| !finding.logged.is_empty()) {
                self.log_failure(*id, &finding.logged);
            }
            let diagnostics: Vec<_> = group.iter().map(|(_, f)| (*f.diagnostic).clone()).collect();
            let mut at = group.first().and_then(|(id, _)| owner(*id));
            while let Some(id) = at {
                let kind = self.engine.node(id).map(|info| info.kind);
                if let Some(doing) = kind.and_then(doing) {
                    let reason = format!("{doing}: {}", alloy_queries::summary(&diagnostics));
                    self.log_failure(id, &reason);
                }
                at = owner(id);
            }
        }
    }

    /// What speaks against the pending revision: new or changed blocks that don't evaluate although
    /// everything they read is known.
    ///
    /// Custom components and children of `foreach` whose arguments are known are made part of the
    /// revision, and looked at as well.
    pub(super) fn check(&mut self, pending: &mut Pending, look: Look) -> Vec<(NodeId, Finding)> {
        let mut findings = Vec::new();
        let mut foreseen = Foreseen::default();
        self.note_changed_exports(&mut foreseen, &pending.changes);
        // Who reads the exports of a module comes after what is in it.
        let place = |change: &NodeChange| match *change {
            NodeChange::Added(id) | NodeChange::Changed(id) => (false, self.engine.order(id)),
            NodeChange::Removed(_) => (true, Order::new()),
        };
        let is_in_module = |change: &NodeChange| match *change {
            NodeChange::Added(id) | NodeChange::Changed(id) | NodeChange::Removed(id) => {
                self.engine.node(id).is_some_and(|info| info.owner.is_some())
            }
        };
        if pending.changes.iter().any(is_in_module) {
            pending.changes.sort_by_cached_key(place);
        }
        // Arguments of modules that this revision creates.
        let mut known = FxHashSet::default();
        let mut at = 0;
        while let Some(change) = pending.changes.get(at).copied() {
            at += 1;
            let (id, added) = match change {
                NodeChange::Added(id) => (id, true),
                NodeChange::Changed(id) => (id, false),
                NodeChange::Removed(_) => continue,
            };
            // A `foreach` or custom component before it may do without the module that it is in.
            if self.engine.is_removed(id) {
                continue;
            }
            if self.is_beyond(look, id, pending.changes.len()) {
                continue;
            }
            self.foresee_inputs_of(id, &mut foreseen, &known, look);
            // Exports of a component that is not built yet are unknown, which is no error.
            let unknown = |dependency| self.is_unknown(dependency, &foreseen, &known);
            let checked = self.caught(id, || self.engine.precheck(id, unknown));
            let reads_unknown = self.engine.reads_any(id, unknown);
            if self.is_changed_import(id, reads_unknown) {
                self.note_changed_import(&mut foreseen, id);
            }
            if let Err(finding) = checked {
                findings.push((id, finding));
            } else if reads_unknown {
                foreseen.undecided.insert(id);
            } else if !self.is_awaited(id, &foreseen) {
                match self.expand(id, added) {
                    Ok(changes) => {
                        let is_argument = added && self.is_argument(id);
                        known.extend(is_argument.then_some(id));
                        self.note_changed_exports(&mut foreseen, &changes);
                        self.note_withheld(look, id, &changes);
                        pending.changes.splice(at..at, changes);
                    }
                    Err(failures) => findings.extend(failures.into_iter().map(|f| (id, f))),
                }
            }
        }
        // What runs must not see it before the revision is accepted.
        for (id, exports) in foreseen.saved.into_iter().rev() {
            self.engine.set_exports(id, exports);
        }
        pending.changes.retain(|change| match *change {
            NodeChange::Added(id) | NodeChange::Changed(id) => !self.engine.is_removed(id),
            NodeChange::Removed(_) => true,
        });
        findings
    }

    /// True for an import that runs and is to bring something else.
    fn is_changed_import(&self, id: NodeId, reads_unknown: bool) -> bool {
        let Some(node) = self.nodes.get(&id) else { return false };
        let has = |args: ArcArgs| node.delivered.as_ref() == Some(&args);
        matches!(node.role, Role::Import(_))
            && (reads_unknown || !self.evaluate_caught(id).is_ok_and(has))
    }

    /// True if something in this process does what a block of this type says.
    pub(super) fn runs(&self, definition: &'static Definition) -> bool {
        let name = definition.name;
        if definition.kind == DefinitionKind::Component || name.starts_with("import.") {
            return self.components.get(name).is_some_and(|def| def.build.is_some());
        }
        // What modules are made of is the controller's own business, and a block without settings
        // has nothing to apply.
        ["argument", "declare", "export", "foreach"].contains(&name)
            || self.config_blocks.iter().any(|block| block.name() == name)
            || !has_settings(definition)
    }

    /// The lines of a failed first load are shown as its `logging` block asks, if that is in order.
    fn apply_logging_of_pending(&mut self) {
        let id = self.engine.find_block(crate::LOGGING.name);
        let args = match id.map(|id| (id, self.evaluate_caught(id))) {
            // Its receivers don't exist yet: lines in the usual form are better than none.
            Some((id, Err(_))) if self.engine.reads_any(id, |_| true) => None,
            Some((_, Err(_))) => return,
            Some((_, Ok(args))) => Some(args),
            None => None,
        };
        for block in &mut self.config_blocks {
            if block.name() == crate::LOGGING.name
                && let Err(error) = block.apply(args.as_ref())
            {
                tracing::error!(err = %error, "could not update logger");
            }
        }
    }

    /// Makes the pending revision live: removed nodes stop, new and changed ones are evaluated,
    /// what failed or exited gets another try.
    fn accept(
        &mut self,
        pending: &Pending,
        first: bool,
        begin: Instant,
        trigger: &Trigger,
    ) -> LoadInProgress {
        let mut load = LoadInProgress {
            reply: None,
            first,
            open: FxHashSet::default(),
            involved: FxHashSet::default(),
            begin,
            attempt: None,
            span: Span::none(),
            patience: first.then(|| begin + self.options.first_load_patience),
        };
        self.hold_starts |= first;
        self.revision += 1;
        let mut dirty = self.adopt(&pending.changes);
        if !pending.changes.is_empty() {
            self.renumber();
        }
        self.apply_defaults(first);
        let retry = Arc::new(Cause::Retry { by: trigger.as_str() });
        for id in self.second_chances() {
            self.because(id, &retry);
            dirty.push(id);
        }
        for id in dirty {
            load.add(id);
            self.mark(id, None);
        }
        self.graph_changed = true;
        load
    }

    /// Takes over ranks and groups of the new graph.
    fn renumber(&mut self) {
        let dirty = std::mem::take(&mut self.dirty);
        let mut root_group = 0;
        for info in self.engine.nodes() {
            // What a node runs comes right behind it.
            root_group = if info.owner.is_none() { info.group } else { root_group };
            if let Some(node) = self.nodes.get_mut(&info.id) {
                node.order = self.engine.order(info.id);
                node.group = root_group;
            }
        }
        for (_, id) in dirty {
            self.mark(id, None);
        }
        let starts = std::mem::take(&mut self.to_start);
        for (_, id) in starts {
            self.request_start(id);
        }
    }

    /// Restarts what has exited; what failed to build or update is evaluated again.
    fn second_chances(&mut self) -> Vec<NodeId> {
        let ids: Vec<NodeId> = self.engine.nodes().iter().map(|info| info.id).collect();
        let mut again = Vec::new();
        for id in ids {
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            if node.run == Run::Exited {
                node.run = Run::NotStarted;
                self.request_start(id);
                continue;
            }
            if node.failure.as_ref().is_some_and(Failure::is_worth_a_try) {
                again.push(id);
            }
        }
        again
    }

    /// Config blocks that are not in the text get their defaults, once.
    fn apply_defaults(&mut self, first: bool) {
        for block in &mut self.config_blocks {
            let present = self.engine.find_block(block.name()).is_some();
            let was_present = self.blocks_present.contains(block.name());
            if present {
                self.blocks_present.insert(block.name());
                continue;
            }
            self.blocks_present.remove(block.name());
            if (first || was_present)
                && let Err(error) = block.apply(None)
            {
                tracing::error!(block = block.name(), err = %error, "could not apply the defaults");
            }
        }
    }

    /// Nodes that read `node` belong to the loads that `node` belongs to: their values were not
    /// known before.
    pub(super) fn involve_dependents(&mut self, node: NodeId, dependents: &[NodeId]) {
        for load in &mut self.loads {
            if load.open.contains(&node) {
                for &dependent in dependents {
                    load.add(dependent);
                }
            }
        }
    }

    /// Nodes of modules belong to the loads that the node which runs them belongs to.
    pub(super) fn involve_children(&mut self, owner: NodeId, children: &[NodeId]) {
        self.involve_dependents(owner, children);
    }

    /// Span of the load that waits for this node.
    pub(super) fn span_of_load(&self, node: NodeId) -> Option<&Span> {
        self.loads.iter().find(|load| load.open.contains(&node)).map(|load| &load.span)
    }

    /// True while a load waits for this node.
    pub(super) fn is_loading(&self, node: NodeId) -> bool {
        self.loads.iter().any(|load| load.open.contains(&node))
    }

    /// Answers the loads that have come to an end. O(nodes touched since the last call).
    pub(super) fn settle_loads(&mut self) {
        if self.loads.is_empty() {
            return;
        }
        let now = Instant::now();
        for load in &mut self.loads {
            for id in &self.touched {
                if !self.nodes.get(id).is_some_and(|node| node.is_busy()) {
                    load.open.remove(id);
                }
            }
        }
        let has_ended = |load: &mut LoadInProgress| {
            load.open.is_empty() || load.patience.is_some_and(|patience| patience <= now)
        };
        let ended: Vec<_> = self.loads.extract_if(.., has_ended).collect();
        for load in ended {
            self.end_load(load);
        }
        self.set_evaluating(!self.loads.is_empty());
    }

    fn end_load(&mut self, mut load: LoadInProgress) {
        let diagnostics = self.failures_of(&load);
        if load.first && !self.status.ready && !diagnostics.is_empty() {
            let error = LoadError::new(LoadFailure::Rejected, diagnostics);
            self.status.error = Some(error.to_string().into());
            let logging =
                self.engine.find_block(crate::LOGGING.name).and_then(|id| self.nodes.get(&id));
            if logging.is_some_and(|node| node.accepted.is_none()) {
                self.apply_logging_of_pending();
            }
            let mut failed = vec![load];
            failed.append(&mut self.loads);
            self.tear_down();
            for mut load in failed {
                self.remember_end(&mut load, Err(&error));
                self.answer(load.reply.take(), Err(error.clone()), load.begin);
            }
            return;
        }
        if load.first {
            self.hold_starts = false;
            self.status.ready = true;
            load.first = false;
            load.patience = None;
            self.start_ready();
        }
        self.graph_changed = true;
        self.engine.release_replaced();
        self.engine.forget_steps();
        let outcome = if diagnostics.is_empty() {
            Ok(())
        } else {
            Err(LoadError::new(LoadFailure::Applied, diagnostics))
        };
        self.status.last_successful = outcome.is_ok();
        self.status.error = outcome.as_ref().err().map(|error| error.to_string().into());
        self.remember_end(&mut load, outcome.as_ref().copied());
        self.answer(load.reply.take(), outcome, load.begin);
        if !load.open.is_empty() {
            // The first load ran out of patience: it goes on without anybody waiting.
            self.loads.push(load);
        }
    }

    /// Why involved nodes failed, in evaluation order.
    fn failures_of(&self, load: &LoadInProgress) -> Vec<Diagnostic> {
        let nodes = self.engine.nodes().into_iter();
        // What fails in imported content makes the import unhealthy; a load fails once it is used.
        let is_content = |owner: NodeId| {
            self.nodes.get(&owner).is_some_and(|node| matches!(node.role, Role::Import(_)))
        };
        let involved = nodes.filter(|info| load.involved.contains(&info.id));
        let involved = involved.filter(|info| !info.owner.is_some_and(is_content));
        involved
            .flat_map(|info| {
                let node = self.nodes.get(&info.id);
                match node.and_then(|node| Some((node.role, node.failure.as_ref()?))) {
                    None => Vec::new(),
                    Some((_, Failure::Evaluation(diagnostic))) => vec![(**diagnostic).clone()],
                    Some((_, Failure::Module(diagnostics))) => diagnostics.clone(),
                    Some((role, Failure::Refused(reason))) => {
                        vec![self.refusal(info.id, role, reason)]
                    }
                }
            })
            .collect()
    }

    /// True for the block of a service.
    pub(super) fn is_service(&self, id: NodeId) -> bool {
        let info = self.engine.node(id);
        info.is_some_and(|info| info.definition.kind == DefinitionKind::Service)
    }

    /// What a load reports about a node that was refused.
    pub(super) fn refusal(&self, id: NodeId, role: Role, reason: &str) -> Diagnostic {
        let prefix = match role {
            Role::Component(_) | Role::Custom => "Failed to build component",
            _ if self.is_service(id) => "Failed to evaluate service",
            _ => "Failed to evaluate node for config block",
        };
        self.engine.block_diagnostic(id, &format!("{prefix}: {reason}"))
    }

    fn answer(&mut self, reply: Option<Reply>, outcome: Result<(), LoadError>, begin: Instant) {
        let Some(reply) = reply else { return };
        tracing::info!(
            controller_path = "/",
            controller_id = &*self.id,
            duration = %GoDuration::from(begin.elapsed()),
            "finished complete graph evaluation"
        );
        // What the answer says must be visible to whoever receives it.
        self.publish();
        // Whoever asked may have stopped waiting.
        drop(reply.send(outcome));
    }

    /// Undoes a failed first load: builds are cancelled, nothing has run.
    fn tear_down(&mut self) {
        if self.engine.load(Load::default()).is_ok() {
            self.engine.commit();
        }
        let nodes: Vec<Node> = self.nodes.drain().map(|(_, node)| *node).collect();
        self.stop_removed(nodes, BTreeSet::new());
        self.dirty.clear();
        self.to_start.clear();
        self.coalescer.clear();
        self.blocks_present.clear();
        self.module_metrics.clear();
        self.hold_starts = false;
        self.revision = 0;
        self.graph_changed = true;
        self.structure_changed = true;
    }

    /// When the controller must wake up although nothing happens.
    pub(super) fn wake_in(&self) -> Option<Duration> {
        let patience = self.loads.iter().filter_map(|load| load.patience);
        let due = patience.chain(self.coalescer.due()).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    pub(super) fn log_failure(&self, id: NodeId, error: &str) {
        let Some(info) = self.engine.node(id) else { return };
        let (controller_path, controller_id) = labels_of(&info.module_id);
        tracing::error!(
            controller_path,
            controller_id,
            node = &*info.block_id,
            err = error,
            "failed to evaluate config"
        );
    }
}

/// Why a node did not evaluate: for the report and for the log.
pub(super) struct Finding {
    pub(super) diagnostic: Box<Diagnostic>,
    pub(super) logged: String,
}

fn has_settings(definition: &Definition) -> bool {
    definition.args.is_some_and(|(schema, _)| !schema().fields.is_empty())
}
