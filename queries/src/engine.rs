//! The one door to the database: loads, exports and evaluation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_value::{ArcArgs, Registry, Value};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use salsa::{Durability, Setter as _};

use crate::api::{
    EvalError, HostFacts, Load, NodeId, NodeInfo, NodeKind, Options, Order, Pending, Rejected,
    Source,
};
use crate::change::Touched;
use crate::db::{Database, EventLog};
use crate::evaluated::{evaluated, precheck};
use crate::imports::{Importer, Imports};
use crate::inputs::{Host, ModuleKind, Node};
use crate::report::{Reporter, constants};
use crate::steps::{StepLog, Steps};
use crate::store::{ROOT, Store};
use crate::undo::Undo;
use crate::{full_check, report};

/// What [`Engine::check_with_imports`] looks at.
#[derive(Debug)]
pub struct CheckInput<'a> {
    /// The files of the root.
    pub sources: Vec<Source>,
    /// The `module_path` variable of the root.
    pub module_path: &'a str,
    /// Reads what imports bring; without one they are not followed.
    pub importer: Option<&'a dyn Importer>,
}

/// What [`Engine::check_with_imports`] finds.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// What is wrong; errors only where it is in imported files.
    pub diagnostics: Vec<alloy_syntax::Diagnostic>,
    /// Files that imports brought, each once for each module that it is read for.
    pub imported: Vec<Source>,
}

/// The configuration as a database: text, environment and exports in, arguments out.
///
/// One thread owns it. A load is a transaction: it is refused as a whole, or it is pending until
/// [`Engine::commit`] or [`Engine::rollback`].
pub struct Engine {
    pub(crate) db: Database,
    pub(crate) store: Store,
    /// Readers of nodes further out, for the nodes that are read.
    pub(crate) outer_readers: FxHashMap<NodeId, Vec<NodeId>>,
    /// Modules whose blocks have been looked at since the last load.
    pub(crate) known_good: BTreeSet<u32>,
    /// Those of them in which nothing is that does not run.
    pub(crate) known_to_run: Mutex<BTreeSet<u32>>,
    pub(crate) undo: Option<Undo>,
    pub(crate) steps: Steps,
    log: EventLog,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("instances", &self.store.instances.used())
            .field("nodes", &self.store.nodes.used())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine without configuration.
    pub fn new(registry: &'static Registry, host: HostFacts, options: Options) -> Self {
        Self::build(registry, host, options, (ModuleKind::Root, ""), None, None)
    }

    /// As [`Engine::new`], but remembers which queries ran for which node: see
    /// [`Engine::take_steps`].
    pub fn tracing(registry: &'static Registry, host: HostFacts, options: Options) -> Self {
        let steps = Some(StepLog::default());
        Self::build(registry, host, options, (ModuleKind::Root, ""), None, steps)
    }

    /// As [`Engine::tracing`]; its root is itself the module `id`: it has no blocks that are about
    /// the process, such as `logging` and `http`.
    pub fn guest(registry: &'static Registry, host: HostFacts, options: Options, id: &str) -> Self {
        let steps = Some(StepLog::default());
        Self::build(registry, host, options, (ModuleKind::Guest, id), None, steps)
    }

    /// As [`Engine::new`], but remembers which queries run. For tests and benches.
    #[doc(hidden)]
    pub fn recording(registry: &'static Registry, host: HostFacts, options: Options) -> Self {
        let log = Some(EventLog::default());
        Self::build(registry, host, options, (ModuleKind::Root, ""), log, None)
    }

    fn build(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        (kind, id): (ModuleKind, &str),
        log: Option<EventLog>,
        steps: Option<StepLog>,
    ) -> Self {
        let mut db = Database::new(registry, log.clone(), steps.clone());
        let host = Host::builder(constants(&host), options.stability, options.community)
            .durability(Durability::NEVER_CHANGE)
            .new(&db);
        db.set_host(host);
        let mut store = Store::default();
        let module = store.add_module(&mut db, kind, None);
        store.add_instance(&mut db, module, None, None, "".into(), id.into(), None);
        Self {
            db,
            store,
            outer_readers: FxHashMap::default(),
            known_good: BTreeSet::new(),
            known_to_run: Mutex::default(),
            undo: None,
            steps: Steps::new(steps),
            log: log.unwrap_or_else(|| Arc::new(Mutex::new(Vec::new()))),
        }
    }

    /// Takes a new root configuration. What is equal to the running one is not touched.
    ///
    /// Fails on syntax, names, references and cycles, and then nothing has changed. Otherwise the
    /// load is pending: ask [`Engine::evaluate`] what it wants to know, then commit or roll back. A
    /// load that is still pending is rolled back first.
    pub fn load(&mut self, load: Load) -> Result<Pending, Rejected> {
        self.rollback();
        self.undo = Some(Undo::default());
        let Load { sources, module_path, env } = load;
        let mut touched = Touched::default();
        self.apply_files(ROOT, &sources, &mut touched);
        touched.surroundings = self.set_surroundings(Arc::from(module_path), Arc::new(env));
        self.finish_change(touched)
    }

    /// Makes the pending load final. The ids of removed nodes are void.
    pub fn commit(&mut self) {
        if let Some(undo) = self.undo.take() {
            undo.commit(&mut self.db, &mut self.store);
        }
    }

    /// Undoes the pending load. The ids of added nodes are void.
    pub fn rollback(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        self.known_good.clear();
        self.known_to_run.get_mut().clear();
        for (instance, view) in undo.views() {
            self.replace_view(instance, view);
        }
        if let Some((path, env)) = undo.surroundings() {
            self.set_surroundings(path, env);
        }
        undo.rollback(&mut self.db, &mut self.store);
    }

    /// Nodes of the pending configuration if there is one, else of the running one, in the order of
    /// evaluation: the nodes of a module behind the node that runs it. O(nodes).
    pub fn nodes(&self) -> Vec<&NodeInfo> {
        let mut nodes = Vec::with_capacity(self.store.nodes.used());
        // Instances under way, with the node to look at next.
        let mut path = vec![(ROOT, 0_usize)];
        while let Some((instance, at)) = path.pop() {
            let Some(info) = self.store.instances[instance].view.nodes.get(at) else { continue };
            nodes.push(info);
            path.push((instance, at + 1));
            let children = self.store.resolve(info.id).map(|node| &self.store.nodes[node].children);
            let live = children.into_iter().flatten().rev();
            path.extend(live.filter(|child| !self.is_gone(**child)).map(|child| (*child, 0)));
        }
        nodes
    }

    pub(crate) fn is_gone(&self, instance: u32) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.removes_instance(instance))
    }

    /// True if the pending load removes the node; also one that it would have added.
    pub fn is_removed(&self, id: NodeId) -> bool {
        let node = self.store.resolve(id);
        node.is_none_or(|node| self.undo.as_ref().is_some_and(|undo| undo.removes_node(node)))
    }

    /// A node; also one that the pending load adds or removes.
    pub fn node(&self, id: NodeId) -> Option<&NodeInfo> {
        let node = self.store.resolve(id)?;
        let instance = self.store.nodes[node].instance;
        let old = || self.undo.as_ref().and_then(|undo| undo.old_view(instance)?.get(id));
        self.store.instances[instance].view.get(id).or_else(old)
    }

    /// The node of the block with this id (`prometheus.scrape.api`) in the root.
    pub fn find(&self, block_id: &str) -> Option<NodeId> {
        self.store.instances[ROOT].view.by_block_id.get(block_id).copied()
    }

    /// The config block of this type in the root, whatever its label. O(nodes of the root).
    pub fn find_block(&self, name: &str) -> Option<NodeId> {
        let is_it = |info: &&NodeInfo| info.kind == NodeKind::Block && info.definition.name == name;
        let labelled = || self.store.instances[ROOT].view.nodes.iter().find(is_it);
        self.find(name).or_else(|| labelled().map(|info| info.id))
    }

    /// Where a node stands in the order of evaluation. O(depth).
    pub fn order(&self, id: NodeId) -> Order {
        let mut order = Order::new();
        let mut at = self.node(id);
        while let Some(info) = at {
            order.insert(0, info.position);
            at = info.owner.and_then(|owner| self.node(owner));
        }
        order
    }

    /// Nodes that read a node, of its own module and of modules that see it. O(result).
    pub fn dependents(&self, id: NodeId) -> Vec<NodeId> {
        let own = self.node(id).map(|info| &*info.dependents).unwrap_or_default();
        let inner = self.outer_readers.get(&id).map(Vec::as_slice).unwrap_or_default();
        [own, inner].concat()
    }

    /// Arguments of a node. Memoized: as long as nothing that it reads changes, the answer is the
    /// same allocation; after a change compare with `==`.
    pub fn evaluate(&self, id: NodeId) -> Result<ArcArgs, EvalError> {
        let Some(node) = self.store.resolve(id) else { return Err(EvalError::gone()) };
        match evaluated(&self.db, self.store.nodes[node].node) {
            Ok(args) => Ok(args.clone()),
            Err(fault) => Err(Reporter::new(self).eval_error(id, fault)),
        }
    }

    /// Replaces what a node exports. False if that is what it exports already (compared by pointer,
    /// then by value) or the id is void; otherwise its dependents have to be evaluated.
    pub fn set_exports(&mut self, id: NodeId, exports: Option<Value>) -> bool {
        let Some(node) = self.store.resolve(id) else { return false };
        let node = self.store.nodes[node].node;
        let equal = match (node.exports(&self.db), &exports) {
            (None, None) => true,
            (Some(old), Some(new)) => old.identical(new),
            _ => false,
        };
        if !equal {
            node.set_exports(&mut self.db).to(exports);
        }
        !equal
    }

    /// What a node exports.
    pub fn exports(&self, id: NodeId) -> Option<Value> {
        self.store.nodes[self.store.resolve(id)?].node.exports(&self.db).clone()
    }

    /// What is wrong with a node whatever the nodes that are `unknown` export, for example because
    /// the pending load creates them. For nodes that read none of those it is what
    /// [`Engine::evaluate`] says.
    pub fn precheck(&self, id: NodeId, unknown: impl Fn(NodeId) -> bool) -> Result<(), EvalError> {
        let Some(node) = self.store.resolve(id) else { return Err(EvalError::gone()) };
        if !self.reads_any(id, &unknown) {
            return self.evaluate(id).map(drop);
        }
        let id_of = |node: Node| {
            let (instance, block) = node.place(&self.db)?;
            let instance = self.store.of_instance(instance);
            let at = self.store.node_of(&self.db, instance, self.store.of_block(block))?;
            Some(self.store.id(at))
        };
        let node = self.store.nodes[node].node;
        precheck(&self.db, node, |node| id_of(node).is_some_and(&unknown))
            .map_err(|fault| Reporter::new(self).eval_error(id, &fault))
    }

    /// True if a direct dependency of the node is `unknown`, for example because the pending load
    /// creates it: then its value says nothing yet.
    pub fn reads_any(&self, id: NodeId, unknown: impl Fn(NodeId) -> bool) -> bool {
        self.node(id).is_some_and(|info| info.dependencies.iter().any(|id| unknown(*id)))
    }

    /// Everything that can be said about a configuration without running it, for `alloy check`: in
    /// the order of spec/language.md §17.2, without what only follows from other findings. Imports
    /// are not followed.
    pub fn check(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        sources: Vec<Source>,
    ) -> Vec<alloy_syntax::Diagnostic> {
        let input = CheckInput { sources, module_path: "", importer: None };
        Self::check_with_imports(registry, host, options, input).diagnostics
    }

    /// As [`Engine::check`], with what import blocks bring.
    pub fn check_with_imports(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        input: CheckInput<'_>,
    ) -> CheckReport {
        let mut engine = Self::with_files(registry, host, options, &input.sources);
        let imports = match input.importer {
            Some(importer) => engine.follow_imports(input.module_path, importer),
            None => Imports::default(),
        };
        let diagnostics = full_check::diagnostics(&engine, full_check::Style::Ours, &imports);
        let files = imports.brought.into_iter().filter(|brought| !brought.inline);
        CheckReport { diagnostics, imported: files.flat_map(|brought| brought.files).collect() }
    }

    /// What the reference says about a configuration without running it, for `alloy validate`.
    pub fn validate(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        sources: Vec<Source>,
    ) -> Vec<alloy_syntax::Diagnostic> {
        let engine = Self::with_files(registry, host, options, &sources);
        full_check::diagnostics(&engine, full_check::Style::Reference, &Imports::default())
    }

    pub(crate) fn with_files(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        sources: &[Source],
    ) -> Self {
        let mut engine = Self::new(registry, host, options);
        engine.undo = Some(Undo::default());
        engine.apply_files(ROOT, sources, &mut Touched::default());
        engine
    }

    /// Names of the queries that ran since the last call, as `query(key)`. Empty unless the engine
    /// records.
    #[doc(hidden)]
    pub fn executed(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock())
    }

    /// Numbers of inputs that the engine holds, for tests of leaks.
    #[doc(hidden)]
    pub fn inputs(&self) -> [usize; 5] {
        let store = &self.store;
        [
            store.items.len(),
            store.blocks.len(),
            store.modules.len(),
            store.instances.len(),
            store.nodes.len(),
        ]
    }

    /// Numbers and bytes of what the database holds by the name of the input or query, for tests of
    /// leaks. Bytes are those that salsa knows of: fields and dependencies.
    #[doc(hidden)]
    pub fn memory(&mut self) -> BTreeMap<&'static str, (usize, usize)> {
        let info = <dyn salsa::Database>::memory_usage(&mut self.db);
        let structs = info.structs.iter().map(|of| (of.debug_name(), of));
        // `queries` is a hash map, but what is made of it has an order.
        let queries = info.queries.iter().map(|(name, of)| (*name, of));
        let sizes = structs
            .chain(queries)
            .map(|(name, of)| (name, (of.count(), of.size_of_fields() + of.size_of_metadata())));
        sizes.collect()
    }

    /// Sets `module_path` and the environment; true if one of them differs.
    fn set_surroundings(&mut self, path: Arc<str>, env: Arc<BTreeMap<String, String>>) -> bool {
        let root = self.store.instances[ROOT].instance;
        let old_path = root.module_path(&self.db);
        let environment = Arc::clone(&self.db.environment);
        if let Some(undo) = &mut self.undo {
            undo.save_surroundings(Arc::clone(&old_path), Arc::clone(&environment.lock().snapshot));
        }
        let mut differs = false;
        if old_path != path {
            root.set_module_path(&mut self.db).to(path);
            differs = true;
        }
        let stale: Vec<_> = {
            let mut environment = environment.lock();
            if *environment.snapshot == *env {
                return differs;
            }
            environment.snapshot = Arc::clone(&env);
            environment.vars.iter().map(|(name, var)| (*var, env.get(&**name).cloned())).collect()
        };
        for (var, value) in stale {
            if var.value(&self.db).as_deref() != value.as_deref() {
                var.set_value(&mut self.db).to(value.map(Arc::from));
            }
        }
        true
    }

    /// Looks at a change that has been written, and makes it pending or undoes it.
    pub(crate) fn finish_change(&mut self, mut touched: Touched) -> Result<Pending, Rejected> {
        self.known_good.clear();
        self.known_to_run.get_mut().clear();
        let diagnostics = self.findings(&mut touched);
        if diagnostics.iter().any(report::is_error) {
            let new: Vec<u32> = touched.items().collect();
            let syntax = !Reporter::new(self).syntax(&new).is_empty();
            self.rollback();
            return Err(Rejected { diagnostics, syntax });
        }
        let changes = self.changes(&mut touched);
        Ok(Pending { changes, surroundings: touched.read_surroundings, warnings: diagnostics })
    }
}
