//! Types of what goes into custom components and comes out of them, as far as their text tells.

use std::sync::Arc;

use alloy_value::TypeSchema;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::api::NodeKind;
use crate::custom::node_type;
use crate::db::Db;
use crate::hir::{BlockHir, ExprId, Statement};
use crate::imports::Imports;
use crate::inputs::Block;
use crate::ours::{Uses, Walk};
use crate::queries::block_hir;

/// Custom components in custom components that are followed; one may contain itself.
const MAX_DEPTH: u32 = 16;

/// A place in a module that reads an argument as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// What belongs there.
    pub(crate) ty: TypeSchema,
    pub(crate) block: Block,
    pub(crate) expr: ExprId,
}

/// What a module needs, by the name of its argument.
pub(crate) type Needs = FxHashMap<SmolStr, Vec<Need>>;

/// The configuration around a block that is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) db: &'a dyn Db,
    pub(crate) imports: &'a Imports,
    depth: u32,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(db: &'a dyn Db, imports: &'a Imports) -> Self {
        Self { db, imports, depth: 0 }
    }

    fn deeper(self) -> Option<Self> {
        (self.depth < MAX_DEPTH).then_some(Self { depth: self.depth + 1, ..self })
    }

    /// The type of an export of the module of `declare`, if it is certain.
    pub(crate) fn export_type(self, declare: Block, name: &str) -> Option<TypeSchema> {
        let inner = self.deeper()?;
        let blocks = declare.body(self.db)?.blocks(self.db);
        let export = blocks.iter().find(|block| {
            let key = block.key(self.db);
            &*key.name == "export" && key.label.as_deref() == Some(name)
        })?;
        let hir = block_hir(self.db, *export);
        let value = attributes(hir).find(|(name, _)| *name == "value")?.1;
        Walk::new(inner, *export).type_of(value)
    }

    /// What the module of `declare` needs of its arguments.
    pub(crate) fn needs(self, declare: Block) -> Arc<Needs> {
        if let Some(known) = self.imports.needs.lock().get(&declare) {
            return Arc::clone(known);
        }
        let needs = Arc::new(self.compute_needs(declare));
        // Not where it was cut off.
        if self.depth == 0 {
            self.imports.needs.lock().insert(declare, Arc::clone(&needs));
        }
        needs
    }

    fn compute_needs(self, declare: Block) -> Needs {
        let mut needs = Needs::default();
        let (Some(inner), Some(module)) = (self.deeper(), declare.body(self.db)) else {
            return needs;
        };
        for &block in module.blocks(self.db).iter() {
            let Some((kind, definition)) = node_type(self.db, block) else { continue };
            let hir = block_hir(self.db, block);
            match kind {
                NodeKind::Component => {
                    let Some((schema, _)) = definition.args else { continue };
                    let mut walk = Walk::new(inner, block);
                    walk.uses = Uses::Collected(Vec::new());
                    walk.body(schema(), &hir.statements);
                    let Uses::Collected(uses) = walk.uses else { continue };
                    for (name, ty, expr) in uses {
                        needs.entry(name).or_default().push(Need { ty, block, expr });
                    }
                }
                NodeKind::Custom => {
                    let Some(used) = self.imports.declare(self.db, block) else { continue };
                    let walk = Walk::new(inner, block);
                    let passed: Vec<_> = attributes(hir)
                        .filter_map(|(name, value)| Some((name, walk.argument_read(value)?, value)))
                        .collect();
                    if passed.is_empty() {
                        continue;
                    }
                    let further = inner.needs(used);
                    for (name, argument, expr) in passed {
                        let types = further.get(name).into_iter().flatten();
                        let further = types.map(|need| Need { ty: need.ty, block, expr });
                        needs.entry(argument).or_default().extend(further);
                    }
                }
                _ => {}
            }
        }
        needs
    }
}

/// The attributes of a block.
pub(crate) fn attributes(hir: &BlockHir) -> impl Iterator<Item = (&SmolStr, ExprId)> {
    hir.statements.iter().filter_map(|statement| match statement {
        Statement::Attribute { name, value } => Some((name, *value)),
        Statement::Block(_) => None,
    })
}
