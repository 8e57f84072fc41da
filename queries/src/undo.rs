//! Everything that a pending load replaced, created and removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_value::{Object, Value};
use rustc_hash::FxHashMap;
use salsa::Setter as _;
use smol_str::SmolStr;

use crate::db::Database;
use crate::inputs::{Block, Instance, Node, SourceFile};
use crate::store::{FileState, NewText, Seen, Store};
use crate::view::View;

/// Numbers of entries of the tables.
#[derive(Default)]
struct Entries {
    items: Vec<u32>,
    blocks: Vec<u32>,
    modules: Vec<u32>,
    instances: BTreeSet<u32>,
    nodes: BTreeSet<u32>,
}

/// A module as it was.
struct OldModule {
    files: Vec<FileState>,
    blocks: Vec<u32>,
}

/// The `module_path` variable and the environment.
pub(crate) type Surroundings = (Arc<str>, Arc<BTreeMap<String, String>>);

/// The other half of a transaction. What is saved twice keeps the first, which is the oldest.
#[derive(Default)]
pub(crate) struct Undo {
    created: Entries,
    removed: Entries,
    removed_files: Vec<SourceFile>,
    modules: BTreeMap<u32, OldModule>,
    texts: Vec<(u32, NewText)>,
    /// Where the oldest text of an item is.
    text_at: FxHashMap<u32, usize>,
    indices: Vec<(u32, u32)>,
    seen: Vec<(u32, Seen)>,
    views: BTreeMap<u32, Arc<View>>,
    arguments: BTreeMap<u32, Arc<Object>>,
    variables: BTreeMap<u32, Option<(SmolStr, Value)>>,
    paths: BTreeMap<u32, Arc<str>>,
    /// Nodes whose block has another one now.
    replaced: Vec<((Instance, Block), (Node, u32))>,
    surroundings: Option<Surroundings>,
}

impl Undo {
    pub(crate) fn creates_item(&mut self, item: u32) {
        self.created.items.push(item);
    }

    pub(crate) fn creates_block(&mut self, block: u32) {
        self.created.blocks.push(block);
    }

    pub(crate) fn creates_module(&mut self, module: u32) {
        self.created.modules.push(module);
    }

    pub(crate) fn creates_instance(&mut self, instance: u32) {
        self.created.instances.insert(instance);
    }

    pub(crate) fn creates_node(&mut self, node: u32) {
        self.created.nodes.insert(node);
    }

    pub(crate) fn remove_item(&mut self, item: u32) {
        self.removed.items.push(item);
    }

    pub(crate) fn remove_block(&mut self, block: u32) {
        self.removed.blocks.push(block);
    }

    pub(crate) fn remove_instance(&mut self, instance: u32) {
        self.removed.instances.insert(instance);
    }

    /// False if it is removed already.
    pub(crate) fn remove_node(&mut self, node: u32) -> bool {
        self.removed.nodes.insert(node)
    }

    pub(crate) fn removes_node(&self, node: u32) -> bool {
        self.removed.nodes.contains(&node)
    }

    pub(crate) fn remove_file(&mut self, file: SourceFile) {
        self.removed_files.push(file);
    }

    pub(crate) fn replace_node(&mut self, place: (Instance, Block), old: (Node, u32)) {
        self.replaced.push((place, old));
    }

    pub(crate) fn removes_instance(&self, instance: u32) -> bool {
        self.removed.instances.contains(&instance)
    }

    pub(crate) fn save_module(&mut self, store: &Store, module: u32) {
        let slot = &store.modules[module];
        self.modules.entry(module).or_insert_with(|| OldModule {
            files: slot.files.clone(),
            blocks: slot.blocks.clone(),
        });
    }

    pub(crate) fn save_text(&mut self, item: u32, text: NewText) {
        self.text_at.entry(item).or_insert(self.texts.len());
        self.texts.push((item, text));
    }

    pub(crate) fn save_index(&mut self, block: u32, index: u32) {
        self.indices.push((block, index));
    }

    pub(crate) fn save_seen(&mut self, block: u32, seen: Seen) {
        self.seen.push((block, seen));
    }

    pub(crate) fn save_view(&mut self, instance: u32, view: Arc<View>) {
        self.views.entry(instance).or_insert(view);
    }

    pub(crate) fn save_arguments(&mut self, instance: u32, arguments: Arc<Object>) {
        self.arguments.entry(instance).or_insert(arguments);
    }

    pub(crate) fn save_variable(&mut self, instance: u32, variable: Option<(SmolStr, Value)>) {
        self.variables.entry(instance).or_insert(variable);
    }

    pub(crate) fn save_path(&mut self, instance: u32, path: Arc<str>) {
        self.paths.entry(instance).or_insert(path);
    }

    pub(crate) fn save_surroundings(&mut self, path: Arc<str>, env: Arc<BTreeMap<String, String>>) {
        self.surroundings.get_or_insert((path, env));
    }

    pub(crate) fn old_view(&self, instance: u32) -> Option<&View> {
        self.views.get(&instance).map(|view| &**view)
    }

    /// The text of an item before the load, if that is another one.
    pub(crate) fn old_text(&self, item: u32) -> Option<&str> {
        self.text_at.get(&item).map(|at| &*self.texts[*at].1.text)
    }

    /// The position of a block in its item before the load, if that is another one.
    pub(crate) fn old_index(&self, block: u32) -> Option<u32> {
        self.indices.iter().find(|(at, _)| *at == block).map(|(_, index)| *index)
    }

    pub(crate) fn views(&self) -> Vec<(u32, Arc<View>)> {
        self.views.iter().map(|(instance, view)| (*instance, Arc::clone(view))).collect()
    }

    pub(crate) fn surroundings(&self) -> Option<Surroundings> {
        self.surroundings.clone()
    }

    /// Gives back what was removed.
    pub(crate) fn commit(self, db: &mut Database, store: &mut Store) {
        self.removed.free(db, store);
        for file in self.removed_files {
            file.set_items(db).to(Arc::from([]));
        }
    }

    /// Puts back what was replaced, and gives back what was created.
    pub(crate) fn rollback(self, db: &mut Database, store: &mut Store) {
        for (item, text) in self.texts.into_iter().rev() {
            store.items[item].set_text(db, text);
        }
        for (block, index) in self.indices.into_iter().rev() {
            let slot = &mut store.blocks[block];
            slot.block.set_index(db).to(index);
            slot.index = index;
        }
        for (block, seen) in self.seen.into_iter().rev() {
            store.blocks[block].seen = seen;
        }
        for (instance, arguments) in self.arguments {
            store.instances[instance].arguments = arguments;
        }
        for (instance, variable) in self.variables {
            store.instances[instance].instance.set_variable(db).to(variable);
        }
        for (instance, path) in self.paths {
            store.instances[instance].instance.set_module_path(db).to(path);
        }
        for (module, old) in self.modules {
            set_files(db, store, module, old.files);
            set_blocks(db, store, module, old.blocks);
        }
        self.created.free(db, store);
        for (place, old) in self.replaced.into_iter().rev() {
            db.nodes.write().insert(place, old);
        }
    }
}

impl Entries {
    /// Inner entries before those that they belong to.
    fn free(self, db: &mut Database, store: &mut Store) {
        for node in self.nodes {
            store.free_node(db, node);
        }
        for instance in self.instances {
            store.free_instance(db, instance);
        }
        for module in self.modules {
            store.free_module(db, module);
        }
        for block in self.blocks.into_iter().rev() {
            store.free_block(db, block);
        }
        for item in self.items {
            store.free_item(db, item);
        }
    }
}

/// Sets which files a module has and which items they have.
pub(crate) fn set_files(db: &mut Database, store: &mut Store, module: u32, files: Vec<FileState>) {
    for file in &files {
        let items: Arc<[_]> = file.items.iter().map(|item| store.items[*item].item).collect();
        if file.input.items(db) != items {
            file.input.set_items(db).to(items);
        }
    }
    store.modules[module].files = files;
}

/// Sets which blocks a module has.
pub(crate) fn set_blocks(db: &mut Database, store: &mut Store, module: u32, blocks: Vec<u32>) {
    let inputs: Arc<[_]> = blocks.iter().map(|block| store.blocks[*block].block).collect();
    let slot = &mut store.modules[module];
    slot.blocks = blocks;
    if slot.module.blocks(db) != inputs {
        slot.module.set_blocks(db).to(inputs);
    }
}
