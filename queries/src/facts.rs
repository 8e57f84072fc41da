//! What the runtime asks about nodes besides their arguments: places for its own errors, and
//! references one by one.

use alloy_syntax::{Diagnostic, Severity};
use alloy_value::{Definition, Lookup};

use crate::custom::node_type;
use crate::db::Db as _;
use crate::inputs::Block;
use crate::names::{Custom, Target, custom, deps, refs};
use crate::queries::source_map;
use crate::report::Reporter;
use crate::store::ROOT;
use crate::{Engine, NodeId};

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
    /// place; `None` if all of it runs.
    pub fn cannot_run(&self, runs: impl Fn(&'static Definition) -> bool) -> Option<Diagnostic> {
        let reporter = Reporter::new(self);
        let mut found: Vec<(&str, Block)> = Vec::new();
        for block in self.used_blocks() {
            let name = &*block.key(&self.db).name;
            let is_custom =
                matches!(node_type(&self.db, block), Some((crate::NodeKind::Custom, _)));
            let (Lookup::Known(definition) | Lookup::NotBuilt(definition)) =
                self.db.registry().lookup(name)
            else {
                continue;
            };
            let is_new = || found.iter().all(|(name, _)| *name != definition.name);
            if !is_custom && !runs(definition) && is_new() {
                found.push((definition.name, block));
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
        let name = source_map(&self.db, first).root.name;
        Some(reporter.place(first, Severity::Error, Some(name), message))
    }

    /// The blocks of the root, of its templates, and of the types that it declares and uses.
    fn used_blocks(&self) -> Vec<Block> {
        let mut modules = vec![self.store.modules[ROOT].module];
        let mut blocks = Vec::new();
        let mut at = 0;
        while let Some(&module) = modules.get(at) {
            at += 1;
            for &block in module.blocks(&self.db).iter() {
                blocks.push(block);
                let name = &*block.key(&self.db).name;
                let inner = match custom(&self.db, module, name) {
                    Some(Custom::Declared { declare, .. }) => declare.body(&self.db),
                    _ if name == "foreach" => block.body(&self.db),
                    _ => None,
                };
                modules.extend(inner.filter(|inner| !modules.contains(inner)));
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
