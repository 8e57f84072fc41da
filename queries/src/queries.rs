//! From text to the position-free form of a block.

use std::sync::{Arc, LazyLock};

use alloy_syntax::LineIndex;
use rustc_hash::FxHashMap;

use crate::db::Db;
use crate::hir::{BlockHir, ItemHir, SourceMap};
use crate::inputs::{Block, Item, SourceFile};
use crate::lower::lower_item;

/// What an item says.
#[derive(Debug, PartialEq)]
struct Parsed {
    hir: ItemHir,
    is_ok: bool,
}

/// Parses an item. Nobody keeps the syntax tree: a load parses all items, and the trees of a large
/// configuration would be a fifth of the memory that it takes.
#[salsa::tracked(returns(ref))]
fn parsed(db: &dyn Db, item: Item) -> Parsed {
    let parse = alloy_syntax::parse_item(&item.text(db));
    Parsed { hir: lower_item(&parse.syntax()).0, is_ok: parse.is_ok() }
}

/// What an item says, without positions: layout and comments don't change it.
pub(crate) fn body(db: &dyn Db, item: Item) -> &ItemHir {
    &parsed(db, item).hir
}

/// True if an item has no syntax error.
pub(crate) fn is_ok(db: &dyn Db, item: Item) -> bool {
    parsed(db, item).is_ok
}

/// One block. Whoever reads one block of an item is not touched by changes of the others.
#[salsa::tracked(returns(ref))]
pub(crate) fn block_hir(db: &dyn Db, block: Block) -> Arc<BlockHir> {
    let entry = match body(db, block.item(db)) {
        ItemHir::Blocks(entries) => entries.get(block.index(db) as usize),
        ItemHir::Empty | ItemHir::Attribute(_) => None,
    };
    entry.map_or_else(Arc::default, |entry| Arc::clone(&entry.hir))
}

/// Positions of what [`body`] holds, one map per block. Asked for only when one is shown.
#[salsa::tracked(returns(ref), lru = 256)]
fn source_maps(db: &dyn Db, item: Item) -> Vec<SourceMap> {
    lower_item(&alloy_syntax::parse_item(&item.text(db)).syntax()).1
}

/// Positions in a block, relative to its item.
pub(crate) fn source_map(db: &dyn Db, block: Block) -> &SourceMap {
    static NOWHERE: LazyLock<SourceMap> = LazyLock::new(SourceMap::default);
    source_maps(db, block.item(db)).get(block.index(db) as usize).unwrap_or(&NOWHERE)
}

/// Where the items of a file start. Changes with every edit, so nothing that means anything reads
/// it.
#[salsa::tracked(returns(ref))]
pub(crate) fn item_start(db: &dyn Db, file: SourceFile) -> FxHashMap<Item, u32> {
    let mut start = 0;
    let mut starts = FxHashMap::default();
    for &item in file.items(db).iter() {
        starts.insert(item, start);
        start += item.text(db).len() as u32;
    }
    starts
}

/// Where the lines of a file start. As with [`item_start`], only for showing positions.
#[salsa::tracked(returns(ref))]
pub(crate) fn line_index(db: &dyn Db, file: SourceFile) -> LineIndex {
    let mut text = String::new();
    for item in file.items(db).iter() {
        text.push_str(&item.text(db));
    }
    LineIndex::new(&text)
}
