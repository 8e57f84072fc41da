//! The store: which items each file has, which blocks they hold, and the tables of everything that
//! the engine gave an input.
//!
//! # Invariants
//! - Items of a file concatenate to its text.
//! - An entry of a table owns its input for good; it is reused once it is free. A node's generation
//!   counts how often it was given out, so an id of an earlier owner is recognized.
//! - What a pending load removes is given back only when the load is committed.

use std::sync::Arc;

use alloy_value::Value;
use rustc_hash::FxHashMap;
use salsa::{Durability, Setter as _};
use smol_str::SmolStr;

use crate::NodeId;
use crate::db::Database;
use crate::evaluated::evaluated;
use crate::hir::BlockHir;
use crate::inputs::{Block, Instance, Item, ItemKey, Module, ModuleKind, Node, SourceFile};
use crate::names::{Custom, Deps, deps};
use crate::view::View;

/// Entries by number, with those that are free.
pub(crate) struct Table<T> {
    all: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { all: Vec::new(), free: Vec::new() }
    }
}

impl<T> Table<T> {
    /// Number of entries, free ones included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Number of entries in use.
    pub(crate) fn used(&self) -> usize {
        self.all.len() - self.free.len()
    }

    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.all.get(at as usize)
    }

    fn push(&mut self, entry: T) -> u32 {
        self.all.push(entry);
        self.all.len() as u32 - 1
    }
}

impl<T> std::ops::Index<u32> for Table<T> {
    type Output = T;

    fn index(&self, at: u32) -> &T {
        &self.all[at as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Table<T> {
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.all[at as usize]
    }
}

/// An item of a file.
pub(crate) struct ItemSlot {
    pub(crate) item: Item,
    pub(crate) key: ItemKey,
    pub(crate) text: Arc<str>,
    /// True if a bracket of it is never closed.
    pub(crate) is_open: bool,
    /// The block that the item is, if it is one as far as its start tells.
    pub(crate) block: Option<u32>,
}

impl ItemSlot {
    /// Gives the item another text, and back the one it had.
    pub(crate) fn set_text(&mut self, db: &mut Database, new: NewText) -> NewText {
        self.item.set_text(db).to(Arc::clone(&new.text));
        let text = std::mem::replace(&mut self.text, new.text);
        NewText { text, is_open: std::mem::replace(&mut self.is_open, new.is_open) }
    }
}

/// A block of a module.
pub(crate) struct BlockSlot {
    pub(crate) block: Block,
    pub(crate) item: u32,
    pub(crate) module: u32,
    pub(crate) index: u32,
    pub(crate) key: ItemKey,
    /// The module that a `declare` or `foreach` holds.
    pub(crate) body: Option<u32>,
    /// What the last accepted load saw, to tell what the next one changes.
    pub(crate) seen: Seen,
}

/// Results that decide whether the nodes of a block have to be evaluated again.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) hir: Option<Arc<BlockHir>>,
    pub(crate) deps: Option<Arc<Deps>>,
    pub(crate) custom: Option<Custom>,
}

/// A module.
pub(crate) struct ModuleSlot {
    pub(crate) module: Module,
    /// Files, for modules that are no body of a block.
    pub(crate) files: Vec<FileState>,
    pub(crate) blocks: Vec<u32>,
    pub(crate) instances: Vec<u32>,
}

/// A running module.
pub(crate) struct InstanceSlot {
    pub(crate) instance: Instance,
    pub(crate) module: u32,
    /// The node that runs it; `None` for the root.
    pub(crate) owner: Option<u32>,
    /// The instance of the module around this one.
    pub(crate) outer: Option<u32>,
    /// What tells the children of a `foreach` apart; empty otherwise.
    pub(crate) key: Arc<str>,
    /// The module id (spec/runtime.md §2); empty for the root.
    pub(crate) id: Arc<str>,
    /// Arguments that a custom component was given.
    pub(crate) arguments: Arc<alloy_value::Object>,
    pub(crate) view: Arc<View>,
    /// How many modules run around it.
    pub(crate) depth: u32,
}

/// A block of a running module.
pub(crate) struct NodeSlot {
    pub(crate) node: Node,
    pub(crate) generation: u32,
    pub(crate) block: u32,
    pub(crate) instance: u32,
    /// Instances that the node runs: one of a custom component or import, any number of a foreach.
    pub(crate) children: Vec<u32>,
    pub(crate) live: bool,
}

/// All tables.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) items: Table<ItemSlot>,
    pub(crate) blocks: Table<BlockSlot>,
    pub(crate) modules: Table<ModuleSlot>,
    pub(crate) instances: Table<InstanceSlot>,
    pub(crate) nodes: Table<NodeSlot>,
    by_block: FxHashMap<Block, u32>,
    by_instance: FxHashMap<Instance, u32>,
}

/// Number of the root module and of its instance.
pub(crate) const ROOT: u32 = 0;

impl Store {
    pub(crate) fn of_block(&self, block: Block) -> u32 {
        self.by_block[&block]
    }

    pub(crate) fn of_instance(&self, instance: Instance) -> u32 {
        self.by_instance[&instance]
    }

    pub(crate) fn id(&self, node: u32) -> NodeId {
        NodeId { slot: node, generation: self.nodes[node].generation }
    }

    /// The node of `id`, unless it belongs to someone else by now.
    pub(crate) fn resolve(&self, id: NodeId) -> Option<u32> {
        let slot = self.nodes.get(id.slot)?;
        (slot.live && slot.generation == id.generation).then_some(id.slot)
    }

    /// The node of a block in an instance.
    pub(crate) fn node_of(&self, db: &Database, instance: u32, block: u32) -> Option<u32> {
        let key = (self.instances[instance].instance, self.blocks[block].block);
        db.nodes.read().get(&key).map(|(_, at)| *at)
    }

    /// The instance `up` modules further out than `instance`.
    pub(crate) fn outer_instance(&self, instance: u32, up: u32) -> Option<u32> {
        (0..up).try_fold(instance, |at, _| self.instances[at].outer)
    }

    pub(crate) fn add_item(
        &mut self,
        db: &mut Database,
        file: SourceFile,
        key: ItemKey,
        NewText { text, is_open }: NewText,
    ) -> u32 {
        let Some(at) = self.items.free.pop() else {
            let item = Item::builder(file, Arc::clone(&text)).durability(Durability::HIGH).new(db);
            return self.items.push(ItemSlot { item, key, text, is_open, block: None });
        };
        let slot = &mut self.items[at];
        slot.item.set_file(db).to(file);
        slot.item.set_text(db).to(Arc::clone(&text));
        (slot.key, slot.text, slot.is_open, slot.block) = (key, text, is_open, None);
        at
    }

    pub(crate) fn free_item(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.items[at];
        slot.item.set_text(db).to(Arc::from(""));
        (slot.key, slot.text, slot.block) = (ItemKey::default(), Arc::from(""), None);
        slot.is_open = false;
        self.items.free.push(at);
    }

    /// Adds a block, with a module if its type holds one.
    pub(crate) fn add_block(
        &mut self,
        db: &mut Database,
        module: u32,
        item: u32,
        index: u32,
        key: ItemKey,
    ) -> u32 {
        let (in_item, in_module) = (self.items[item].item, self.modules[module].module);
        let at = if let Some(at) = self.blocks.free.pop() {
            let slot = &mut self.blocks[at];
            slot.block.set_item(db).to(in_item);
            slot.block.set_index(db).to(index);
            slot.block.set_module(db).to(in_module);
            slot.block.set_key(db).to(key.clone());
            (slot.item, slot.module, slot.index, slot.key) = (item, module, index, key);
            at
        } else {
            let block = Block::builder(in_item, index, in_module, key.clone(), None)
                .durability(Durability::HIGH)
                .new(db);
            let at = self.blocks.push(BlockSlot {
                block,
                item,
                module,
                index,
                key,
                body: None,
                seen: Seen::default(),
            });
            self.by_block.insert(block, at);
            at
        };
        let kind = match &*self.blocks[at].key.name {
            "declare" => ModuleKind::Declare,
            "foreach" => ModuleKind::Template,
            _ => return at,
        };
        let body = self.add_module(db, kind, Some(at));
        let slot = &mut self.blocks[at];
        slot.body = Some(body);
        slot.block.set_body(db).to(Some(self.modules[body].module));
        at
    }

    /// Frees a block whose nodes are free already. Its memos are computed once more from nothing.
    pub(crate) fn free_block(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.blocks[at];
        if let Some(body) = slot.body.take() {
            slot.block.set_body(db).to(None);
            self.free_module(db, body);
        }
        let slot = &mut self.blocks[at];
        slot.key = ItemKey::default();
        slot.seen = Seen::default();
        slot.block.set_key(db).to(ItemKey::default());
        slot.block.set_index(db).to(u32::MAX);
        deps(db, slot.block);
        self.blocks.free.push(at);
    }

    pub(crate) fn add_module(
        &mut self,
        db: &mut Database,
        kind: ModuleKind,
        owner: Option<u32>,
    ) -> u32 {
        let owner = owner.map(|owner| self.blocks[owner].block);
        if let Some(at) = self.modules.free.pop() {
            let module = self.modules[at].module;
            module.set_kind(db).to(kind);
            module.set_owner(db).to(owner);
            return at;
        }
        let module =
            Module::builder(kind, owner, Arc::from([])).durability(Durability::HIGH).new(db);
        self.modules.push(ModuleSlot {
            module,
            files: Vec::new(),
            blocks: Vec::new(),
            instances: Vec::new(),
        })
    }

    /// Frees a module without instances; its blocks are free already.
    pub(crate) fn free_module(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.modules[at];
        slot.files.clear();
        slot.blocks.clear();
        slot.module.set_owner(db).to(None);
        slot.module.set_blocks(db).to(Arc::from([]));
        self.modules.free.push(at);
    }

    #[expect(clippy::too_many_arguments, reason = "one caller per kind of instance")]
    pub(crate) fn add_instance(
        &mut self,
        db: &mut Database,
        module: u32,
        owner: Option<u32>,
        outer: Option<u32>,
        key: Arc<str>,
        id: Arc<str>,
        variable: Option<(SmolStr, Value)>,
    ) -> u32 {
        let of_module = self.modules[module].module;
        let outer_input = outer.map(|outer| self.instances[outer].instance);
        let depth = owner.map_or(0, |owner| self.instances[self.nodes[owner].instance].depth + 1);
        let at = if let Some(at) = self.instances.free.pop() {
            let instance = self.instances[at].instance;
            instance.set_module(db).to(of_module);
            instance.set_outer(db).to(outer_input);
            instance.set_variable(db).to(variable);
            let slot = &mut self.instances[at];
            (slot.module, slot.owner, slot.outer) = (module, owner, outer);
            (slot.key, slot.id, slot.depth) = (key, id, depth);
            at
        } else {
            let instance = Instance::builder(of_module, outer_input, Arc::from(""), variable)
                .durability(Durability::HIGH)
                .module_path_durability(Durability::MEDIUM)
                .variable_durability(Durability::LOW)
                .new(db);
            let at = self.instances.push(InstanceSlot {
                instance,
                module,
                owner,
                outer,
                key,
                id,
                arguments: Arc::default(),
                view: Arc::default(),
                depth,
            });
            self.by_instance.insert(instance, at);
            at
        };
        self.modules[module].instances.push(at);
        if let Some(owner) = owner {
            self.nodes[owner].children.push(at);
        }
        at
    }

    /// Frees an instance whose nodes are free already.
    pub(crate) fn free_instance(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.instances[at];
        slot.arguments = Arc::default();
        slot.view = Arc::default();
        slot.instance.set_variable(db).to(None);
        slot.instance.set_outer(db).to(None);
        let (module, owner) = (slot.module, slot.owner.take());
        self.modules[module].instances.retain(|instance| *instance != at);
        if let Some(owner) = owner {
            self.nodes[owner].children.retain(|instance| *instance != at);
        }
        self.instances.free.push(at);
    }

    pub(crate) fn add_node(&mut self, db: &mut Database, instance: u32, block: u32) -> u32 {
        let place = (self.instances[instance].instance, self.blocks[block].block);
        let at = if let Some(at) = self.nodes.free.pop() {
            let slot = &mut self.nodes[at];
            slot.node.set_place(db).to(Some(place));
            (slot.block, slot.instance, slot.live) = (block, instance, true);
            at
        } else {
            let node = Node::builder(Some(place), None)
                .durability(Durability::HIGH)
                .exports_durability(Durability::LOW)
                .new(db);
            self.nodes.push(NodeSlot {
                node,
                generation: 0,
                block,
                instance,
                children: Vec::new(),
                live: true,
            })
        };
        let node = self.nodes[at].node;
        db.nodes.write().insert(place, (node, at));
        at
    }

    /// Frees a node. Its arguments are computed once more from nothing, because the old ones would
    /// keep receivers and secrets alive.
    pub(crate) fn free_node(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.nodes[at];
        slot.live = false;
        slot.generation = slot.generation.wrapping_add(1);
        let node = slot.node;
        if let Some(place) = node.place(db) {
            let mut nodes = db.nodes.write();
            if nodes.get(&place).is_some_and(|(_, of_place)| *of_place == at) {
                nodes.remove(&place);
            }
        }
        node.set_place(db).to(None);
        node.set_exports(db).to(None::<Value>);
        let _ = evaluated(db, node);
        self.nodes.free.push(at);
    }
}

/// A file and its items.
#[derive(Clone)]
pub(crate) struct FileState {
    pub(crate) input: SourceFile,
    pub(crate) name: Arc<str>,
    pub(crate) items: Arc<[u32]>,
}

impl FileState {
    /// The text of the file. O(text).
    pub(crate) fn text(&self, items: &Table<ItemSlot>) -> String {
        self.items.iter().map(|item| &*items[*item].text).collect()
    }
}

/// What a new text does to a file.
#[derive(Debug, Default)]
pub(crate) struct FileDiff {
    /// Items of the new text, in order. Old items keep their slots, new ones have none yet.
    pub(crate) items: Vec<Planned>,
    /// Slots whose items are gone.
    pub(crate) removed: Vec<u32>,
    /// True if anything differs at all.
    pub(crate) changed: bool,
    /// True if items came, went or moved.
    pub(crate) reordered: bool,
}

/// One item of a new text.
#[derive(Debug)]
pub(crate) enum Planned {
    /// As before.
    Keep(u32),
    /// The same block with another text.
    Retext(u32, NewText),
    New(ItemKey, NewText),
}

/// The text of an item.
#[derive(Clone, Debug)]
pub(crate) struct NewText {
    pub(crate) text: Arc<str>,
    /// True if a bracket of it is never closed.
    pub(crate) is_open: bool,
}

/// Compares a file with a new text. Only the part between the unchanged ends is split and matched,
/// by key and order.
pub(crate) fn diff(old: &[u32], slots: &Table<ItemSlot>, new_text: &str) -> FileDiff {
    let texts: Vec<&str> = old.iter().map(|slot| &*slots[*slot].text).collect();
    let first_open = old.iter().position(|slot| slots[*slot].is_open);
    let resplit = alloy_syntax::resplit(&texts, first_open, new_text);
    let back = old.len() - resplit.kept_back;
    let damaged = &old[resplit.kept_front.min(back)..back];
    if damaged.is_empty() && resplit.changed.is_empty() {
        return FileDiff::default();
    }
    let mut by_key = Matcher::new(damaged.iter().map(|slot| (*slot, &slots[*slot].key)));
    let mut items: Vec<Planned> =
        old[..resplit.kept_front].iter().map(|slot| Planned::Keep(*slot)).collect();
    let mut middle = Vec::new();
    for item in resplit.changed {
        let text = new_text.get(item.range).unwrap_or_default();
        let new_text = || NewText { text: Arc::from(text), is_open: item.is_open };
        let key = item_key(text);
        let slot = by_key.take(&key);
        middle.extend(slot);
        items.push(match slot {
            Some(slot) if *slots[slot].text == *text => Planned::Keep(slot),
            Some(slot) => Planned::Retext(slot, new_text()),
            None => Planned::New(key, new_text()),
        });
    }
    items.extend(old[back..].iter().map(|slot| Planned::Keep(*slot)));
    let removed: Vec<u32> = {
        let kept: rustc_hash::FxHashSet<u32> = middle.iter().copied().collect();
        damaged.iter().copied().filter(|slot| !kept.contains(slot)).collect()
    };
    let has_new = items.iter().any(|item| matches!(item, Planned::New(..)));
    let reordered = has_new || middle != damaged;
    let changed = reordered || items.iter().any(|item| matches!(item, Planned::Retext(..)));
    FileDiff { items, removed, changed, reordered }
}

/// Finds what was called the same before, in order.
pub(crate) struct Matcher<'a> {
    by_key: FxHashMap<&'a ItemKey, std::collections::VecDeque<u32>>,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(old: impl Iterator<Item = (u32, &'a ItemKey)>) -> Self {
        let mut by_key: FxHashMap<_, std::collections::VecDeque<_>> = FxHashMap::default();
        for (slot, key) in old {
            by_key.entry(key).or_default().push_back(slot);
        }
        Self { by_key }
    }

    pub(crate) fn take(&mut self, key: &ItemKey) -> Option<u32> {
        self.by_key.get_mut(key).and_then(std::collections::VecDeque::pop_front)
    }
}

fn item_key(text: &str) -> ItemKey {
    let alloy_syntax::ItemKey { name, label } = alloy_syntax::item_key(text);
    ItemKey { name: name.into(), label: (!label.is_empty()).then(|| label.into()) }
}
