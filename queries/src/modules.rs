//! Running modules: custom components, elements of a `foreach`, and what imports bring
//! (spec/runtime.md §8).

use std::sync::Arc;

use alloy_syntax::{Diagnostic, Span, summary};
use alloy_value::{ArcArgs, BodyEntry, Object, Value, quote};
use salsa::Setter as _;
use smol_str::SmolStr;

use crate::api::{ForeachChild, NodeChange, NodeId, NodeKind, Pending, Rejected, Source};
use crate::change::Touched;
use crate::custom::CustomArgs;
use crate::inputs::ModuleKind;
use crate::load_check;
use crate::names::{Custom, Target, custom, custom_names, deps, refs};
use crate::rules::codes;
use crate::undo::Undo;
use crate::{Engine, report};

/// Modules that run inside of each other, at most.
const MAX_DEPTH: u32 = 64;

/// Why a module cannot run.
#[derive(Clone, Debug)]
pub enum ModuleError {
    /// What is wrong with the text of the module.
    Text(Vec<Diagnostic>),
    /// What is wrong with its use.
    Use(String),
    /// There is no such module.
    Missing(String),
}

impl std::fmt::Display for ModuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(diagnostics) => f.write_str(&summary(diagnostics)),
            Self::Use(message) | Self::Missing(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for ModuleError {}

impl Engine {
    /// Runs the module of a custom component with these arguments, or hands new arguments to the
    /// one that runs. Gives the nodes to evaluate; removed ones last.
    ///
    /// While a load is pending this is part of it; otherwise it is final. On errors nothing has
    /// changed.
    pub fn instantiate(
        &mut self,
        id: NodeId,
        args: &CustomArgs,
    ) -> Result<Vec<NodeChange>, ModuleError> {
        let Some(node) = self.store.resolve(id) else { return Ok(Vec::new()) };
        let (module, outer) = self.template(node)?;
        self.check_arguments(module, &args.values)?;
        let current = self.child(node);
        let fits = |at: &u32| {
            let slot = &self.store.instances[*at];
            slot.module == module && slot.outer == Some(outer)
        };
        if let Some(instance) = current.filter(fits) {
            return Ok(self.transaction(|engine| engine.pass_arguments(instance, &args.values)));
        }
        self.check_module(module)?;
        self.check_depth(node)?;
        let module_id = self.node(id).map(crate::NodeInfo::global_id).unwrap_or_default();
        Ok(self.transaction(|engine| {
            let mut touched = Touched::default();
            if let Some(old) = current {
                engine.remove_instance(old, &mut touched);
            }
            let mut changes = engine.add_child(
                node,
                module,
                outer,
                ("".into(), module_id, None),
                Arc::clone(&args.values),
                &mut touched,
            );
            changes.extend(engine.removals(&touched));
            changes
        }))
    }

    /// Runs the template of a `foreach` once per child. Children that exist keep running; a changed
    /// element reaches what reads it. Gives the nodes to evaluate; removed ones last. As for
    /// [`Engine::instantiate`], on errors nothing has changed.
    pub fn set_children(
        &mut self,
        id: NodeId,
        variable: &str,
        children: &[ForeachChild],
    ) -> Result<Vec<NodeChange>, ModuleError> {
        let Some(node) = self.store.resolve(id) else { return Ok(Vec::new()) };
        let slot = &self.store.nodes[node];
        let Some(module) = self.store.blocks[slot.block].body else { return Ok(Vec::new()) };
        let outer = slot.instance;
        self.check_module(module)?;
        self.check_depth(node)?;
        let parent_id = self.node(id).map(crate::NodeInfo::global_id).unwrap_or_default();
        Ok(self.transaction(|engine| {
            let mut touched = Touched::default();
            let mut changes = Vec::new();
            let old: Vec<u32> = engine.live_children(node);
            let key_of = |engine: &Self, at: u32| Arc::clone(&engine.store.instances[at].key);
            let existing: rustc_hash::FxHashMap<Arc<str>, u32> =
                old.iter().map(|at| (key_of(engine, *at), *at)).collect();
            let mut kept = std::collections::BTreeSet::new();
            for child in children {
                let binding = Some((SmolStr::new(variable), child.value.clone()));
                if let Some(&instance) = existing.get(&child.key) {
                    kept.insert(instance);
                    changes.extend(engine.bind(instance, binding));
                } else {
                    let module_id = format!("{parent_id}/{}", child.key).into();
                    changes.extend(engine.add_child(
                        node,
                        module,
                        outer,
                        (Arc::clone(&child.key), module_id, binding),
                        Arc::default(),
                        &mut touched,
                    ));
                }
            }
            for instance in old.into_iter().filter(|at| !kept.contains(at)) {
                engine.remove_instance(instance, &mut touched);
            }
            changes.extend(engine.removals(&touched));
            changes
        }))
    }

    /// Takes what an import block brings: files that may hold `declare` and import blocks. The
    /// change is pending like a load; without a `module_path` they have that of the block. Users of the namespace whose type differs now are told by
    /// [`Engine::outdated_users`] after the commit.
    pub fn set_content(
        &mut self,
        id: NodeId,
        files: &[Source],
        module_path: Option<&str>,
    ) -> Result<Pending, Rejected> {
        self.rollback();
        let rejected = |message: String| Rejected {
            diagnostics: vec![Diagnostic::error(Span::None, message)],
            syntax: false,
        };
        let Some(node) = self.store.resolve(id) else { return Ok(Pending::default()) };
        self.check_depth(node).map_err(|error| rejected(error.to_string()))?;
        let module_id = self.node(id).map(crate::NodeInfo::global_id).unwrap_or_default();
        self.undo = Some(Undo::default());
        let (instance, module) = match self.child(node) {
            Some(instance) => (instance, self.store.instances[instance].module),
            None => {
                let module = self.store.add_module(&mut self.db, ModuleKind::Import, None);
                let instance = self.store.add_instance(
                    &mut self.db,
                    module,
                    Some(node),
                    None,
                    "".into(),
                    module_id,
                    None,
                );
                if let Some(undo) = &mut self.undo {
                    undo.creates_module(module);
                    undo.creates_instance(instance);
                }
                (instance, module)
            }
        };
        let input = self.store.instances[instance].instance;
        let module_path: Arc<str> = match module_path {
            Some(path) => path.into(),
            None => self.module_path(self.store.nodes[node].instance),
        };
        let mut touched = Touched::default();
        let old = input.module_path(&self.db);
        if old != module_path {
            if let Some(undo) = &mut self.undo {
                undo.save_path(instance, old);
            }
            input.set_module_path(&mut self.db).to(module_path);
            touched.surroundings = true;
        }
        self.apply_files(module, files, &mut touched);
        self.finish_change(touched)
    }

    /// Custom components whose type an import brings, where what runs is not that type any more or
    /// nothing runs yet. O(nodes).
    pub fn outdated_users(&self, import: NodeId) -> Vec<NodeId> {
        let is_outdated = |id: NodeId| {
            let Some(node) = self.store.resolve(id) else { return false };
            let wanted = self.template(node).ok();
            let running = self.child(node).map(|at| {
                let slot = &self.store.instances[at];
                (slot.module, slot.outer.unwrap_or(u32::MAX))
            });
            wanted.is_none() || wanted != running
        };
        self.users(import).into_iter().filter(|id| is_outdated(*id)).collect()
    }

    /// Custom components whose type an import brings. O(nodes).
    pub fn users(&self, import: NodeId) -> Vec<NodeId> {
        let Some(import) = self.store.resolve(import) else { return Vec::new() };
        let users = self.nodes().into_iter().filter(|info| info.kind == NodeKind::Custom);
        let is_its = |id: &NodeId| {
            self.store.resolve(*id).is_some_and(|node| self.import_of(node) == Some(import))
        };
        users.map(|info| info.id).filter(is_its).collect()
    }

    /// The value that an `argument` block has: what the owner of the module passes, else the
    /// default. `args` are those of the block.
    pub fn argument_value(&self, id: NodeId, args: &ArcArgs) -> Result<Value, String> {
        let Some(node) = self.store.resolve(id) else { return Ok(Value::Null) };
        let slot = &self.store.nodes[node];
        let label = self.store.blocks[slot.block].key.label.as_deref().unwrap_or_default();
        if let Some(value) = self.store.instances[slot.instance].arguments.get(label) {
            return Ok(value.clone());
        }
        if !matches!(attribute(args, "optional"), Some(Value::Bool(true))) {
            return Err(format!("missing required argument {} to module", quote(label)));
        }
        Ok(attribute(args, "default").unwrap_or_default())
    }

    /// The nodes of the modules that a node runs, in the order of evaluation.
    pub fn children(&self, id: NodeId) -> Vec<NodeId> {
        let Some(node) = self.store.resolve(id) else { return Vec::new() };
        let children = self.live_children(node).into_iter();
        children
            .flat_map(|at| self.store.instances[at].view.nodes.iter().map(|info| info.id))
            .collect()
    }

    /// The `module_path` that an instance sees.
    fn module_path(&self, instance: u32) -> Arc<str> {
        let mut at = instance;
        while let Some(outer) = self.store.instances[at].outer {
            at = outer;
        }
        self.store.instances[at].instance.module_path(&self.db)
    }

    // --- Templates ----------------------------------------------------------------------------

    fn live_children(&self, node: u32) -> Vec<u32> {
        let children = self.store.nodes[node].children.iter().copied();
        children.filter(|at| !self.is_gone(*at)).collect()
    }

    /// The module that a custom component or import runs.
    fn child(&self, node: u32) -> Option<u32> {
        self.live_children(node).first().copied()
    }

    fn custom_of(&self, node: u32) -> Option<Custom> {
        let block = &self.store.blocks[self.store.nodes[node].block];
        custom(&self.db, self.store.modules[block.module].module, &block.key.name)
    }

    /// The import node that the type of a custom component comes from.
    fn import_of(&self, node: u32) -> Option<u32> {
        let Custom::Imported { import, up, .. } = self.custom_of(node)? else { return None };
        let outer = self.store.outer_instance(self.store.nodes[node].instance, up)?;
        self.store.node_of(&self.db, outer, self.store.of_block(import))
    }

    /// The local id of the block whose content `module` is; `None` for other modules.
    pub(crate) fn importer(&self, module: u32) -> Option<&str> {
        let instance = self.live_instances(module).into_iter().next()?;
        let node = self.store.instances[instance].owner?;
        let id = self.store.id(node);
        self.node(id).map(|info| &*info.block_id)
    }

    /// The module that a custom component is to run, and the instance that its `declare` is in.
    fn template(&self, node: u32) -> Result<(u32, u32), ModuleError> {
        let slot = &self.store.nodes[node];
        let name = &self.store.blocks[slot.block].key.name;
        let found = match self.custom_of(node) {
            Some(Custom::Declared { declare, up }) => {
                let outer = self.store.outer_instance(slot.instance, up);
                let module = self.store.blocks[self.store.of_block(declare)].body;
                module.zip(outer)
            }
            Some(Custom::Imported { name, .. }) => self.import_of(node).and_then(|import| {
                let content = self.child(import)?;
                let module = self.store.modules[self.store.instances[content].module].module;
                let declare = custom_names(&self.db, module).declares.get(&name)?;
                Some((self.store.blocks[self.store.of_block(*declare)].body?, content))
            }),
            Some(Custom::Missing) | None => None,
        };
        found.ok_or_else(|| {
            let (namespace, name) = name.split_once('.').unwrap_or(("", name));
            ModuleError::Missing(format!(
                "loading custom component controller: custom component config not found in the \
                 registry, namespace: {}, componentName: {}",
                quote(namespace),
                quote(name)
            ))
        })
    }

    /// The module that a custom component is to run, if it is known.
    pub(crate) fn template_module(&self, id: NodeId) -> Option<u32> {
        self.template(self.store.resolve(id)?).ok().map(|(module, _)| module)
    }

    /// Looks at the blocks of a module that is about to run, once per load.
    fn check_module(&mut self, module: u32) -> Result<(), ModuleError> {
        if self.known_good.contains(&module) {
            return Ok(());
        }
        let found = load_check::module_findings(self, module);
        if found.iter().any(report::is_error) {
            return Err(ModuleError::Text(found));
        }
        self.known_good.insert(module);
        Ok(())
    }

    fn check_depth(&self, node: u32) -> Result<(), ModuleError> {
        let slot = &self.store.nodes[node];
        if self.store.instances[slot.instance].depth < MAX_DEPTH {
            return Ok(());
        }
        Err(ModuleError::Use(format!(
            "modules run inside of each other more than {MAX_DEPTH} levels deep; look for a module \
             that imports itself"
        )))
    }

    fn check_arguments(&self, module: u32, values: &Object) -> Result<(), ModuleError> {
        let blocks = &self.store.modules[module].blocks;
        let is_declared = |name: &str| {
            blocks.iter().any(|block| {
                let key = &self.store.blocks[*block].key;
                &*key.name == "argument" && key.label.as_deref() == Some(name)
            })
        };
        for name in values.members.keys() {
            let name = name.to_lossy();
            if !is_declared(&name) {
                let name = quote(&name);
                let message = format!("Provided argument {name} is not defined in the module");
                // Without a position (spec/runtime.md §3.3).
                let found = Diagnostic::error(Span::None, message);
                return Err(ModuleError::Text(vec![found.with_code(codes::UNKNOWN_ATTRIBUTE)]));
            }
        }
        Ok(())
    }

    // --- Writing ------------------------------------------------------------------------------

    /// Writes as part of the pending load, or at once.
    fn transaction(&mut self, write: impl FnOnce(&mut Self) -> Vec<NodeChange>) -> Vec<NodeChange> {
        let alone = self.undo.is_none();
        if alone {
            self.undo = Some(Undo::default());
        }
        let changes = write(self);
        if alone && changes.iter().all(|change| !matches!(change, NodeChange::Removed(_))) {
            self.commit();
        }
        // Removed nodes stay readable until whoever asked has committed.
        changes
    }

    fn add_child(
        &mut self,
        node: u32,
        module: u32,
        outer: u32,
        (key, id, variable): (Arc<str>, Arc<str>, Option<(SmolStr, Value)>),
        arguments: Arc<Object>,
        touched: &mut Touched,
    ) -> Vec<NodeChange> {
        let (store, db) = (&mut self.store, &mut self.db);
        let instance = store.add_instance(db, module, Some(node), Some(outer), key, id, variable);
        store.instances[instance].arguments = arguments;
        if let Some(undo) = &mut self.undo {
            undo.creates_instance(instance);
        }
        self.fill_instance(instance, touched)
    }

    /// New arguments for a running module. Gives the `argument` nodes that have another value.
    fn pass_arguments(&mut self, instance: u32, values: &Arc<Object>) -> Vec<NodeChange> {
        let slot = &mut self.store.instances[instance];
        let old = std::mem::replace(&mut slot.arguments, Arc::clone(values));
        let differs = |name: &str| match (old.get(name), values.get(name)) {
            (Some(old), Some(new)) => !old.identical(new),
            (None, None) => false,
            _ => true,
        };
        let changed = slot.view.nodes.iter().filter(|info| {
            info.kind == NodeKind::Argument && info.label.as_deref().is_some_and(differs)
        });
        let changes = changed.map(|info| NodeChange::Changed(info.id)).collect();
        if let Some(undo) = &mut self.undo {
            undo.save_arguments(instance, old);
        }
        changes
    }

    /// Gives a child of a `foreach` its element. Gives the nodes that read it.
    fn bind(&mut self, instance: u32, binding: Option<(SmolStr, Value)>) -> Vec<NodeChange> {
        let input = self.store.instances[instance].instance;
        let old = input.variable(&self.db).clone();
        let same = match (&old, &binding) {
            (Some((a, old)), Some((b, new))) => a == b && old.identical(new),
            _ => false,
        };
        if same {
            return Vec::new();
        }
        input.set_variable(&mut self.db).to(binding);
        if let Some(undo) = &mut self.undo {
            undo.save_variable(instance, old);
        }
        let mut readers = Vec::new();
        let mut open = vec![instance];
        while let Some(at) = open.pop() {
            for info in &self.store.instances[at].view.nodes {
                let Some(node) = self.store.resolve(info.id) else { continue };
                if self.reads_variables(node) {
                    readers.push((self.order(info.id), info.id));
                }
                // Only what is inside of a template sees the variable.
                if info.kind == NodeKind::Foreach {
                    open.extend(self.live_children(node));
                }
            }
        }
        readers.sort_by(|(a, _), (b, _)| a.cmp(b));
        readers.into_iter().map(|(_, id)| NodeChange::Changed(id)).collect()
    }

    fn reads_variables(&self, node: u32) -> bool {
        let block = self.store.blocks[self.store.nodes[node].block].block;
        let references = refs(&self.db, block).iter().zip(&deps(&self.db, block).targets);
        references.into_iter().any(|(reference, target)| {
            *target == Target::Variable
                && reference.path.first().is_none_or(|name| name != "module_path")
        })
    }
}

/// An attribute of arguments, by name.
pub fn attribute(args: &ArcArgs, wanted: &str) -> Option<Value> {
    args.encode().entries.into_iter().find_map(|entry| match entry {
        BodyEntry::Attribute { name, value } if &*name == wanted => Some(value),
        _ => None,
    })
}
