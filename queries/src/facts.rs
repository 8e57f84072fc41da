//! What the runtime asks about nodes besides their arguments: places for its own errors, and
//! references one by one.

use alloy_syntax::{Diagnostic, Severity};
use alloy_value::{Definition, Lookup};

use crate::db::Db as _;
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

    /// One error that names everything in the configuration that `runs` denies, each with its first
    /// place; `None` if all of it runs.
    pub fn cannot_run(&self, runs: impl Fn(&'static Definition) -> bool) -> Option<Diagnostic> {
        let reporter = Reporter::new(self);
        let mut found: Vec<(&str, crate::inputs::Block)> = Vec::new();
        for at in self.files.iter().flat_map(|file| file.items.iter()) {
            let slot = self.slots.get(*at);
            let (Lookup::Known(definition) | Lookup::NotBuilt(definition)) =
                self.db.registry().lookup(&slot.key.name)
            else {
                continue;
            };
            let is_new = || found.iter().all(|(name, _)| *name != definition.name);
            if slot.is_block() && !runs(definition) && is_new() {
                found.push((definition.name, slot.block));
            }
        }
        let (_, first) = *found.first()?;
        let names: Vec<String> = found
            .iter()
            .map(|(name, block)| format!("{name} ({})", reporter.position_text(*block)))
            .collect();
        let message = format!(
            "this version cannot run {}; `alloy check` accepts the configuration: remove these \
             blocks, or run it with a version that has them",
            names.join(", ")
        );
        let name = source_map(&self.db, first.item(&self.db)).root.name;
        Some(reporter.place(first, Severity::Error, Some(name), message))
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
