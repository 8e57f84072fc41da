//! Writes new texts into the inputs, comparing before setting, and tells what that changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_syntax::Diagnostic;
use rustc_hash::FxHashSet;
use salsa::{Durability, Setter as _};

use crate::Engine;
use crate::api::{NodeChange, NodeId, Source};
use crate::hir::ItemHir;
use crate::inputs::{ItemKey, SourceFile};
use crate::load_check;
use crate::names::{custom, deps, refs};
use crate::queries::{block_hir, body};
use crate::report::Reporter;
use crate::store::{FileDiff, FileState, Matcher, Planned, ROOT, Seen, diff};
use crate::undo::{set_blocks, set_files};
use crate::view::View;

/// What a change touched.
#[derive(Default)]
pub(crate) struct Touched {
    created_items: Vec<u32>,
    retexted_items: Vec<u32>,
    created_blocks: FxHashSet<u32>,
    /// Blocks whose text may differ.
    blocks: BTreeSet<u32>,
    /// Modules where blocks came, went or moved, or refer to others than before.
    modules: BTreeSet<u32>,
    /// Modules whose instances need a new view: those and what is inside of them.
    affected: BTreeSet<u32>,
    /// Removed nodes, inner ones first.
    removed: Vec<NodeId>,
    created_nodes: FxHashSet<u32>,
    /// True if the environment or `module_path` differ.
    pub(crate) surroundings: bool,
    /// Nodes that are touched by nothing else.
    pub(crate) read_surroundings: Vec<NodeId>,
}

impl Touched {
    /// Items whose text is new.
    pub(crate) fn items(&self) -> impl Iterator<Item = u32> {
        self.created_items.iter().chain(&self.retexted_items).copied()
    }
}

impl Engine {
    /// Replaces the files of a module that is no body of a block.
    pub(crate) fn apply_files(&mut self, module: u32, sources: &[Source], touched: &mut Touched) {
        let old_files = self.store.modules[module].files.clone();
        let mut files = Vec::with_capacity(sources.len());
        let mut blocks_moved = false;
        let mut written = false;
        for source in sources {
            let old = old_files.iter().find(|file| file.name == source.name).cloned();
            let old = old.unwrap_or_else(|| {
                let input = SourceFile::builder(Arc::clone(&source.name), Arc::from([]))
                    .durability(Durability::HIGH)
                    .new(&self.db);
                FileState { input, name: Arc::clone(&source.name), items: Arc::from([]) }
            });
            let FileDiff { items, removed, changed, reordered } =
                diff(&old.items, &self.store.items, &source.text);
            if !changed {
                files.push(old);
                continue;
            }
            written = true;
            blocks_moved |= reordered;
            files.push(self.update_file(module, old, items, touched));
            self.remove_items(&removed, touched);
        }
        for old in &old_files {
            if !files.iter().any(|file| file.input == old.input) {
                self.remove_items(&old.items, touched);
                if let Some(undo) = &mut self.undo {
                    undo.remove_file(old.input);
                }
            }
        }
        let same_files = files.len() == old_files.len()
            && files.iter().zip(&old_files).all(|(a, b)| a.input == b.input);
        blocks_moved |= !same_files;
        if blocks_moved {
            if let Some(undo) = &mut self.undo {
                undo.save_module(&self.store, module);
            }
            let items = files.iter().flat_map(|file| file.items.iter());
            let blocks = items.filter_map(|item| self.store.items[*item].block).collect();
            set_files(&mut self.db, &mut self.store, module, files);
            set_blocks(&mut self.db, &mut self.store, module, blocks);
            touched.modules.insert(module);
        }
        if written {
            let items = touched.items();
            let blocks: Vec<u32> = items.filter_map(|item| self.store.items[item].block).collect();
            for block in blocks {
                touched.blocks.insert(block);
                self.sync_body(block, touched);
            }
        }
        self.populate(touched);
    }

    fn update_file(
        &mut self,
        module: u32,
        old: FileState,
        items: Vec<Planned>,
        touched: &mut Touched,
    ) -> FileState {
        let mut slots = Vec::with_capacity(items.len());
        for item in items {
            slots.push(match item {
                Planned::Keep(slot) => slot,
                Planned::Retext(at, new) => {
                    let old = self.store.items[at].set_text(&mut self.db, new);
                    if let Some(undo) = &mut self.undo {
                        undo.save_text(at, old);
                    }
                    touched.retexted_items.push(at);
                    at
                }
                Planned::New(key, text) => {
                    let at = self.store.add_item(&mut self.db, old.input, key.clone(), text);
                    if let Some(undo) = &mut self.undo {
                        undo.creates_item(at);
                    }
                    if !key.name.is_empty() {
                        let block = self.create_block(module, at, 0, key, touched);
                        self.store.items[at].block = Some(block);
                    }
                    touched.created_items.push(at);
                    at
                }
            });
        }
        FileState { items: slots.into(), ..old }
    }

    fn create_block(
        &mut self,
        module: u32,
        item: u32,
        index: u32,
        key: ItemKey,
        touched: &mut Touched,
    ) -> u32 {
        let block = self.store.add_block(&mut self.db, module, item, index, key);
        if let Some(undo) = &mut self.undo {
            undo.creates_block(block);
        }
        touched.created_blocks.insert(block);
        touched.blocks.insert(block);
        block
    }

    fn remove_items(&mut self, items: &[u32], touched: &mut Touched) {
        for &item in items {
            if let Some(block) = self.store.items[item].block {
                self.remove_block(block, touched);
            }
            if let Some(undo) = &mut self.undo {
                undo.remove_item(item);
            }
        }
    }

    /// Removes a block with its nodes and what is inside of it.
    fn remove_block(&mut self, block: u32, touched: &mut Touched) {
        let slot = &self.store.blocks[block];
        let (module, body) = (slot.module, slot.body);
        for instance in self.live_instances(module) {
            if let Some(node) = self.store.node_of(&self.db, instance, block) {
                self.remove_node(node, touched);
            }
        }
        if let Some(body) = body {
            for inner in self.store.modules[body].blocks.clone() {
                self.remove_block(inner, touched);
            }
        }
        if let Some(undo) = &mut self.undo {
            undo.remove_block(block);
        }
    }

    pub(crate) fn live_instances(&self, module: u32) -> Vec<u32> {
        let instances = self.store.modules[module].instances.iter().copied();
        instances.filter(|instance| !self.is_gone(*instance)).collect()
    }

    fn remove_node(&mut self, node: u32, touched: &mut Touched) {
        for instance in self.store.nodes[node].children.clone() {
            self.remove_instance(instance, touched);
        }
        if self.undo.as_mut().is_some_and(|undo| undo.remove_node(node)) {
            touched.removed.push(self.store.id(node));
        }
    }

    /// Removes a running module with all its nodes.
    pub(crate) fn remove_instance(&mut self, instance: u32, touched: &mut Touched) {
        if self.is_gone(instance) {
            return;
        }
        let view = Arc::clone(&self.store.instances[instance].view);
        for info in view.nodes.iter().rev() {
            if let Some(node) = self.store.resolve(info.id) {
                self.remove_node(node, touched);
            }
        }
        // Nodes that are in no view stand for nothing, but exist.
        let module = self.store.instances[instance].module;
        for block in self.store.modules[module].blocks.clone() {
            if let Some(node) = self.store.node_of(&self.db, instance, block)
                && view.get(self.store.id(node)).is_none()
                && let Some(undo) = &mut self.undo
            {
                undo.remove_node(node);
            }
        }
        self.set_view(instance, Arc::default());
        if let Some(undo) = &mut self.undo {
            undo.remove_instance(instance);
        }
    }

    /// Matches the blocks of the module in `block` with its text, by key and order.
    fn sync_body(&mut self, block: u32, touched: &mut Touched) {
        let slot = &self.store.blocks[block];
        let (Some(module), item, index) = (slot.body, slot.item, slot.index) else { return };
        let wanted: Vec<(u32, ItemKey)> = {
            let table: &ItemHir = body(&self.db, self.store.items[item].item);
            let key = |hir: &crate::hir::BlockHir| ItemKey {
                name: hir.name.as_str().into(),
                label: hir.label.as_deref().map(Into::into),
            };
            table.children(index).map(|(at, entry)| (at, key(&entry.hir))).collect()
        };
        let old = self.store.modules[module].blocks.clone();
        let plan: Vec<(u32, ItemKey, Option<u32>)> = {
            let blocks = &self.store.blocks;
            let mut by_key = Matcher::new(old.iter().map(|at| (*at, &blocks[*at].key)));
            let take = |(index, key)| {
                let at = by_key.take(&key);
                (index, key, at)
            };
            wanted.into_iter().map(take).collect()
        };
        let mut blocks = Vec::with_capacity(plan.len());
        for (index, key, at) in plan {
            let at = match at {
                Some(at) => {
                    let slot = &mut self.store.blocks[at];
                    if slot.index != index {
                        let old = std::mem::replace(&mut slot.index, index);
                        slot.block.set_index(&mut self.db).to(index);
                        if let Some(undo) = &mut self.undo {
                            undo.save_index(at, old);
                        }
                    }
                    touched.blocks.insert(at);
                    at
                }
                None => self.create_block(module, item, index, key, touched),
            };
            blocks.push(at);
        }
        if blocks != old {
            if let Some(undo) = &mut self.undo {
                undo.save_module(&self.store, module);
            }
            let kept: BTreeSet<u32> = blocks.iter().copied().collect();
            for at in old.into_iter().filter(|at| !kept.contains(at)) {
                self.remove_block(at, touched);
            }
            set_blocks(&mut self.db, &mut self.store, module, blocks.clone());
            touched.modules.insert(module);
        }
        for at in blocks {
            self.sync_body(at, touched);
        }
    }

    /// Gives the new blocks of running modules their nodes.
    fn populate(&mut self, touched: &mut Touched) {
        let is_new = |at: &u32| touched.created_blocks.contains(at);
        let blocks: Vec<u32> = touched.blocks.iter().copied().filter(is_new).collect();
        for block in blocks {
            for instance in self.live_instances(self.store.blocks[block].module) {
                self.create_node(instance, block, touched);
            }
        }
    }

    fn create_node(&mut self, instance: u32, block: u32, touched: &mut Touched) {
        if &*self.store.blocks[block].key.name == "declare"
            || self.store.node_of(&self.db, instance, block).is_some()
        {
            return;
        }
        let node = self.store.add_node(&mut self.db, instance, block);
        if let Some(undo) = &mut self.undo {
            undo.creates_node(node);
        }
        touched.created_nodes.insert(node);
    }

    /// Gives a new instance its nodes and its view; the nodes by position.
    pub(crate) fn fill_instance(
        &mut self,
        instance: u32,
        touched: &mut Touched,
    ) -> Vec<NodeChange> {
        let module = self.store.instances[instance].module;
        // Nobody looked at a module while it did not run.
        let is_first = self.live_instances(module).len() == 1;
        for block in self.store.modules[module].blocks.clone() {
            self.create_node(instance, block, touched);
            if is_first {
                self.store.blocks[block].seen = self.seen(block);
            }
        }
        self.rebuild_view(instance);
        let view = &self.store.instances[instance].view;
        view.nodes.iter().map(|info| NodeChange::Added(info.id)).collect()
    }

    /// Errors and warnings that the change brings.
    pub(crate) fn findings(&mut self, touched: &mut Touched) -> Vec<Diagnostic> {
        let items: Vec<u32> = touched.items().collect();
        let broken = Reporter::new(self).syntax(&items);
        if !broken.is_empty() {
            return broken;
        }
        let db = &self.db;
        for &block in &touched.blocks {
            let slot = &self.store.blocks[block];
            if !same(&slot.seen.deps, &Some(Arc::clone(deps(db, slot.block)))) {
                touched.modules.insert(slot.module);
            }
        }
        touched.affected = self.inside_of(&touched.modules);
        let mut found = Vec::new();
        let checked: BTreeSet<u32> = {
            let of_blocks = touched.blocks.iter().map(|block| self.store.blocks[*block].module);
            of_blocks.chain(touched.affected.iter().copied()).collect()
        };
        for module in checked {
            if module != ROOT && self.live_instances(module).is_empty() {
                continue;
            }
            let structure = touched.affected.contains(&module);
            found.extend(load_check::load_findings(self, module, &touched.blocks, structure));
        }
        found
    }

    /// The modules, and all modules in their text.
    fn inside_of(&self, modules: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut all = BTreeSet::new();
        let mut open: Vec<u32> = modules.iter().copied().collect();
        while let Some(module) = open.pop() {
            if all.insert(module) {
                let blocks = self.store.modules[module].blocks.iter();
                open.extend(blocks.filter_map(|block| self.store.blocks[*block].body));
            }
        }
        all
    }

    fn seen(&self, block: u32) -> Seen {
        let slot = &self.store.blocks[block];
        let module = self.store.modules[slot.module].module;
        Seen {
            hir: Some(Arc::clone(block_hir(&self.db, slot.block))),
            deps: Some(Arc::clone(deps(&self.db, slot.block))),
            custom: custom(&self.db, module, &slot.key.name),
        }
    }

    /// Compares what nodes are made of with what the last load saw.
    pub(crate) fn changes(&mut self, touched: &mut Touched) -> Vec<NodeChange> {
        let mut candidates: BTreeSet<u32> = touched.blocks.clone();
        if touched.surroundings {
            let all: BTreeSet<u32> = (0..self.store.modules.len() as u32).collect();
            self.add_blocks(&all, &mut candidates);
        } else {
            self.add_blocks(&touched.affected, &mut candidates);
        }
        let mut replaced = Touched::default();
        let mut dirty: Vec<(u32, bool)> = Vec::new();
        for &at in &candidates {
            let seen = self.seen(at);
            let slot = &self.store.blocks[at];
            let is_new = touched.created_blocks.contains(&at);
            let same = same(&seen.hir, &slot.seen.hir)
                && same(&seen.deps, &slot.seen.deps)
                && seen.custom == slot.seen.custom;
            let reads_surroundings = || {
                refs(&self.db, slot.block).iter().any(|r| {
                    r.path
                        .first()
                        .is_some_and(|name| matches!(name.as_str(), "sys" | "env" | "module_path"))
                })
            };
            let affected = !same || (touched.surroundings && reads_surroundings());
            if is_new || affected {
                // What was a component of the registry is another node as a custom one.
                let was_custom = slot.seen.custom.is_some();
                let other_kind =
                    !is_new && slot.seen.hir.is_some() && was_custom != seen.custom.is_some();
                for instance in self.live_instances(slot.module) {
                    if other_kind {
                        self.replace_node(instance, at, &mut replaced);
                    }
                    if let Some(node) = self.store.node_of(&self.db, instance, at) {
                        if same && !is_new {
                            touched.read_surroundings.push(self.store.id(node));
                        }
                        dirty.push((node, other_kind));
                    }
                }
            }
            if !same {
                let old = std::mem::replace(&mut self.store.blocks[at].seen, seen);
                if let Some(undo) = &mut self.undo
                    && !is_new
                {
                    undo.save_seen(at, old);
                }
            }
        }
        let affected: Vec<u32> =
            touched.affected.iter().flat_map(|module| self.live_instances(*module)).collect();
        for instance in affected {
            self.rebuild_view(instance);
        }
        let mut changes: Vec<_> = dirty
            .into_iter()
            .filter_map(|(node, is_other)| {
                let id = self.store.id(node);
                self.node(id)?;
                let is_new = is_other || touched.created_nodes.contains(&node);
                let change = if is_new { NodeChange::Added(id) } else { NodeChange::Changed(id) };
                Some((self.order(id), change))
            })
            .collect();
        changes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut changes: Vec<NodeChange> = changes.into_iter().map(|(_, change)| change).collect();
        changes.extend(self.removals(touched));
        changes.extend(self.removals(&replaced));
        changes
    }

    fn add_blocks(&self, modules: &BTreeSet<u32>, blocks: &mut BTreeSet<u32>) {
        for module in modules {
            blocks.extend(&self.store.modules[*module].blocks);
        }
    }

    /// Removed nodes that somebody has seen, dependents first.
    pub(crate) fn removals(&self, touched: &Touched) -> Vec<NodeChange> {
        let mut removed: Vec<_> = touched
            .removed
            .iter()
            .filter_map(|id| {
                let instance = self.store.nodes[self.store.resolve(*id)?].instance;
                let old = self.undo.as_ref().and_then(|undo| undo.old_view(instance));
                let view = old.unwrap_or(&self.store.instances[instance].view);
                view.get(*id).map(|_| (self.old_order(*id), *id))
            })
            .collect();
        removed.sort_by(|(a, _), (b, _)| b.cmp(a));
        removed.into_iter().map(|(_, id)| NodeChange::Removed(id)).collect()
    }

    /// As [`Engine::order`], in the views from before the change.
    fn old_order(&self, id: NodeId) -> crate::Order {
        let mut order = crate::Order::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let Some(node) = self.store.resolve(id) else { break };
            let instance = self.store.nodes[node].instance;
            let old = self.undo.as_ref().and_then(|undo| undo.old_view(instance));
            let view = old.unwrap_or(&self.store.instances[instance].view);
            order.insert(0, view.get(id).map_or(0, |info| info.position));
            at = self.store.instances[instance].owner.map(|owner| self.store.id(owner));
        }
        order
    }

    fn replace_node(&mut self, instance: u32, block: u32, replaced: &mut Touched) {
        let Some(old) = self.store.node_of(&self.db, instance, block) else { return };
        self.remove_node(old, replaced);
        let place = (self.store.instances[instance].instance, self.store.blocks[block].block);
        let node = self.store.add_node(&mut self.db, instance, block);
        if let Some(undo) = &mut self.undo {
            undo.replace_node(place, (self.store.nodes[old].node, old));
            undo.creates_node(node);
        }
    }

    pub(crate) fn rebuild_view(&mut self, instance: u32) {
        let view = View::build(&self.db, &self.store, instance);
        self.set_view(instance, Arc::new(view));
    }

    fn set_view(&mut self, instance: u32, view: Arc<View>) {
        let old = self.replace_view(instance, view);
        if let Some(undo) = &mut self.undo {
            undo.save_view(instance, old);
        }
    }

    /// Puts a view in its place and keeps the readers across modules in step.
    pub(crate) fn replace_view(&mut self, instance: u32, view: Arc<View>) -> Arc<View> {
        let slot = &mut self.store.instances[instance];
        let old = std::mem::replace(&mut slot.view, Arc::clone(&view));
        if slot.outer.is_some() {
            for (dependency, reader) in old.outer_dependencies() {
                if let Some(readers) = self.outer_readers.get_mut(&dependency) {
                    readers.retain(|id| *id != reader);
                    if readers.is_empty() {
                        self.outer_readers.remove(&dependency);
                    }
                }
            }
            for (dependency, reader) in view.outer_dependencies() {
                self.outer_readers.entry(dependency).or_default().push(reader);
            }
        }
        old
    }
}

/// Compares results of two revisions; nothing seen yet differs from everything.
fn same<T: PartialEq>(a: &Option<Arc<T>>, b: &Option<Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        _ => false,
    }
}
