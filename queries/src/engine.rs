//! The one door to the database: loads, exports and evaluation.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_value::{ArcArgs, Registry, Value};
use parking_lot::Mutex;
use salsa::{Durability, Setter as _};

use crate::api::{
    EvalError, HostFacts, Load, NodeChange, NodeId, NodeInfo, Options, Pending, Rejected, Source,
};
use crate::db::{Database, EventLog};
use crate::evaluated::{evaluated, precheck};
use crate::inputs::{Host, Instance, Module, Node, SourceFile};
use crate::names::{deps, refs};
use crate::queries::block_hir;
use crate::report::{Reporter, constants};
use crate::store::{FileDiff, FileState, Planned, Seen, Slots, diff};
use crate::view::View;
use crate::{check, report};

/// The configuration as a database: text, environment and exports in, arguments out.
///
/// One thread owns it. A load is a transaction: it is refused as a whole, or it is pending until
/// [`Engine::commit`] or [`Engine::rollback`].
pub struct Engine {
    pub(crate) db: Database,
    pub(crate) slots: Slots,
    pub(crate) files: Vec<FileState>,
    pub(crate) module: Module,
    root: Instance,
    view: Arc<View>,
    undo: Option<Undo>,
    log: EventLog,
}

/// Everything that a pending load replaced.
struct Undo {
    files: Vec<FileState>,
    removed_files: Vec<SourceFile>,
    view: Arc<View>,
    created: Vec<u32>,
    removed: Vec<u32>,
    texts: Vec<(u32, Arc<str>)>,
    seen: Vec<(u32, Seen)>,
    module_path: Arc<str>,
    env: Arc<BTreeMap<String, String>>,
}

/// What a change touched.
#[derive(Default)]
struct Touched {
    created: Vec<u32>,
    retexted: Vec<u32>,
    removed: Vec<u32>,
    /// True if blocks came, went or moved.
    structure: bool,
    /// True if the environment or `module_path` differ.
    surroundings: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("files", &self.files.len())
            .field("nodes", &self.view.nodes.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine without configuration.
    pub fn new(registry: &'static Registry, host: HostFacts, options: Options) -> Self {
        Self::build(registry, host, options, None)
    }

    /// As [`Engine::new`], but remembers which queries run. For tests and benches.
    #[doc(hidden)]
    pub fn recording(registry: &'static Registry, host: HostFacts, options: Options) -> Self {
        Self::build(registry, host, options, Some(EventLog::default()))
    }

    fn build(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        log: Option<EventLog>,
    ) -> Self {
        let mut db = Database::new(registry, log.clone());
        let host = Host::builder(constants(&host), options.stability, options.community)
            .durability(Durability::NEVER_CHANGE)
            .new(&db);
        db.set_host(host);
        let module =
            Module::builder(Arc::from([]), Arc::from([])).durability(Durability::HIGH).new(&db);
        let root = Instance::builder(module, Arc::from("")).durability(Durability::MEDIUM).new(&db);
        Self {
            db,
            slots: Slots::default(),
            files: Vec::new(),
            module,
            root,
            view: Arc::default(),
            undo: None,
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
        let touched = self.apply(load);
        let (structure, diagnostics) = self.findings(&touched);
        if diagnostics.iter().any(report::is_error) {
            let new: Vec<u32> = touched.created.iter().chain(&touched.retexted).copied().collect();
            let syntax = !Reporter::new(self).syntax(&new).is_empty();
            self.rollback();
            return Err(Rejected { diagnostics, syntax });
        }
        if structure {
            self.view = Arc::new(View::build(&self.db, &self.slots, self.module));
        }
        let changes = self.changes(&touched, structure);
        Ok(Pending { changes, warnings: diagnostics })
    }

    /// Makes the pending load final. The ids of removed nodes are void.
    pub fn commit(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        for slot in undo.removed {
            self.slots.free(&mut self.db, slot);
        }
        for file in undo.removed_files {
            file.set_items(&mut self.db).to(Arc::from([]));
        }
    }

    /// Undoes the pending load. The ids of added nodes are void.
    pub fn rollback(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        let db = &mut self.db;
        for (slot, text) in undo.texts {
            let slot = self.slots.get_mut(slot);
            slot.item.set_text(db).to(Arc::clone(&text));
            slot.text = text;
        }
        for (slot, seen) in undo.seen {
            self.slots.get_mut(slot).seen = seen;
        }
        for slot in undo.created {
            self.slots.free(db, slot);
        }
        self.set_structure(undo.files);
        self.set_surroundings(undo.module_path, undo.env);
        self.view = undo.view;
    }

    /// Nodes of the pending configuration if there is one, else of the running one; by rank, then
    /// in source order.
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.view.nodes
    }

    /// A node; also one that the pending load adds or removes.
    pub fn node(&self, id: NodeId) -> Option<&NodeInfo> {
        let old = self.undo.as_ref().map(|undo| &undo.view);
        self.view.get(id).or_else(|| old?.get(id))
    }

    /// The node of the block with this id (`prometheus.scrape.api`).
    pub fn find(&self, block_id: &str) -> Option<NodeId> {
        self.view.by_block_id.get(block_id).copied()
    }

    /// Arguments of a node. Memoized: as long as nothing that it reads changes, the answer is the
    /// same allocation; after a change compare with `==`.
    pub fn evaluate(&self, id: NodeId) -> Result<ArcArgs, EvalError> {
        let Some(slot) = self.slots.resolve(id) else { return Err(EvalError::gone()) };
        match evaluated(&self.db, slot.node) {
            Ok(args) => Ok(args.clone()),
            Err(fault) => Err(Reporter::new(self).eval_error(id, fault)),
        }
    }

    /// Replaces what a node exports. False if that is what it exports already (compared by pointer,
    /// then by value) or the id is void; otherwise its dependents have to be evaluated.
    pub fn set_exports(&mut self, id: NodeId, exports: Option<Value>) -> bool {
        let Some(slot) = self.slots.resolve(id) else { return false };
        let node = slot.node;
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
        self.slots.resolve(id)?.node.exports(&self.db).clone()
    }

    /// What is wrong with a node whatever the nodes that are `unknown` export, for example because
    /// the pending load creates them. For nodes that read none of those it is what
    /// [`Engine::evaluate`] says.
    pub fn precheck(&self, id: NodeId, unknown: impl Fn(NodeId) -> bool) -> Result<(), EvalError> {
        let Some(slot) = self.slots.resolve(id) else { return Err(EvalError::gone()) };
        if !self.reads_any(id, &unknown) {
            return self.evaluate(id).map(drop);
        }
        let id_of = |node: Node| {
            let (_, block) = node.place(&self.db)?;
            self.slots.of_block(block).map(|slot| self.slots.id(slot))
        };
        precheck(&self.db, slot.node, |node| id_of(node).is_some_and(&unknown))
            .map_err(|fault| Reporter::new(self).eval_error(id, &fault))
    }

    /// True if a direct dependency of the node is `unknown`, for example because the pending load
    /// creates it: then its value says nothing yet.
    pub fn reads_any(&self, id: NodeId, unknown: impl Fn(NodeId) -> bool) -> bool {
        self.node(id).is_some_and(|info| info.dependencies.iter().any(|id| unknown(*id)))
    }

    /// Everything that can be said about a configuration without running it, for `alloy check` and
    /// `alloy validate`, in the order of spec/language.md §17.2.
    pub fn check(
        registry: &'static Registry,
        host: HostFacts,
        options: Options,
        sources: Vec<Source>,
    ) -> Vec<alloy_syntax::Diagnostic> {
        let mut engine = Self::new(registry, host, options);
        engine.apply(Load { sources, ..Load::default() });
        check::diagnostics(&engine)
    }

    /// Names of the queries that ran since the last call, as `query(key)`. Empty unless the engine
    /// records.
    #[doc(hidden)]
    pub fn executed(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock())
    }

    // --- Writing ------------------------------------------------------------------------------

    /// Writes a load into the inputs, comparing before setting.
    fn apply(&mut self, load: Load) -> Touched {
        let mut touched = Touched::default();
        let mut undo = Undo {
            files: self.files.clone(),
            removed_files: Vec::new(),
            view: Arc::clone(&self.view),
            created: Vec::new(),
            removed: Vec::new(),
            texts: Vec::new(),
            seen: Vec::new(),
            module_path: self.root.module_path(&self.db),
            env: Arc::clone(&self.db.environment.lock().snapshot),
        };
        let mut files = Vec::with_capacity(load.sources.len());
        for source in &load.sources {
            let old = undo.files.iter().find(|file| file.name == source.name).cloned();
            let file = match old {
                Some(old) => self.update_file(old, &source.text, &mut touched, &mut undo),
                None => {
                    let input = SourceFile::builder(Arc::clone(&source.name), Arc::from([]))
                        .durability(Durability::HIGH)
                        .new(&self.db);
                    let new =
                        FileState { input, name: Arc::clone(&source.name), items: Arc::from([]) };
                    self.update_file(new, &source.text, &mut touched, &mut undo)
                }
            };
            files.push(file);
        }
        for old in &undo.files {
            if !files.iter().any(|file| file.input == old.input) {
                touched.removed.extend(old.items.iter());
                undo.removed_files.push(old.input);
            }
        }
        let same_files = files.len() == undo.files.len()
            && files.iter().zip(&undo.files).all(|(a, b)| a.input == b.input);
        touched.structure |= !same_files;
        undo.created.clone_from(&touched.created);
        undo.removed.clone_from(&touched.removed);
        if touched.structure {
            self.set_structure(files);
        }
        touched.surroundings =
            self.set_surroundings(Arc::from(load.module_path.as_str()), Arc::new(load.env));
        self.undo = Some(undo);
        touched
    }

    fn update_file(
        &mut self,
        old: FileState,
        text: &str,
        touched: &mut Touched,
        undo: &mut Undo,
    ) -> FileState {
        let FileDiff { items, removed, changed, reordered } = diff(&old.items, &self.slots, text);
        if !changed {
            return old;
        }
        touched.removed.extend(removed);
        touched.structure |= reordered;
        let mut slots = Vec::with_capacity(items.len());
        for item in items {
            slots.push(match item {
                Planned::Keep(slot) => slot,
                Planned::Retext(at, text) => {
                    let slot = self.slots.get_mut(at);
                    slot.item.set_text(&mut self.db).to(Arc::clone(&text));
                    undo.texts.push((at, std::mem::replace(&mut slot.text, text)));
                    touched.retexted.push(at);
                    at
                }
                Planned::New(key, text) => {
                    let slot = self.slots.take(&mut self.db, self.root, old.input, key, text);
                    touched.created.push(slot);
                    slot
                }
            });
        }
        FileState { items: slots.into(), ..old }
    }

    /// Sets which files there are and which items and blocks they have.
    fn set_structure(&mut self, files: Vec<FileState>) {
        for file in &files {
            let items: Arc<[_]> =
                file.items.iter().map(|slot| self.slots.get(*slot).item).collect();
            if file.input.items(&self.db) != items {
                file.input.set_items(&mut self.db).to(items);
            }
        }
        let inputs: Arc<[_]> = files.iter().map(|file| file.input).collect();
        if self.module.files(&self.db) != inputs {
            self.module.set_files(&mut self.db).to(inputs);
        }
        let blocks: Arc<[_]> = files
            .iter()
            .flat_map(|file| file.items.iter())
            .map(|slot| self.slots.get(*slot))
            .filter(|slot| slot.is_block())
            .map(|slot| slot.block)
            .collect();
        if self.module.blocks(&self.db) != blocks {
            self.module.set_blocks(&mut self.db).to(blocks);
        }
        self.files = files;
    }

    /// Sets `module_path` and the environment; true if one of them differs.
    fn set_surroundings(&mut self, path: Arc<str>, env: Arc<BTreeMap<String, String>>) -> bool {
        let mut differs = false;
        if self.root.module_path(&self.db) != path {
            self.root.set_module_path(&mut self.db).to(path);
            differs = true;
        }
        let environment = Arc::clone(&self.db.environment);
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

    // --- Reading ------------------------------------------------------------------------------

    /// Errors and warnings that the change brings, and whether edges between blocks may differ.
    fn findings(&mut self, touched: &Touched) -> (bool, Vec<alloy_syntax::Diagnostic>) {
        let new: Vec<u32> = touched.created.iter().chain(&touched.retexted).copied().collect();
        let broken = Reporter::new(self).syntax(&new);
        if !broken.is_empty() {
            return (false, broken);
        }
        let db = &self.db;
        let blocks = |slots: &Slots, at: &u32| slots.get(*at).is_block();
        let rewired = new.iter().filter(|at| blocks(&self.slots, at)).any(|at| {
            let slot = self.slots.get(*at);
            let deps = deps(db, slot.block);
            !same(&slot.seen.deps, &Some(Arc::clone(deps)))
        });
        let structure = touched.structure || rewired;
        let found = check::load_findings(self, &new, structure);
        (structure, found)
    }

    /// Compares what nodes are made of with what the last load saw.
    fn changes(&mut self, touched: &Touched, structure: bool) -> Vec<NodeChange> {
        let mut dirty: Vec<(usize, NodeChange)> = Vec::new();
        let created: rustc_hash::FxHashSet<u32> = touched.created.iter().copied().collect();
        let all: Vec<u32>;
        let candidates = if structure || touched.surroundings {
            all = self.view.nodes.iter().map(|info| info.id.slot).collect();
            &all
        } else {
            &touched.retexted
        };
        for &at in candidates {
            let slot = self.slots.get(at);
            let id = self.slots.id(at);
            let Some(position) = self.view.position(id) else { continue };
            let seen = Seen {
                hir: Some(Arc::clone(block_hir(&self.db, slot.block))),
                deps: Some(Arc::clone(deps(&self.db, slot.block))),
            };
            let same = same(&seen.hir, &slot.seen.hir) && same(&seen.deps, &slot.seen.deps);
            let reads_surroundings = || {
                refs(&self.db, slot.block).iter().any(|r| {
                    r.path
                        .first()
                        .is_some_and(|name| matches!(name.as_str(), "sys" | "env" | "module_path"))
                })
            };
            let is_new = created.contains(&at);
            if is_new {
                dirty.push((position, NodeChange::Added(id)));
            } else if !same || (touched.surroundings && reads_surroundings()) {
                dirty.push((position, NodeChange::Changed(id)));
            }
            if !same {
                let old = std::mem::replace(&mut self.slots.get_mut(at).seen, seen);
                if let Some(undo) = &mut self.undo
                    && !is_new
                {
                    undo.seen.push((at, old));
                }
            }
        }
        dirty.sort_by_key(|(position, _)| *position);
        let mut changes: Vec<NodeChange> = dirty.into_iter().map(|(_, change)| change).collect();
        if let Some(undo) = &self.undo {
            let mut removed: Vec<(usize, NodeId)> = touched
                .removed
                .iter()
                .filter_map(|at| {
                    let id = self.slots.id(*at);
                    Some((undo.view.position(id)?, id))
                })
                .collect();
            removed.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
            changes.extend(removed.into_iter().map(|(_, id)| NodeChange::Removed(id)));
        }
        changes
    }
}

/// Compares results of two revisions; nothing seen yet differs from everything.
fn same<T: PartialEq>(a: &Option<Arc<T>>, b: &Option<Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        _ => false,
    }
}
