//! What the runtime asks about nodes besides their arguments: places for its own errors, and
//! references one by one.

use std::sync::Arc;

use alloy_syntax::{Diagnostic, Severity};
use alloy_value::{Definition, Lookup};
use rustc_hash::FxHashSet;

use crate::custom::node_type;
use crate::db::Db as _;
use crate::imports::Imports;
use crate::inputs::{Block, Module};
use crate::names::{Custom, Target, custom, deps, refs};
use crate::queries::source_map;
use crate::report::Reporter;
use crate::store::ROOT;
use crate::{Engine, HostFacts, Importer, NodeId, Options, Source};

/// A block that something uses.
struct Used {
    block: Block,
    /// The block outside of imported text that leads to it, if it is in imported text.
    user: Option<Block>,
}

impl Engine {
    pub(crate) fn block_of(&self, id: NodeId) -> Option<Block> {
        let node = self.store.resolve(id)?;
        Some(self.store.blocks[self.store.nodes[node].block].block)
    }

    /// An error over the whole block of a node, for what goes wrong outside the engine (spec/
    /// runtime.md §4.2). Without a place if the id is void.
    pub fn block_diagnostic(&self, id: NodeId, message: &str) -> Diagnostic {
        let Some(block) = self.block_of(id) else {
            return Diagnostic::error(alloy_syntax::Span::None, message);
        };
        let whole = source_map(&self.db, block).root.whole;
        Reporter::new(self).place(block, Severity::Error, Some(whole), message.to_owned())
    }

    /// One error that names everything in the configuration that `runs` denies, each with its first
    /// place; `None` if all of it runs. What imports bring is not looked at: see
    /// [`Engine::cannot_run_with_imports`].
    pub fn cannot_run(&self, runs: impl Fn(&'static Definition) -> bool) -> Option<Diagnostic> {
        self.denied(self.store.modules[ROOT].module, &Imports::default(), runs)
    }

    /// As [`Engine::cannot_run`], with all that imports bring. Imports that cannot be read, or read
    /// what is only known when they run, bring nothing. O(nodes), and what modules and imports hold
    /// is parsed once more.
    pub fn cannot_run_with_imports(
        &self,
        module_path: &str,
        importer: &dyn Importer,
        runs: impl Fn(&'static Definition) -> bool,
    ) -> Option<Diagnostic> {
        let sources = self.sketch(&runs)?;
        // Neither decides what a block is.
        let (host, options) = (HostFacts::default(), Options::default());
        let mut engine = Self::with_files(self.db.registry(), host, options, &sources);
        let imports = engine.follow_imports(module_path, importer);
        engine.denied(engine.store.modules[ROOT].module, &imports, runs)
    }

    /// The files with nothing left in them but what decides which components the imports add: the
    /// others, of which there may be very many, are blanks. `None` if nothing is imported.
    fn sketch(&self, runs: impl Fn(&'static Definition) -> bool) -> Option<Vec<Source>> {
        let root = &self.store.modules[ROOT];
        let mut types: FxHashSet<&str> = FxHashSet::default();
        let mut imports = false;
        let mut is_kept = |at: u32| {
            let slot = &self.store.blocks[at];
            let name = &*slot.key.name;
            let is_custom = || custom(&self.db, root.module, name).is_some();
            match self.db.registry().lookup(name) {
                Lookup::Known(known) | Lookup::NotBuilt(known) if runs(known) && !is_custom() => {
                    let is_import = name.starts_with("import.");
                    imports |= is_import;
                    is_import || slot.body.is_some()
                }
                // The first place of each is named.
                _ => slot.body.is_some() || types.insert(name),
            }
        };
        let mut sources = Vec::with_capacity(root.files.len());
        for file in &root.files {
            let mut text = String::new();
            for item in file.items.iter().map(|item| &self.store.items[*item]) {
                if item.block.is_some_and(&mut is_kept) {
                    text.push_str(&item.text);
                } else {
                    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
                    text.extend(item.text.bytes().map(blank));
                }
            }
            sources.push(Source { name: Arc::clone(&file.name), text: text.into() });
        }
        let is_nested = || sources.iter().any(|source| source.text.contains("import."));
        (imports || is_nested()).then_some(sources)
    }

    /// As [`Engine::cannot_run`], for the module that a custom component is to run; `None` also if
    /// that is not known yet. O(1) until the next load.
    pub fn module_cannot_run(
        &self,
        id: NodeId,
        runs: impl Fn(&'static Definition) -> bool,
    ) -> Option<Diagnostic> {
        let module = self.template_module(id)?;
        if self.known_to_run.lock().contains(&module) {
            return None;
        }
        let denied = self.denied(self.store.modules[module].module, &Imports::default(), runs);
        if denied.is_none() {
            self.known_to_run.lock().insert(module);
        }
        denied
    }

    fn denied(
        &self,
        module: Module,
        imports: &Imports,
        runs: impl Fn(&'static Definition) -> bool,
    ) -> Option<Diagnostic> {
        let reporter = Reporter::new(self);
        let mut found: Vec<(&str, Used)> = Vec::new();
        for used in self.used_blocks(module, imports) {
            let name = &*used.block.key(&self.db).name;
            let is_custom =
                matches!(node_type(&self.db, used.block), Some((crate::NodeKind::Custom, _)));
            let (Lookup::Known(definition) | Lookup::NotBuilt(definition)) =
                self.db.registry().lookup(name)
            else {
                continue;
            };
            let is_new = || found.iter().all(|(name, _)| *name != definition.name);
            if !is_custom && !runs(definition) && is_new() {
                found.push((definition.name, used));
            }
        }
        let (_, first) = found.first()?;
        let place = first.user.unwrap_or(first.block);
        let names: Vec<String> = found
            .iter()
            .map(|(name, used)| {
                format!("{name} ({})", reporter.imported_position(used.block, imports))
            })
            .collect();
        let message = format!(
            "this version cannot run {}; `alloy check` accepts the configuration: remove these \
             blocks, or run it with a version that has them",
            names.join(", ")
        );
        let name = source_map(&self.db, place).root.name;
        Some(reporter.place(place, Severity::Error, Some(name), message))
    }

    /// The blocks of a module, of its templates, and of the types that it declares or imports and
    /// uses.
    fn used_blocks(&self, module: Module, imports: &Imports) -> Vec<Used> {
        let mut modules: Vec<(Module, Option<Block>)> = vec![(module, None)];
        let mut blocks = Vec::new();
        let mut at = 0;
        while let Some(&(module, user)) = modules.get(at) {
            at += 1;
            for &block in module.blocks(&self.db).iter() {
                blocks.push(Used { block, user });
                let name = &*block.key(&self.db).name;
                let (inner, user) = match custom(&self.db, module, name) {
                    Some(Custom::Declared { declare, .. }) => (declare.body(&self.db), user),
                    Some(Custom::Imported { .. }) => {
                        let declare = imports.declare(&self.db, block);
                        let inner = declare.and_then(|declare| declare.body(&self.db));
                        (inner, user.or(Some(block)))
                    }
                    _ if name == "foreach" => (block.body(&self.db), user),
                    _ => (None, user),
                };
                let is_new = |inner: &Module| modules.iter().all(|(known, _)| known != inner);
                let inner = inner.filter(is_new);
                modules.extend(inner.map(|inner| (inner, user)));
            }
        }
        blocks
    }

    /// The textual references of a node, duplicates kept: the node that each stands for, and what
    /// follows its name (`receiver`).
    pub fn references(&self, id: NodeId) -> Vec<(NodeId, String)> {
        let Some((node, block)) = self.store.resolve(id).zip(self.block_of(id)) else {
            return Vec::new();
        };
        let instance = self.store.nodes[node].instance;
        let references = refs(&self.db, block);
        let targets = &deps(&self.db, block).targets;
        let found = references.iter().zip(targets).filter_map(|(reference, target)| match target {
            Target::Block { block, segments, up } => {
                let instance = self.store.outer_instance(instance, *up)?;
                let block = self.store.of_block(*block);
                let target = self.store.id(self.store.node_of(&self.db, instance, block)?);
                let rest: Vec<&str> =
                    reference.path.iter().skip(*segments as usize).map(|s| &**s).collect();
                Some((target, rest.join(".")))
            }
            _ => None,
        });
        found.collect()
    }

    /// Lets go of arguments that have been replaced or removed since the last write. They would
    /// otherwise live, with the receivers and secrets in them, until the next one. O(queries).
    pub fn release_replaced(&mut self) {
        salsa::Database::trigger_lru_eviction(&mut self.db);
    }
}
