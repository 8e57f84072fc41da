//! What a pending revision does, found out before it is accepted or undone.
//!
//! [`Controller::look`] and [`Controller::plan_of`] are all that decides it, for loads and for dry
//! runs: so a plan and the entry of the load that follows it agree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_queries::{Diagnostic, Load, NodeChange, NodeId, NodeKind, Order, Pending};
use alloy_value::{ArcArgs, Object, Str, Value};
use rustc_hash::FxHashSet;

use super::Controller;
use super::foreach::Foreach;
use super::load::Finding;
use super::modules::argument_exports;
use super::node::Phase;
use crate::error::{LoadError, LoadFailure};
use crate::plan::{Action, Change, Plan, Planned, arguments_diff, diff};
use crate::{LoadRequest, ReloadMode};

/// Memory that the diffs of one plan take, at most.
const MAX_DIFF_BYTES: usize = 1024 * 1024;
/// Nodes that a dry run may create or change: what the text of a client can make of itself.
const MAX_DRY_NODES: usize = 250_000;

/// How far a revision may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Whoever asks may see whatever this process can.
    Own,
    /// It is about to be loaded. All of it is checked, but its plan goes to the history, which has
    /// the readers of [`Look::Dry`], and says what that of a dry run does.
    Load,
    /// It comes from whoever may read reports but not the environment and the secrets of the
    /// process: what could tell those is not evaluated. With a text of one's own choice, each answer
    /// could tell a bit of any variable.
    Dry,
}

/// What the arguments of a node that exists turn out to be.
enum Verdict {
    /// What it has.
    Same,
    /// Others.
    Other(ArcArgs),
    /// Not known before this revision runs, because of this.
    Unknown(String),
    /// They don't evaluate: it keeps what it has.
    Fails,
}

impl Controller {
    /// Says what a configuration would do if it was loaded now. Nothing changes.
    pub(super) fn dry_run(
        &mut self,
        request: LoadRequest,
        look: Look,
    ) -> Result<Planned, LoadError> {
        let LoadRequest { mut sources, module_path, env, mode, .. } = request;
        let given: Vec<Arc<str>> = sources.iter().map(|source| Arc::clone(&source.name)).collect();
        self.engine.adopt_names(&mut sources);
        let names: Vec<_> =
            sources.iter().map(|source| Arc::clone(&source.name)).zip(given).collect();
        let outcome = self.dry_load(Load { sources, module_path, env }, mode, look);
        self.engine.release_replaced();
        self.engine.forget_steps();
        // Whoever asks knows the files by the names that were given.
        match outcome {
            Ok(mut planned) => {
                rename(&mut planned.diagnostics, &names);
                Ok(planned)
            }
            Err(mut error) => {
                rename(&mut error.diagnostics, &names);
                Err(error)
            }
        }
    }

    fn dry_load(&mut self, load: Load, mode: ReloadMode, look: Look) -> Result<Planned, LoadError> {
        let atomic = mode == ReloadMode::Atomic || !self.status.ready;
        let (mut pending, findings) = self.look(load, look)?;
        let diagnostics: Vec<_> = findings.into_iter().map(|(_, f)| *f.diagnostic).collect();
        let outcome = if !diagnostics.is_empty() && atomic {
            Err(LoadError::new(LoadFailure::Rejected, diagnostics))
        } else {
            let plan = self.plan_of(&mut pending, look);
            let warnings = std::mem::take(&mut pending.warnings);
            Ok(Planned { plan, diagnostics: diagnostics.into_iter().chain(warnings).collect() })
        };
        self.engine.rollback();
        outcome
    }

    /// Says what `new` would do to what `old` describes. Nothing is built, so nothing is known of
    /// what components export.
    pub(crate) fn plan_offline(
        mut self,
        old: LoadRequest,
        new: LoadRequest,
    ) -> Result<Result<Planned, LoadError>, LoadError> {
        let LoadRequest { sources, module_path, env, .. } = old;
        let mut pending = self
            .engine
            .load(Load { sources, module_path, env })
            .map_err(|rejected| LoadError::new(LoadFailure::Rejected, rejected.diagnostics))?;
        // What does not evaluate runs nowhere; the new configuration may put it right.
        let _wrong_anyway = self.check(&mut pending, Look::Own);
        self.adopt(&pending.changes);
        let ids: Vec<NodeId> = self.engine.nodes().iter().map(|info| info.id).collect();
        for id in ids {
            let is_known = |dependency: &NodeId| {
                self.is_argument(*dependency) && self.engine.exports(*dependency).is_some()
            };
            let info = self.engine.node(id);
            if info.is_some_and(|info| info.dependencies.iter().all(is_known))
                && let Ok(args) = self.evaluate_caught(id)
                && let Some(node) = self.nodes.get_mut(&id)
            {
                node.accepted = Some(args);
            }
        }
        self.status.ready = true;
        Ok(self.dry_run(new, Look::Own))
    }

    /// Makes a configuration pending, with everything in it that is known, and finds what speaks
    /// against it. Fails, with nothing pending, on what no reload mode accepts.
    pub(super) fn look(
        &mut self,
        load: Load,
        look: Look,
    ) -> Result<(Pending, Vec<(NodeId, Finding)>), LoadError> {
        self.withheld.clear();
        let module_path = load.module_path.clone();
        let mut pending = self.engine.load(load).map_err(|rejected| {
            let failure = if rejected.syntax {
                LoadFailure::Read { path: String::new(), reason: String::new() }
            } else {
                LoadFailure::Rejected
            };
            LoadError::new(failure, rejected.diagnostics)
        })?;
        let imported = match (look, self.options.importer.as_deref()) {
            (Look::Own | Look::Load, Some(importer)) => {
                let runs = |definition| self.runs(definition);
                self.engine.cannot_run_with_imports(&module_path, importer, runs)
            }
            // Whoever asks for a plan need not be allowed to read files.
            _ => None,
        };
        let own = || self.engine.cannot_run(|definition| self.runs(definition));
        if let Some(diagnostic) = imported.or_else(own) {
            self.engine.rollback();
            return Err(LoadError::new(LoadFailure::Rejected, vec![diagnostic]));
        }
        let findings = self.check(&mut pending, look);
        if look == Look::Dry && pending.changes.len() > MAX_DRY_NODES {
            self.engine.rollback();
            let message = format!(
                "the configuration changes more than the {MAX_DRY_NODES} components that a plan shows"
            );
            let diagnostic = Diagnostic::error(alloy_syntax::Span::None, message);
            return Err(LoadError::new(LoadFailure::Rejected, vec![diagnostic]));
        }
        Ok((pending, findings))
    }

    /// True if looking further into a dry run makes no sense or is not safe.
    pub(super) fn is_beyond(&self, look: Look, id: NodeId, changes: usize) -> bool {
        look == Look::Dry && (changes > MAX_DRY_NODES || self.engine.is_revealing(id))
    }

    /// True if what a node evaluates to is no business of who reads the plan.
    fn is_withheld(&self, look: Look, id: NodeId, changes: usize) -> bool {
        self.is_beyond(look, id, changes) || look == Look::Load && self.engine.is_revealing(id)
    }

    /// What comes of the modules of a node is told as little as its arguments are.
    pub(super) fn note_withheld(&mut self, look: Look, id: NodeId, changes: &[NodeChange]) {
        if self.withheld.contains(&id) || self.is_withheld(look, id, 0) {
            let id_of = |change: &NodeChange| match *change {
                NodeChange::Added(id) | NodeChange::Changed(id) | NodeChange::Removed(id) => id,
            };
            self.withheld.extend(changes.iter().map(id_of));
        }
    }

    /// What the pending revision does. Modules whose arguments only follow from it become part of
    /// it on the way.
    pub(super) fn plan_of(&mut self, pending: &mut Pending, look: Look) -> Plan {
        let mut simulation = Simulation::new(pending, look);
        simulation.run(self, pending);
        let plan = simulation.plan(self, pending);
        for (id, exports) in simulation.saved.into_iter().rev() {
            self.engine.set_exports(id, exports);
        }
        plan
    }
}

fn rename(diagnostics: &mut [Diagnostic], names: &[(Arc<str>, Arc<str>)]) {
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter_mut().map(|related| &mut related.file);
        for file in related.chain([&mut diagnostic.file]).flatten() {
            if let Some((_, given)) = names.iter().find(|(name, _)| name == file) {
                *file = Arc::clone(given);
            }
        }
    }
}

/// Evaluates what changes in the order in which the controller would, and follows what the borders
/// of modules hand on. Components export what they export now.
struct Simulation {
    look: Look,
    queue: BTreeSet<(Order, NodeId)>,
    added: BTreeSet<NodeId>,
    removed: BTreeSet<NodeId>,
    verdicts: BTreeMap<NodeId, Verdict>,
    /// Arguments and custom components whose exports are known only once the revision runs.
    unsure: FxHashSet<NodeId>,
    /// Exports as they were.
    saved: Vec<(NodeId, Option<Value>)>,
    /// Each `foreach` whose children are all replaced.
    toggled: Vec<NodeId>,
}

impl Simulation {
    fn new(pending: &Pending, look: Look) -> Self {
        let mut simulation = Self {
            look,
            queue: BTreeSet::new(),
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
            verdicts: BTreeMap::new(),
            unsure: FxHashSet::default(),
            saved: Vec::new(),
            toggled: Vec::new(),
        };
        for change in &pending.changes {
            match *change {
                NodeChange::Added(id) => drop(simulation.added.insert(id)),
                NodeChange::Removed(id) => drop(simulation.removed.insert(id)),
                NodeChange::Changed(_) => {}
            }
        }
        simulation
    }

    fn run(&mut self, controller: &mut Controller, pending: &mut Pending) {
        let mut owners = BTreeSet::new();
        for change in pending.changes.clone() {
            match change {
                NodeChange::Added(id) | NodeChange::Changed(id) | NodeChange::Removed(id)
                    if controller.withheld.contains(&id) => {}
                NodeChange::Changed(id) => self.ask(controller, id),
                NodeChange::Added(id) | NodeChange::Removed(id) => {
                    let info = controller.engine.node(id);
                    if let Some(info) = info.filter(|info| info.kind == NodeKind::Export) {
                        owners.extend(info.owner.filter(|owner| !self.is_new_or_gone(*owner)));
                    }
                }
            }
        }
        for owner in owners {
            self.export_of_module(controller, owner);
        }
        while let Some((_, id)) = self.queue.pop_first() {
            if !self.is_new_or_gone(id) {
                self.visit(controller, pending, id);
            }
        }
    }

    fn is_new_or_gone(&self, id: NodeId) -> bool {
        self.added.contains(&id) || self.removed.contains(&id)
    }

    fn ask(&mut self, controller: &Controller, id: NodeId) {
        self.queue.insert((controller.engine.order(id), id));
    }

    fn ask_dependents(&mut self, controller: &Controller, id: NodeId) {
        for dependent in controller.engine.dependents(id) {
            self.ask(controller, dependent);
        }
    }

    /// True if what a node will export is not known.
    fn is_unknown(&self, controller: &Controller, id: NodeId) -> bool {
        if self.unsure.contains(&id) {
            return true;
        }
        let is_live = controller.nodes.get(&id).is_some_and(|node| node.phase == Phase::Live);
        let is_known_argument =
            || controller.is_argument(id) && controller.engine.exports(id).is_some();
        !is_live && !is_known_argument()
    }

    fn visit(&mut self, controller: &mut Controller, pending: &mut Pending, id: NodeId) {
        let Some(info) = controller.engine.node(id) else { return };
        let (kind, owner) = (info.kind, info.owner);
        let unknown: Vec<Arc<str>> = info
            .dependencies
            .iter()
            .filter(|dependency| self.is_unknown(controller, **dependency))
            .filter_map(|dependency| Some(controller.engine.node(*dependency)?.global_id()))
            .collect();
        let reason = if !unknown.is_empty() {
            let (them, run) = if unknown.len() == 1 { ("it", "runs") } else { ("they", "run") };
            Some(format!("reads {}; known once {them} {run}", unknown.join(", ")))
        } else if controller.is_withheld(self.look, id, pending.changes.len()) {
            Some(
                "reads the environment or the text of a secret; not evaluated for a plan"
                    .to_owned(),
            )
        } else {
            None
        };
        if let Some(reason) = reason {
            self.verdicts.insert(id, Verdict::Unknown(reason));
            return self.spread_doubt(controller, id, kind, owner);
        }
        let Ok(args) = controller.evaluate_caught(id) else {
            self.verdicts.insert(id, Verdict::Fails);
            return;
        };
        match kind {
            NodeKind::Argument => {
                if let Ok(value) = controller.engine.argument_value(id, &args) {
                    self.export(controller, id, Some(argument_exports(value)));
                }
            }
            NodeKind::Export => {
                if let Some(owner) = owner {
                    self.export_of_module(controller, owner);
                }
            }
            NodeKind::Custom | NodeKind::Foreach => {
                if kind == NodeKind::Foreach && controller.is_toggled(id, &Foreach::new(&args)) {
                    self.toggled.push(id);
                }
                self.expand(controller, pending, id);
                self.judge(controller, id, args);
            }
            NodeKind::Component | NodeKind::Block | NodeKind::Import => {
                self.judge(controller, id, args);
            }
        }
    }

    fn judge(&mut self, controller: &Controller, id: NodeId, args: ArcArgs) {
        let node = controller.nodes.get(&id);
        let has = node.and_then(|node| node.delivered.as_ref().or(node.accepted.as_ref()));
        let verdict = if has == Some(&args) { Verdict::Same } else { Verdict::Other(args) };
        self.verdicts.insert(id, verdict);
    }

    /// The arguments of a node are not known, so what crosses the border of a module because of them
    /// is not either.
    fn spread_doubt(
        &mut self,
        controller: &Controller,
        id: NodeId,
        kind: NodeKind,
        owner: Option<NodeId>,
    ) {
        let doubtful: Vec<NodeId> = match kind {
            NodeKind::Argument => vec![id],
            NodeKind::Export => owner.into_iter().collect(),
            NodeKind::Custom => {
                let children = controller.engine.children(id).into_iter();
                children.filter(|child| controller.is_argument(*child)).collect()
            }
            _ => Vec::new(),
        };
        for id in doubtful {
            if self.unsure.insert(id) {
                self.ask_dependents(controller, id);
            }
        }
    }

    fn expand(&mut self, controller: &mut Controller, pending: &mut Pending, id: NodeId) {
        let Ok(changes) = controller.expand(id, false) else { return };
        for change in &changes {
            match *change {
                NodeChange::Added(id) => drop(self.added.insert(id)),
                NodeChange::Removed(id) => drop(self.removed.insert(id)),
                NodeChange::Changed(id) => self.ask(controller, id),
            }
        }
        pending.changes.extend(changes);
    }

    fn export(&mut self, controller: &mut Controller, id: NodeId, exports: Option<Value>) {
        let old = controller.engine.exports(id);
        if controller.engine.set_exports(id, exports) {
            self.saved.push((id, old));
            self.ask_dependents(controller, id);
        }
    }

    /// A custom component exports what the `export` blocks of its module have.
    fn export_of_module(&mut self, controller: &mut Controller, owner: NodeId) {
        let mut members = BTreeMap::new();
        for child in controller.engine.children(owner) {
            let Some(info) = controller.engine.node(child) else { continue };
            if info.kind != NodeKind::Export {
                continue;
            }
            let label = Str::from(info.label.as_deref().unwrap_or_default());
            let is_unknown = |id: &NodeId| self.is_unknown(controller, *id);
            if info.dependencies.iter().any(is_unknown)
                || controller.is_withheld(self.look, child, 0)
            {
                if self.unsure.insert(owner) {
                    self.ask_dependents(controller, owner);
                }
                return;
            }
            let Ok(args) = controller.evaluate_caught(child) else { return };
            members.insert(label, alloy_queries::attribute(&args, "value").unwrap_or_default());
        }
        let exports = (!members.is_empty()).then(|| Value::from(Object::from_iter(members)));
        self.export(controller, owner, exports);
    }

    // --- The result ---------------------------------------------------------------------------

    fn plan(&self, controller: &Controller, pending: &Pending) -> Plan {
        let engine = &controller.engine;
        let is_shown = |id: NodeId| {
            let info = engine.node(id).filter(|_| !controller.withheld.contains(&id))?;
            let is_border = matches!(info.kind, NodeKind::Argument | NodeKind::Export);
            (!is_border).then(|| info.global_id())
        };
        let mut plan = Plan::default();
        let mut gone: BTreeMap<Arc<str>, NodeId> = BTreeMap::new();
        let mut order = Vec::new();
        for change in &pending.changes {
            if let NodeChange::Removed(id) = *change
                && let Some(name) = is_shown(id)
            {
                gone.insert(Arc::clone(&name), id);
                order.push(name);
            }
        }
        // Children of a `foreach` stand at the same place: their ids tell them apart.
        let mut listed: BTreeMap<(Order, Arc<str>), Change> = BTreeMap::new();
        for &id in &self.added {
            let Some(name) = is_shown(id).filter(|_| !self.removed.contains(&id)) else { continue };
            let old = gone.remove(&name);
            let (action, reason) = match old {
                Some(old) => (Action::Recreated, Some(self.why_recreated(controller, old, id))),
                None => (Action::Created, None),
            };
            let at = (engine.order(id), Arc::clone(&name));
            listed.insert(at, Change { action, id: name, reason, diff: None });
        }
        let mut updated: BTreeMap<(Order, Arc<str>), (NodeId, &Verdict)> = BTreeMap::new();
        for (&id, verdict) in &self.verdicts {
            let is_other = matches!(verdict, Verdict::Other(_) | Verdict::Unknown(_));
            if is_other
                && !self.is_new_or_gone(id)
                && let Some(name) = is_shown(id)
            {
                updated.insert((engine.order(id), name), (id, verdict));
            }
        }
        let mut diff_bytes = 0;
        for ((order, name), (id, verdict)) in updated {
            let mut change = self.update(controller, id, name, verdict, &mut plan);
            if let Some(text) = &change.diff {
                diff_bytes += text.len();
                if diff_bytes > MAX_DIFF_BYTES {
                    change.diff = None;
                    plan.diffs_omitted += 1;
                }
            }
            listed.insert((order, Arc::clone(&change.id)), change);
        }
        let mut nodes = 0;
        for info in engine.nodes() {
            let is_border = matches!(info.kind, NodeKind::Argument | NodeKind::Export);
            // What is withheld is new, or goes on as far as the plan tells.
            if is_border || controller.withheld.contains(&info.id) && self.added.contains(&info.id)
            {
                continue;
            }
            nodes += 1;
            if self.is_toggled_away(controller, info.id) {
                let change = Change {
                    action: Action::Recreated,
                    id: info.global_id(),
                    reason: Some("enable_metrics of the foreach has changed".to_owned()),
                    diff: None,
                };
                listed.insert((engine.order(info.id), Arc::clone(&change.id)), change);
            }
        }
        let stays = |id: &&NodeId| {
            let kind = engine.node(**id).map(|info| info.kind);
            controller.withheld.contains(*id)
                && kind.is_some_and(|k| !matches!(k, NodeKind::Argument | NodeKind::Export))
        };
        nodes += self.removed.iter().filter(stays).count();
        plan.changes = listed.into_values().collect();
        plan.counts.untouched = nodes - plan.changes.len();
        let removed = order.into_iter().filter(|name| gone.contains_key(name));
        plan.changes.extend(removed.map(|id| Change {
            action: Action::Removed,
            id,
            reason: None,
            diff: None,
        }));
        for change in &plan.changes {
            *match change.action {
                Action::Created => &mut plan.counts.created,
                Action::Updated => &mut plan.counts.updated,
                Action::Recreated => &mut plan.counts.recreated,
                Action::Removed => &mut plan.counts.removed,
            } += 1;
        }
        plan
    }

    /// An existing node gets new arguments.
    fn update(
        &self,
        controller: &Controller,
        id: NodeId,
        name: Arc<str>,
        verdict: &Verdict,
        plan: &mut Plan,
    ) -> Change {
        let node = controller.nodes.get(&id);
        let has = node.and_then(|node| node.delivered.as_ref().or(node.accepted.as_ref()));
        let (reason, compared) = match (verdict, has) {
            (Verdict::Other(args), Some(has)) => {
                (None, Some(arguments_diff(&has.encode(), &args.encode())))
            }
            (Verdict::Unknown(reason), _) => {
                let texts = controller.engine.block_texts(id);
                (Some(reason.clone()), texts.map(|texts| diff(&texts.old, &texts.new)))
            }
            _ => (Some("had no arguments that it accepted".to_owned()), None),
        };
        // Texts that are too long to be compared count as left out.
        plan.diffs_omitted += usize::from(matches!(compared, Some(None)));
        let diff = compared.flatten().filter(|diff| !diff.is_empty());
        Change { action: Action::Updated, id: name, reason, diff }
    }

    /// True for an old node in a `foreach` that replaces all its children.
    fn is_toggled_away(&self, controller: &Controller, id: NodeId) -> bool {
        if self.toggled.is_empty() || self.is_new_or_gone(id) {
            return false;
        }
        let mut owner = controller.engine.node(id).and_then(|info| info.owner);
        while let Some(at) = owner {
            if self.toggled.contains(&at) {
                return true;
            }
            owner = controller.engine.node(at).and_then(|info| info.owner);
        }
        false
    }

    fn why_recreated(&self, controller: &Controller, old: NodeId, new: NodeId) -> String {
        let engine = &controller.engine;
        let (Some(was), Some(is)) = (engine.node(old), engine.node(new)) else {
            return String::new();
        };
        if was.kind != is.kind {
            return match is.kind {
                NodeKind::Custom => "its type is declared in the configuration now",
                _ => "its type is not declared in the configuration any more",
            }
            .to_owned();
        }
        if let Some(owner) = is.owner {
            let is_whole = was.owner == is.owner;
            let owner = engine.node(owner).map(|info| info.global_id()).unwrap_or_default();
            return if is_whole && self.moved(controller, old, new).is_none() {
                format!("{owner} runs another module")
            } else {
                self.moved(controller, old, new).unwrap_or_else(|| format!("{owner} is recreated"))
            };
        }
        self.moved(controller, old, new).unwrap_or_else(|| "its block is another one".to_owned())
    }

    fn moved(&self, controller: &Controller, old: NodeId, new: NodeId) -> Option<String> {
        let (from, to) = (controller.engine.file_of(old)?, controller.engine.file_of(new)?);
        (from != to).then(|| format!("its block has moved from {from} to {to}"))
    }
}
