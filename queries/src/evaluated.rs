//! Arguments of a node.

use std::sync::Arc;

use alloy_value::{ArcArgs, Object, Str, Value};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::custom::node_type;
use crate::db::Db;
use crate::eval::{self, Evaluator};
use crate::fault::{Fault, Part, Subject};
use crate::hir::{BlockHir, ExprId, Statement};
use crate::inputs::{Block, Instance, ModuleKind, Node};
use crate::names::{self, Target, deps, refs};
use crate::queries::block_hir;
use crate::rules::codes;

/// The decoded arguments of a node.
///
/// Does not ask whether the block is part of a cycle: a load with cycles is refused before anything
/// is evaluated, and as exports are inputs, evaluation does not follow references. So an edit is
/// verified in O(what it reaches), not in O(blocks). Decoding happens here: arguments that come out equal stop the
/// change, and the component gets the very allocation that is memoized.
#[salsa::tracked(returns(ref))]
pub(crate) fn evaluated(db: &dyn Db, node: Node) -> Result<ArcArgs, Arc<Fault>> {
    let Some((instance, block)) = node.place(db) else {
        return Err(Arc::new(Fault::plain(Subject::Nowhere, "the block has been removed")));
    };
    let hir = block_hir(db, block);
    let Some(decode) = node_type(db, block).and_then(|(_, definition)| definition.args) else {
        let name = alloy_value::quote(&hir.name);
        let message = format!("cannot find the definition of component name {name}");
        let fault = Fault::plain(Subject::Statement([].into(), Part::Name), message);
        return Err(Arc::new(fault.with_code(codes::UNKNOWN_COMPONENT)));
    };
    let (_, decode) = decode;
    if let Some(fault) = missing_template(hir) {
        return Err(Arc::new(fault));
    }
    let bindings = Bindings::new(db, instance, refs(db, block), deps(db, block));
    eval::evaluate_body(hir, &Evaluator::new(hir, &bindings), decode).map_err(Arc::new)
}

/// What is said of a `foreach` that has nothing to run.
pub(crate) const MISSING_TEMPLATE: &str = "the block template is missing in the foreach block";

/// A `foreach` is refused for its missing template before anything else in it is looked at.
fn missing_template(hir: &BlockHir) -> Option<Fault> {
    let is_template = |statement: &Statement| match statement {
        Statement::Block(block) => block.name == "template",
        Statement::Attribute { .. } => false,
    };
    if hir.name != "foreach" || hir.statements.iter().any(is_template) {
        return None;
    }
    Some(Fault::plain(Subject::Nowhere, MISSING_TEMPLATE).with_code(codes::MISSING_BLOCK))
}

/// What is wrong with a node whatever the references at `unknown` evaluate to. Not memoized: asked
/// once per load and node.
pub(crate) fn precheck(
    db: &dyn Db,
    node: Node,
    unknown: impl Fn(Node) -> bool,
) -> Result<(), Fault> {
    let Some((instance, block)) = node.place(db) else { return Ok(()) };
    let hir = block_hir(db, block);
    let Some((_, definition)) = node_type(db, block) else { return Ok(()) };
    let Some((_, decode)) = definition.args else { return Ok(()) };
    if let Some(fault) = missing_template(hir) {
        return Err(fault);
    }
    let (refs, deps) = (refs(db, block), deps(db, block));
    let is_unknown = |target: &Target| match target {
        Target::Block { block, up, .. } => {
            node_further_out(db, instance, *block, *up).is_some_and(&unknown)
        }
        _ => false,
    };
    let unknown: Vec<ExprId> = refs
        .iter()
        .zip(&deps.targets)
        .filter(|(_, target)| is_unknown(target))
        .map(|(reference, _)| reference.first)
        .collect();
    let bindings = Bindings::new(db, instance, refs, deps);
    eval::precheck_body(hir, &Evaluator::new(hir, &bindings), decode, &unknown)
}

/// The variables that the references of one block read: exports of the blocks it refers to, nested
/// by the segments of their ids.
struct Bindings<'a> {
    db: &'a dyn Db,
    instance: Instance,
    exports: FxHashMap<SmolStr, Value>,
}

impl<'a> Bindings<'a> {
    /// O(references of the block).
    fn new(db: &'a dyn Db, instance: Instance, refs: &[names::Ref], deps: &names::Deps) -> Self {
        let mut exports = FxHashMap::default();
        for (reference, target) in refs.iter().zip(&deps.targets) {
            let Target::Block { block, segments, up } = target else { continue };
            let Some((first, rest)) = reference.path.split_first() else { continue };
            let node = node_further_out(db, instance, *block, *up);
            // A component that has not exported anything yet is an empty object.
            let value = node
                .and_then(|node| node.exports(db).clone())
                .unwrap_or_else(|| Value::from(Object::default()));
            let rest = &rest[..*segments as usize - 1];
            let slot: &mut Value = exports.entry(first.clone()).or_default();
            insert(slot, rest, value);
        }
        Self { db, instance, exports }
    }
}

/// The node of a block that stands `up` modules further out than `instance`.
fn node_further_out(db: &dyn Db, instance: Instance, block: Block, up: u32) -> Option<Node> {
    let instance = (0..up).try_fold(instance, |instance, _| instance.outer(db))?;
    db.node(instance, block)
}

/// Puts `value` into nested objects at `path`.
fn insert(slot: &mut Value, path: &[SmolStr], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *slot = value;
        return;
    };
    if !matches!(slot, Value::Object(_)) {
        *slot = Value::from(Object::default());
    }
    if let Value::Object(object) = slot {
        let object = Arc::make_mut(object);
        insert(object.members.entry(Str::from(first.as_str())).or_default(), rest, value);
    }
}

fn is_template(db: &dyn Db, instance: Instance) -> bool {
    instance.module(db).kind(db) == ModuleKind::Template
}

impl eval::Scope for Bindings<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.exports.get(name) {
            return Some(value.clone());
        }
        let mut instance = self.instance;
        loop {
            if let Some((variable, value)) = instance.variable(self.db)
                && variable == name
            {
                return Some(value.clone());
            }
            match instance.outer(self.db) {
                Some(outer) if name == "module_path" || is_template(self.db, instance) => {
                    instance = outer;
                }
                _ => break,
            }
        }
        (name == "module_path").then(|| Value::from(&*instance.module_path(self.db)))
    }

    fn env(&self, name: &str) -> Value {
        Value::from(self.db.env_var(name).value(self.db).as_deref().unwrap_or_default())
    }

    fn constants(&self) -> Value {
        self.db.host().constants(self.db).clone()
    }
}
