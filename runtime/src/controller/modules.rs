//! Nodes that run modules: custom components, `foreach`, imports; and what crosses the border of a
//! module: `argument` and `export` (spec/runtime.md §8).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use alloy_component::{ComponentMetrics, MetricsHub, ModuleContent};
use alloy_queries::{
    CustomArgs, Diagnostic, ModuleError, NodeChange, NodeId, NodeKind, Source, attribute,
};
use alloy_value::{ArcArgs, Object, Str, Value, quote};

use super::Controller;
use super::foreach::Foreach;
use super::load::Finding;
use super::node::{Failure, Node, Phase, Role, Run};
use crate::health;
use crate::metrics::ControllerMetrics;

const UPDATING_CUSTOM: &str = "updating custom component";
const UPDATING_CHILD: &str = "updating custom component in foreach";

/// What is done when the module of such a node fails, for its message.
pub(super) fn doing(kind: NodeKind) -> Option<&'static str> {
    match kind {
        NodeKind::Custom => Some(UPDATING_CUSTOM),
        NodeKind::Foreach => Some(UPDATING_CHILD),
        _ => None,
    }
}

impl Controller {
    /// Makes changes of the engine live: new nodes get their state, removed ones stop. Gives the
    /// nodes to evaluate.
    pub(super) fn adopt(&mut self, changes: &[NodeChange]) -> Vec<NodeId> {
        let now = Self::now();
        let mut removed = Vec::new();
        let mut readers = BTreeSet::new();
        let mut dirty = Vec::new();
        // Modules that run and have an `export` block less.
        let mut shrunk = BTreeSet::new();
        for change in changes {
            match *change {
                NodeChange::Added(id) => {
                    self.add_node(id, now);
                    dirty.push(id);
                }
                NodeChange::Changed(id) => dirty.push(id),
                NodeChange::Removed(id) => {
                    self.touched.insert(id);
                    readers.extend(self.engine.dependents(id));
                    self.release_owner(id);
                    let node = self.nodes.remove(&id);
                    if let Some(node) = &node
                        && matches!(node.role, Role::Export)
                    {
                        shrunk.extend(node.owner);
                    }
                    self.has_settled_down(id);
                    if let (Some(turn), Some(node)) = (self.turn(), &node) {
                        turn.retire(&node.name);
                    }
                    removed.extend(node.map(|node| *node));
                }
            }
        }
        self.engine.commit();
        // What a change adds to a module that the same change removes never was.
        dirty.retain(|id| self.nodes.contains_key(id));
        for id in &dirty {
            let flows = self.flows_of(*id);
            if let Some(node) = self.nodes.get_mut(id) {
                node.flows = flows;
            }
        }
        self.structure_changed |= !changes.is_empty();
        self.graph_changed |= !changes.is_empty();
        if !removed.is_empty() {
            let nodes = &self.nodes;
            let is_used = |id: &str| nodes.values().any(|node| *node.cell.info.module_id == *id);
            self.module_metrics.retain(|id, _| is_used(id));
        }
        self.stop_removed(removed, readers);
        shrunk.retain(|owner| self.nodes.contains_key(owner));
        for owner in shrunk {
            self.export_module(owner);
        }
        dirty
    }

    fn add_node(&mut self, id: NodeId, now: std::time::SystemTime) {
        let Some(info) = self.engine.node(id) else { return };
        let (owner, module_id) = (info.owner, Arc::clone(&info.module_id));
        let order = self.engine.order(id);
        let mut owner = owner.and_then(|owner| self.nodes.get_mut(&owner));
        let hides_metrics = owner.as_ref().is_some_and(|owner| owner.hides_metrics);
        let role = Self::role(&self.components, &self.config_blocks, info);
        let mut node = Node::new(info, role, order, hides_metrics, now);
        if let Some(owner) = &mut owner {
            owner.unsettled += 1;
            owner.has_module = true;
            node.holds_owner = true;
            node.group = owner.group;
        }
        if let Some(owner) = node.owner {
            self.unsettle(owner);
        }
        if module_id != self.id
            && !node.hides_metrics
            && !self.module_metrics.contains_key(&module_id)
        {
            let metrics = ControllerMetrics::new(&self.options.services.metrics, &module_id);
            self.module_metrics.insert(module_id, metrics);
        }
        self.touched.insert(id);
        self.nodes.insert(id, Box::new(node));
    }

    /// Takes changes that came up outside of a load, for a node that runs them.
    fn adopt_for(&mut self, owner: NodeId, changes: &[NodeChange]) {
        let dirty = self.adopt(changes);
        self.involve_children(owner, &dirty);
        let cause = self.module_cause(owner);
        for id in dirty {
            self.because(id, &cause);
            self.mark(id, None);
        }
    }

    /// A node has settled or is gone: whoever runs its module may settle as well.
    pub(super) fn release_owner(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        if !std::mem::take(&mut node.holds_owner) {
            return;
        }
        let Some(owner) = node.owner else { return };
        let Some(node) = self.touch(owner) else { return };
        node.unsettled = node.unsettled.saturating_sub(1);
        if node.unsettled == 0 && node.phase == Phase::Building {
            self.settle_modules(owner);
        }
    }

    /// Everything in the modules of a node has settled.
    fn settle_modules(&mut self, id: NodeId) {
        let Some(node) = self.touch(id) else { return };
        if matches!(node.role, Role::Import(_)) && node.component.is_none() {
            // The build has not ended yet.
            return;
        }
        node.phase = Phase::Live;
        let newer = node.pending.take();
        self.request_start(id);
        if let Some(args) = newer {
            self.deliver(id, args);
        }
        self.wake_waiting(id);
    }

    pub(super) fn is_argument(&self, id: NodeId) -> bool {
        self.engine.node(id).is_some_and(|info| info.kind == NodeKind::Argument)
    }

    /// Makes the modules of a node, as far as its arguments are known, part of the pending load.
    pub(super) fn expand(
        &mut self,
        id: NodeId,
        added: bool,
    ) -> Result<Vec<NodeChange>, Vec<Finding>> {
        let Some(kind) = self.engine.node(id).map(|info| info.kind) else { return Ok(Vec::new()) };
        if !matches!(kind, NodeKind::Custom | NodeKind::Foreach | NodeKind::Argument) {
            return Ok(Vec::new());
        }
        let args = self.evaluate_caught(id).map_err(|finding| vec![finding])?;
        let refused = |controller: &Self, role: Role, reason: String| {
            let diagnostic = Box::new(controller.refusal(id, role, &reason));
            vec![Finding { diagnostic, logged: reason }]
        };
        let expanded = match kind {
            NodeKind::Argument => {
                let value = self.engine.argument_value(id, &args);
                let value = value.map_err(|reason| refused(self, Role::Argument, reason))?;
                // What runs must not see it before the revision is accepted.
                if added {
                    self.engine.set_exports(id, Some(argument_exports(value)));
                }
                return Ok(Vec::new());
            }
            NodeKind::Foreach => {
                let foreach = Foreach::new(&args);
                let children =
                    foreach.children().map_err(|reason| refused(self, Role::Foreach, reason))?;
                self.engine.set_children(id, &foreach.variable, &children)
            }
            _ => match args.downcast_ref::<CustomArgs>() {
                Some(args) => self.instantiate(id, args),
                None => Ok(Vec::new()),
            },
        };
        expanded.map_err(|error| match error {
            ModuleError::Missing(reason) => refused(self, Role::Custom, reason),
            ModuleError::Use(reason) => {
                let role = if kind == NodeKind::Custom { Role::Custom } else { Role::Foreach };
                refused(self, role, format!("{UPDATING_CUSTOM}: {reason}"))
            }
            ModuleError::Text(diagnostics) => {
                let doing = doing(kind).unwrap_or_default();
                let mut logged = format!("{doing}: {}", alloy_queries::summary(&diagnostics));
                let finding = |diagnostic: Diagnostic| Finding {
                    logged: std::mem::take(&mut logged),
                    diagnostic: Box::new(diagnostic),
                };
                diagnostics.into_iter().map(finding).collect()
            }
        })
    }

    /// Runs the module of a custom component, unless it needs what doesn't run here.
    fn instantiate(
        &mut self,
        id: NodeId,
        args: &CustomArgs,
    ) -> Result<Vec<NodeChange>, ModuleError> {
        match self.engine.module_cannot_run(id, |definition| self.runs(definition)) {
            Some(denied) => Err(ModuleError::Text(vec![denied])),
            None => self.engine.instantiate(id, args),
        }
    }

    /// Runs the module of a custom component with new arguments.
    pub(super) fn run_module(&mut self, id: NodeId, args: ArcArgs) {
        let Some(custom) = args.downcast_ref::<CustomArgs>() else { return };
        match self.instantiate(id, custom) {
            Ok(changes) => self.modules_changed(id, args, &changes),
            Err(error) => self.refuse_module(id, UPDATING_CUSTOM, error),
        }
    }

    /// True if the children of a `foreach` show no metrics.
    fn hides_metrics(&self, id: NodeId, foreach: &Foreach) -> bool {
        let owner = self.nodes.get(&id).and_then(|node| self.nodes.get(&node.owner?));
        !foreach.enable_metrics || owner.is_some_and(|owner| owner.hides_metrics)
    }

    /// True if the children that a `foreach` has must be replaced, because their metrics come or go.
    pub(super) fn is_toggled(&self, id: NodeId, foreach: &Foreach) -> bool {
        let hides = self.hides_metrics(id, foreach);
        self.nodes.get(&id).is_some_and(|node| node.has_module && node.hides_metrics != hides)
    }

    /// Runs the template of a `foreach` for a new collection.
    pub(super) fn run_children(&mut self, id: NodeId, args: ArcArgs) {
        let foreach = Foreach::new(&args);
        let children = match foreach.children() {
            Ok(children) => children,
            Err(reason) => return self.refused(id, reason),
        };
        let hides = self.hides_metrics(id, &foreach);
        let toggled = self.is_toggled(id, &foreach);
        if let Some(node) = self.nodes.get_mut(&id) {
            node.hides_metrics = hides;
            if toggled && let Ok(changes) = self.engine.set_children(id, &foreach.variable, &[]) {
                self.adopt_for(id, &changes);
            }
        }
        match self.engine.set_children(id, &foreach.variable, &children) {
            Ok(changes) => self.modules_changed(id, args, &changes),
            Err(error) => self.refuse_module(id, UPDATING_CHILD, error),
        }
    }

    fn modules_changed(&mut self, id: NodeId, args: ArcArgs, changes: &[NodeChange]) {
        self.adopt_for(id, changes);
        let now = Self::now();
        let Some(node) = self.touch(id) else { return };
        node.failure = None;
        node.evaluation = health::evaluated(node.role, now);
        node.accepted = Some(args);
        if node.run == Run::Running && matches!(node.role, Role::Foreach) {
            node.run_health = health::children_updated(now);
        }
        node.has_module = true;
        // Who reads the exports of a module that was replaced waits for those of the new one.
        if node.phase != Phase::Live || node.unsettled > 0 {
            node.phase = Phase::Building;
            if node.unsettled == 0 {
                self.settle_modules(id);
            }
        }
        let is_custom = matches!(self.nodes.get(&id).map(|node| node.role), Some(Role::Custom));
        if is_custom && changes.iter().any(|change| matches!(change, NodeChange::Removed(_))) {
            self.export_module(id);
        }
    }

    fn refuse_module(&mut self, id: NodeId, doing: &str, error: ModuleError) {
        match error {
            ModuleError::Missing(reason) => self.refused(id, reason),
            ModuleError::Use(reason) => self.refused(id, format!("{doing}: {reason}")),
            ModuleError::Text(diagnostics) => {
                let reason = format!("{doing}: {}", alloy_queries::summary(&diagnostics));
                self.log_failure(id, &reason);
                self.fail(id, Failure::Module(diagnostics), &reason);
            }
        }
    }

    /// An `argument` block exports what the owner passes, or its default.
    pub(super) fn take_argument(&mut self, id: NodeId, args: ArcArgs) {
        match self.engine.argument_value(id, &args) {
            Ok(value) => {
                self.export(id, Some(argument_exports(value)), Instant::now());
                self.accepted(id, args);
            }
            Err(reason) => self.refused(id, reason),
        }
    }

    /// An `export` block has a new value.
    pub(super) fn export_of_module(&mut self, id: NodeId) {
        if let Some(owner) = self.nodes.get(&id).and_then(|node| node.owner) {
            self.export_module(owner);
        }
    }

    /// The exports of a custom component: what the `export` blocks of its module have.
    fn export_module(&mut self, owner: NodeId) {
        let mut members = BTreeMap::new();
        for child in self.engine.children(owner) {
            let Some(node) = self.nodes.get(&child) else { continue };
            let (Role::Export, Some(args)) = (node.role, &node.accepted) else { continue };
            let label = node.cell.info.label.as_deref().unwrap_or_default();
            members.insert(Str::from(label), attribute(args, "value").unwrap_or_default());
        }
        let exports = (!members.is_empty()).then(|| Value::from(Object::from_iter(members)));
        self.export(owner, exports, Instant::now());
    }

    /// An import has read its source.
    pub(super) fn take_content(&mut self, id: NodeId, value: &Value) {
        let Some(content) = ModuleContent::from_value(value) else { return };
        let file = |(name, text): &(Arc<str>, Arc<str>)| Source {
            name: Arc::clone(name),
            text: Arc::clone(text),
        };
        let files: Vec<Source> = content.files.iter().map(file).collect();
        let now = Self::now();
        let outcome = match self.engine.set_content(id, &files, content.module_path.as_deref()) {
            Ok(pending) => {
                for warning in &pending.warnings {
                    self.log_content(id, warning);
                }
                self.adopt_for(id, &pending.changes);
                if let Some(name) = self.nodes.get(&id).map(|node| Arc::clone(&node.name)) {
                    self.reconsider_users_of(name);
                }
                let users = self.concerned_users(id);
                self.involve_children(id, &users);
                let cause = self.module_cause(id);
                for user in users {
                    self.because(user, &cause);
                    self.mark(user, Some(Instant::now()));
                }
                Ok(())
            }
            Err(rejected) => {
                let source = quote(&content.source);
                let what = if rejected.syntax { "cannot be parsed" } else { "is invalid" };
                let reason = format!("imported content from {source} {what}: {rejected}");
                match rejected.syntax {
                    true => self.log_unparsable(id, rejected.diagnostics),
                    false => self.log_failure(id, &reason),
                }
                Err(reason)
            }
        };
        let is_nested = outcome.is_ok() && !self.engine.children(id).is_empty();
        if let Some(node) = self.touch(id) {
            node.content = Some(Box::new(health::content(outcome, now)));
            if is_nested && node.run == Run::Running {
                node.run_health = health::nested_updated(now);
            }
        }
    }

    /// Users of an import for which its new content makes a difference: what runs is not what they
    /// name, or fails, or needs what doesn't run here.
    fn concerned_users(&self, import: NodeId) -> Vec<NodeId> {
        let outdated = self.engine.outdated_users(import);
        let mut users = self.engine.users(import);
        users.retain(|user| {
            let has_failed = self.nodes.get(user).is_some_and(|node| node.failure.is_some());
            let denied = || self.engine.module_cannot_run(*user, |def| self.runs(def)).is_some();
            outdated.contains(user) || has_failed || denied()
        });
        users
    }

    /// Imported content that is taken although something in it is left out.
    fn log_content(&self, id: NodeId, warning: &alloy_queries::Diagnostic) {
        let Some(info) = self.engine.node(id) else { return };
        let config_path = health::path_of(&info.module_id);
        tracing::error!(config_path, config_id = &*info.block_id, "{warning}");
    }

    /// What an import read is no module. The file in the positions is called as the import is.
    fn log_unparsable(&self, id: NodeId, mut diagnostics: Vec<Diagnostic>) {
        let Some(info) = self.engine.node(id) else { return };
        let file = diagnostics.first().and_then(|first| first.file.clone()).unwrap_or_default();
        let label = info.label.clone().unwrap_or_default();
        for diagnostic in &mut diagnostics {
            diagnostic.file = Some(Arc::clone(&label));
        }
        tracing::error!(
            config_path = if info.module_id.is_empty() { "." } else { &*info.module_id },
            config_id = &*info.block_id,
            file = &*file,
            err = alloy_queries::summary(&diagnostics),
            "failed to parse file on update"
        );
    }

    /// The registry for the metrics of a component or import.
    pub(super) fn registry_of(&self, id: NodeId, hides_metrics: bool) -> ComponentMetrics {
        let labels = match self.engine.node(id) {
            Some(info) => health::component_labels(info.kind, &info.module_id, &info.block_id),
            None => health::component_labels(NodeKind::Component, "", ""),
        };
        let labels = labels.each_ref().map(|(name, value)| (*name, value.as_str()));
        if hides_metrics {
            // Nobody gathers a hub of its own.
            return MetricsHub::new().registry(&labels);
        }
        self.options.services.metrics.registry(&labels)
    }
}

pub(super) fn argument_exports(value: Value) -> Value {
    Value::from(Object::from_iter([(Str::from("value"), value)]))
}
