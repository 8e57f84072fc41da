//! What the imports of a configuration bring, for checks: nothing of it runs.
//!
//! The texts come from an [`Importer`], because this crate reads no files.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_value::{ArcArgs, Lookup, Object, Str, Value};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::Engine;
use crate::api::Source;
use crate::change::Touched;
use crate::db::Db;
use crate::eval::{DecodeFn, Evaluator, evaluate_body};
use crate::expression::ExpressionScope;
use crate::inputs::{Block, Module, ModuleKind};
use crate::module_types::Needs;
use crate::names::{Custom, Ref, Target, custom, custom_names, deps, refs};
use crate::queries::block_hir;
use crate::store::ROOT;

/// What an import block brings.
#[derive(Clone, Debug)]
pub enum Imported {
    /// Files with `declare` and import blocks.
    Modules {
        /// Names as messages show them, and texts.
        files: Vec<Source>,
        /// The `module_path` in them; `None` takes that of the block.
        module_path: Option<String>,
        /// True if the text stands in the block itself, so that findings belong there.
        inline: bool,
    },
    /// Nobody looks: what depends on it is not checked.
    NotFollowed,
    /// It cannot be read, with the reason.
    Failed(String),
}

/// Reads what imports bring.
pub trait Importer: std::fmt::Debug + Send + Sync {
    /// Reads for an import block with these arguments.
    fn import(&self, args: &ArcArgs) -> Imported;
}

/// What one import block brought.
pub(crate) struct Brought {
    /// Number of the block.
    pub(crate) block: u32,
    /// Number of the module.
    pub(crate) module: u32,
    pub(crate) files: Vec<Source>,
    pub(crate) inline: bool,
    module_path: Arc<str>,
}

/// What all import blocks brought.
#[derive(Default)]
pub(crate) struct Imports {
    modules: FxHashMap<Block, Module>,
    /// Modules, each behind the one that its block is in.
    pub(crate) brought: Vec<Brought>,
    /// Blocks that could not be followed, with the reason.
    pub(crate) failed: Vec<(u32, String)>,
    /// Blocks that import a module that they are in themselves.
    pub(crate) circular: Vec<u32>,
    /// What modules need of their arguments, by their `declare`.
    pub(crate) needs: Mutex<FxHashMap<Block, Arc<Needs>>>,
}

impl Imports {
    /// The `declare` of a custom component, if it is known.
    pub(crate) fn declare(&self, db: &dyn Db, block: Block) -> Option<Block> {
        match custom(db, block.module(db), &block.key(db).name)? {
            Custom::Declared { declare, .. } => Some(declare),
            Custom::Imported { import, name, .. } => {
                let module = self.modules.get(&import)?;
                custom_names(db, *module).declares.get(&name).copied()
            }
            Custom::Missing => None,
        }
    }

    /// Names of the custom components that an import brings, if `block` is to be one of those and
    /// is none.
    pub(crate) fn alternatives(&self, db: &dyn Db, block: Block) -> Option<Vec<String>> {
        let key = block.key(db);
        let Some(Custom::Imported { import, name, .. }) = custom(db, block.module(db), &key.name)
        else {
            return None;
        };
        let names = custom_names(db, *self.modules.get(&import)?);
        if names.declares.contains_key(&name) {
            return None;
        }
        let namespace = import.key(db).label.as_deref().unwrap_or_default();
        let mut all: Vec<String> =
            names.declares.keys().map(|name| format!("{namespace}.{name}")).collect();
        all.sort();
        Some(all)
    }
}

/// A module whose import blocks have not been looked at.
struct Open {
    module: u32,
    module_path: Arc<str>,
    /// The modules that it is imported into, from imports that are always read.
    around: Vec<u32>,
}

impl Engine {
    /// Reads what the import blocks of the root and of all that they bring name.
    pub(crate) fn follow_imports(&mut self, module_path: &str, importer: &dyn Importer) -> Imports {
        let mut imports = Imports::default();
        let first = Open { module: ROOT, module_path: module_path.into(), around: vec![ROOT] };
        let mut queue = VecDeque::from([first]);
        while let Some(open) = queue.pop_front() {
            for at in self.store.modules[open.module].blocks.clone() {
                let slot = &self.store.blocks[at];
                if let Some(module) = slot.body {
                    // Read when the component is used only, so this is no circle by itself.
                    let module_path = Arc::clone(&open.module_path);
                    queue.push_back(Open { module, module_path, around: Vec::new() });
                    continue;
                }
                let block = slot.block;
                if !slot.key.name.starts_with("import.") {
                    continue;
                }
                let Some(args) = text_args(&self.db, block, &open.module_path) else { continue };
                let (files, module_path, inline) = match importer.import(&args) {
                    Imported::NotFollowed => continue,
                    Imported::Failed(reason) => {
                        imports.failed.push((at, reason));
                        continue;
                    }
                    Imported::Modules { files, module_path, inline } => {
                        let path =
                            module_path.map_or_else(|| Arc::clone(&open.module_path), Arc::from);
                        (files, path, inline)
                    }
                };
                let is_same = |known: &&Brought| {
                    !inline && known.module_path == module_path && same_files(&known.files, &files)
                };
                if let Some(known) = imports.brought.iter().find(is_same) {
                    let module = known.module;
                    imports.modules.insert(block, self.store.modules[module].module);
                    if open.around.contains(&module) {
                        imports.circular.push(at);
                    }
                    continue;
                }
                let module = self.store.add_module(&mut self.db, ModuleKind::Import, None);
                self.apply_files(module, &files, &mut Touched::default());
                imports.modules.insert(block, self.store.modules[module].module);
                let mut around = open.around.clone();
                around.push(module);
                queue.push_back(Open { module, module_path: Arc::clone(&module_path), around });
                imports.brought.push(Brought { block: at, module, files, inline, module_path });
            }
        }
        imports
    }
}

fn same_files(a: &[Source], b: &[Source]) -> bool {
    let same = |(a, b): (&Source, &Source)| a.name == b.name && a.text == b.text;
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// True if a reference reads something of the machine.
pub(crate) fn reads_machine(reference: &Ref) -> bool {
    let first = reference.path.first().map(smol_str::SmolStr::as_str);
    matches!(first, Some("sys" | "env" | "constants"))
}

/// The arguments of a block, if they depend on its text and on `module_path` alone.
fn text_args(db: &dyn Db, block: Block, module_path: &str) -> Option<ArcArgs> {
    let Lookup::Known(definition) = db.registry().lookup(&block.key(db).name) else { return None };
    let (_, decode): (_, DecodeFn) = definition.args?;
    let is_known = |(reference, target): (&Ref, &Target)| match target {
        Target::Library => !reads_machine(reference),
        Target::Variable => reference.path.first().is_some_and(|name| name == "module_path"),
        Target::Block { .. } | Target::Unresolved => false,
    };
    if !refs(db, block).iter().zip(&deps(db, block).targets).all(is_known) {
        return None;
    }
    let hir = block_hir(db, block);
    let mut variables = Object::default();
    variables.members.insert(Str::from("module_path"), Value::from(module_path));
    let scope = ExpressionScope { variables, ..ExpressionScope::default() };
    evaluate_body(hir, &Evaluator::new(hir, &scope), decode).ok()
}
