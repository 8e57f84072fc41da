//! The file store: which items each file has, and the slots of inputs behind them.
//!
//! # Invariants
//! - Items of a file concatenate to its text.
//! - A slot owns its three inputs for good; its generation counts how often it was given out, so
//!   an id of an earlier owner is recognized.
//! - A slot that is removed by a pending load is given back only when the load is committed.

use std::sync::Arc;

use alloy_value::Value;
use rustc_hash::FxHashMap;
use salsa::{Durability, Setter as _};

use crate::NodeId;
use crate::db::Database;
use crate::evaluated::evaluated;
use crate::hir::BlockHir;
use crate::inputs::{Block, Instance, Item, ItemKey, Module, Node, SourceFile};
use crate::names::{Deps, deps};

/// Inputs of one item: the item, its block and the node of that block in the root.
pub(crate) struct Slot {
    pub(crate) generation: u32,
    pub(crate) item: Item,
    pub(crate) block: Block,
    pub(crate) node: Node,
    pub(crate) key: ItemKey,
    pub(crate) text: Arc<str>,
    /// True from [`Slots::take`] until [`Slots::free`].
    pub(crate) live: bool,
    /// What the last accepted load saw, to tell what the next one changes.
    pub(crate) seen: Seen,
}

/// Results that decide whether a node has to be evaluated again.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) hir: Option<Arc<BlockHir>>,
    pub(crate) deps: Option<Arc<Deps>>,
}

impl Slot {
    /// True for items that are blocks, as far as their start tells.
    pub(crate) fn is_block(&self) -> bool {
        !self.key.name.is_empty()
    }
}

/// All slots, with a list of those that are free.
#[derive(Default)]
pub(crate) struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
    by_block: FxHashMap<Block, u32>,
}

impl Slots {
    pub(crate) fn get(&self, slot: u32) -> &Slot {
        &self.all[slot as usize]
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.all[slot as usize]
    }

    pub(crate) fn of_block(&self, block: Block) -> Option<u32> {
        self.by_block.get(&block).copied()
    }

    pub(crate) fn id(&self, slot: u32) -> NodeId {
        NodeId { slot, generation: self.get(slot).generation }
    }

    /// The slot of `id`, unless it belongs to someone else by now.
    pub(crate) fn resolve(&self, id: NodeId) -> Option<&Slot> {
        self.all.get(id.slot()).filter(|slot| slot.live && slot.generation == id.generation)
    }

    /// Number of slots, free ones included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Gives out a slot for an item.
    pub(crate) fn take(
        &mut self,
        db: &mut Database,
        root: Instance,
        file: SourceFile,
        key: ItemKey,
        text: Arc<str>,
    ) -> u32 {
        let module = root.module(db);
        let Some(at) = self.free.pop() else {
            return self.add(db, module, root, file, key, text);
        };
        let slot = &mut self.all[at as usize];
        slot.live = true;
        slot.item.set_file(db).to(file);
        slot.item.set_key(db).to(key.clone());
        slot.item.set_text(db).to(Arc::clone(&text));
        slot.node.set_place(db).to(Some((root, slot.block)));
        slot.key = key;
        slot.text = text;
        at
    }

    fn add(
        &mut self,
        db: &mut Database,
        module: Module,
        root: Instance,
        file: SourceFile,
        key: ItemKey,
        text: Arc<str>,
    ) -> u32 {
        let item = Item::builder(file, key.clone(), Arc::clone(&text))
            .durability(Durability::HIGH)
            .new(db);
        let block = Block::builder(item, 0, module).durability(Durability::HIGH).new(db);
        let node = Node::builder(Some((root, block)), None)
            .durability(Durability::HIGH)
            .exports_durability(Durability::LOW)
            .new(db);
        db.nodes.write().insert((root, block), node);
        let at = self.all.len() as u32;
        self.by_block.insert(block, at);
        self.all.push(Slot {
            generation: 0,
            item,
            block,
            node,
            key,
            text,
            live: true,
            seen: Seen::default(),
        });
        at
    }

    /// Takes a slot back. Its memos are computed once more from nothing, because the old ones would
    /// keep arguments, receivers and secrets alive.
    pub(crate) fn free(&mut self, db: &mut Database, at: u32) {
        let slot = &mut self.all[at as usize];
        let was_block = slot.is_block();
        slot.live = false;
        slot.generation = slot.generation.wrapping_add(1);
        slot.key = ItemKey::default();
        slot.text = Arc::from("");
        slot.seen = Seen::default();
        slot.item.set_key(db).to(ItemKey::default());
        slot.item.set_text(db).to(Arc::from(""));
        slot.node.set_place(db).to(None);
        slot.node.set_exports(db).to(None::<Value>);
        let (node, block) = (slot.node, slot.block);
        if was_block {
            deps(db, block);
            let _ = evaluated(db, node);
        }
        self.free.push(at);
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
    pub(crate) fn text(&self, slots: &Slots) -> String {
        self.items.iter().map(|slot| &*slots.get(*slot).text).collect()
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
    Retext(u32, Arc<str>),
    New(ItemKey, Arc<str>),
}

/// Compares a file with a new text. Only the part between the unchanged ends is split and matched,
/// by key and order.
pub(crate) fn diff(old: &[u32], slots: &Slots, new_text: &str) -> FileDiff {
    let texts: Vec<&str> = old.iter().map(|slot| &*slots.get(*slot).text).collect();
    let resplit = alloy_syntax::resplit(&texts, new_text);
    let back = old.len() - resplit.kept_back;
    let damaged = &old[resplit.kept_front.min(back)..back];
    if damaged.is_empty() && resplit.changed.is_empty() {
        return FileDiff::default();
    }
    let mut by_key: FxHashMap<&ItemKey, std::collections::VecDeque<u32>> = FxHashMap::default();
    for &slot in damaged {
        by_key.entry(&slots.get(slot).key).or_default().push_back(slot);
    }
    let mut items: Vec<Planned> =
        old[..resplit.kept_front].iter().map(|slot| Planned::Keep(*slot)).collect();
    let mut middle = Vec::new();
    for range in resplit.changed {
        let text = new_text.get(range).unwrap_or_default();
        let key = item_key(text);
        let slot = by_key.get_mut(&key).and_then(|queue| queue.pop_front());
        middle.extend(slot);
        items.push(match slot {
            Some(slot) if *slots.get(slot).text == *text => Planned::Keep(slot),
            Some(slot) => Planned::Retext(slot, Arc::from(text)),
            None => Planned::New(key, Arc::from(text)),
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

fn item_key(text: &str) -> ItemKey {
    let alloy_syntax::ItemKey { name, label } = alloy_syntax::item_key(text);
    ItemKey { name: name.into(), label: (!label.is_empty()).then(|| label.into()) }
}
