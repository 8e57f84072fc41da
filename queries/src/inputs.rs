//! The ground state: salsa inputs. Everything else is computed from them.
//!
//! Inputs live as long as the database, so what is removed goes to a free list and is overwritten
//! when it is used again. Only the engine writes, and only after comparing: a setter starts a new
//! revision even for an equal value.

use std::sync::Arc;

use alloy_value::{Stability, Value};
use smol_str::SmolStr;

/// A file, or text from elsewhere that is read like one.
#[salsa::input(debug)]
pub(crate) struct SourceFile {
    /// Path or other name, as messages show it.
    #[returns(clone)]
    pub(crate) name: Arc<str>,
    /// Items in order; their texts concatenate to the text of the file.
    #[returns(clone)]
    pub(crate) items: Arc<[Item]>,
}

/// What names an item: the dotted block name and the label. Items without a block (white space,
/// a stray attribute) have an empty name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    pub(crate) name: Arc<str>,
    pub(crate) label: Option<Arc<str>>,
}

/// A top-level block with the white space and comments around it.
#[salsa::input(debug)]
pub(crate) struct Item {
    #[returns(copy)]
    pub(crate) file: SourceFile,
    #[returns(clone)]
    pub(crate) text: Arc<str>,
}

/// A block whose references and arguments are resolved on their own.
#[salsa::input(debug)]
pub(crate) struct Block {
    #[returns(copy)]
    pub(crate) item: Item,
    /// Position in the item's table of such blocks.
    #[returns(copy)]
    pub(crate) index: u32,
    #[returns(copy)]
    pub(crate) module: Module,
    /// Kept beside the text, so that what depends on names only is not computed again when the
    /// body changes.
    #[returns(ref)]
    pub(crate) key: ItemKey,
    /// The module that a `declare` or `foreach` holds.
    #[returns(copy)]
    pub(crate) body: Option<Module>,
}

/// What a module is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ModuleKind {
    /// The root configuration.
    Root,
    /// A root configuration that comes from elsewhere: what belongs to the process is not its own.
    Guest,
    /// A `declare`.
    Declare,
    /// The `template` of a `foreach`. Sees what is around it.
    Template,
    /// What an import block brought.
    Import,
}

/// A set of blocks that see each other's names: a template that any number of instances run.
#[salsa::input(debug)]
pub(crate) struct Module {
    #[returns(copy)]
    pub(crate) kind: ModuleKind,
    /// The block whose body it is, for `declare` and `template`; the module around it is that
    /// block's.
    #[returns(copy)]
    pub(crate) owner: Option<Block>,
    /// Blocks in order.
    #[returns(clone)]
    pub(crate) blocks: Arc<[Block]>,
}

impl Module {
    /// The module around this one, whose `declare` and import blocks it sees.
    pub(crate) fn outer(self, db: &dyn crate::db::Db) -> Option<Self> {
        self.owner(db).map(|owner| owner.module(db))
    }
}

/// A module that runs.
#[salsa::input(debug)]
pub(crate) struct Instance {
    #[returns(copy)]
    pub(crate) module: Module,
    /// An instance of the module around this one.
    #[returns(copy)]
    pub(crate) outer: Option<Instance>,
    /// The `module_path` variable.
    #[returns(clone)]
    pub(crate) module_path: Arc<str>,
    /// The loop variable of a `foreach`, by name.
    #[returns(ref)]
    pub(crate) variable: Option<(SmolStr, Value)>,
}

/// A block of a running module.
#[salsa::input(debug)]
pub(crate) struct Node {
    /// `None` once the node is removed.
    #[returns(copy)]
    pub(crate) place: Option<(Instance, Block)>,
    /// What the component exported last.
    #[returns(ref)]
    pub(crate) exports: Option<Value>,
}

/// An environment variable.
#[salsa::input(debug)]
pub(crate) struct EnvVar {
    /// `None` if unset.
    #[returns(clone)]
    pub(crate) value: Option<Arc<str>>,
}

/// Facts about the process and flags that decide what is allowed.
#[salsa::input(singleton)]
pub(crate) struct Host {
    #[returns(ref)]
    pub(crate) constants: Value,
    #[returns(copy)]
    pub(crate) stability: Stability,
    #[returns(copy)]
    pub(crate) community: bool,
}
