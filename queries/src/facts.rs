//! What the runtime asks about nodes besides their arguments: places for its own errors, and
//! references one by one.

use alloy_syntax::{Diagnostic, Severity};

use crate::names::{Target, deps, refs};
use crate::queries::source_map;
use crate::report::Reporter;
use crate::{Engine, NodeId};

impl Engine {
    /// An error over the whole block of a node, for what goes wrong outside the engine (spec/
    /// runtime.md §4.2). Without a place if the id is void.
    pub fn block_diagnostic(&self, id: NodeId, message: &str) -> Diagnostic {
        let Some(slot) = self.slots.resolve(id) else {
            return Diagnostic::error(alloy_syntax::Span::None, message);
        };
        let whole = source_map(&self.db, slot.item).root.whole;
        Reporter::new(self).place(slot.block, Severity::Error, Some(whole), message.to_owned())
    }

    /// The textual references of a node, duplicates kept: the node that each stands for, and what
    /// follows its name (`receiver`).
    pub fn references(&self, id: NodeId) -> Vec<(NodeId, String)> {
        let Some(slot) = self.slots.resolve(id) else { return Vec::new() };
        let references = refs(&self.db, slot.block);
        let targets = &deps(&self.db, slot.block).targets;
        let found = references.iter().zip(targets).filter_map(|(reference, target)| match target {
            Target::Block { block, segments } => {
                let target = self.slots.id(self.slots.of_block(*block)?);
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
