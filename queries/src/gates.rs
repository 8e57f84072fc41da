//! Attributes and nested blocks that need a lower stability level than their component.
//!
//! The reference finds them when it builds the component, so they are findings of ours only.

use alloy_value::{Field, FieldKind, GoDuration, Str, StructSchema, TypeSchema, Value, quote};

use crate::check::{Finding, too_unstable};
use crate::custom::node_type;
use crate::db::Db;
use crate::fault::{Part, Subject};
use crate::hir::{BlockHir, Expr, ExprId, Statement};
use crate::inputs::Block;
use crate::queries::block_hir;
use crate::rules::codes;

/// What of a block is set although the stability level does not allow it. What only evaluation
/// tells is not looked at.
pub(crate) fn findings(db: &dyn Db, block: Block) -> Vec<Finding> {
    let schema = node_type(db, block).and_then(|(_, definition)| definition.args);
    let Some((schema, _)) = schema else { return Vec::new() };
    let hir = block_hir(db, block);
    let mut gates = Gates { db, hir, path: Vec::new(), findings: Vec::new() };
    gates.body(schema(), &hir.statements, true);
    gates.findings
}

struct Gates<'a> {
    db: &'a dyn Db,
    hir: &'a BlockHir,
    /// Statement indices that lead to the body under way.
    path: Vec<u32>,
    findings: Vec<Finding>,
}

impl Gates<'_> {
    fn body(&mut self, schema: &'static StructSchema, statements: &[Statement], defaults: bool) {
        for (at, statement) in statements.iter().enumerate() {
            self.path.push(at as u32);
            match statement {
                Statement::Attribute { name, value } => {
                    if let Some(field) = schema.find(name).map(|found| found.field)
                        && field.stability.is_some()
                        && let Some(what) = self.gated(schema, field, *value, defaults)
                    {
                        self.deny(field, &what);
                    }
                }
                Statement::Block(block) => self.block(schema, &block.name, &block.statements),
            }
            self.path.pop();
        }
    }

    fn block(&mut self, schema: &'static StructSchema, name: &str, statements: &[Statement]) {
        let Some(found) = schema.find(name) else { return };
        let field = found.member.unwrap_or(found.field);
        let Some(inner) = inner(&field.ty) else { return };
        // Unless it has its own, its defaults are those that the body around it gives it.
        if field.stability.is_some() && self.differs(inner, statements) {
            self.deny(field, &format!("block {}", quote(name)));
        }
        self.body(inner, statements, inner.own_defaults);
    }

    /// True if a body sets something to what it is not anyway.
    fn differs(&self, schema: &'static StructSchema, statements: &[Statement]) -> bool {
        statements.iter().any(|statement| match statement {
            Statement::Attribute { name, value } => {
                let Some(field) = schema.find(name).map(|found| found.field) else { return false };
                let default = schema.default_of(name).filter(|_| schema.own_defaults);
                let value = value_of(self.hir, *value);
                matches!((value, default), (Some(value), Some(default))
                    if !is_same(&field.ty, &value, &default))
            }
            Statement::Block(block) => {
                let field = schema.find(&block.name).map(|found| found.field);
                let inner = field.and_then(|field| inner(&field.ty));
                inner.is_some_and(|inner| self.differs(inner, &block.statements))
            }
        })
    }

    /// What a gated attribute is called in the message, if this value is one that is gated.
    fn gated(
        &self,
        schema: &'static StructSchema,
        field: &'static Field,
        value: ExprId,
        defaults: bool,
    ) -> Option<String> {
        let value = value_of(self.hir, value)?;
        let name = quote(field.name);
        let Some(gated) = field.stability_of else {
            let default = schema.default_of(field.name).filter(|_| defaults)?;
            let differs = !is_same(&field.ty, &value, &default);
            return differs.then(|| format!("attribute {name}"));
        };
        let is_it = |value: &Value| matches!(value, Value::String(text) if text.as_bytes() == gated.as_bytes());
        let is_gated = match &value {
            Value::Array(items) => items.iter().any(is_it),
            value => is_it(value),
        };
        is_gated.then(|| format!("{} in attribute {name}", quote(gated)))
    }

    fn deny(&mut self, field: &Field, what: &str) {
        let minimum = self.db.host().stability(self.db);
        let message = field.stability.and_then(|level| too_unstable(what, level, minimum));
        let part = if field.kind == FieldKind::Attribute { Part::Whole } else { Part::Header };
        let subject = Subject::Statement(self.path.as_slice().into(), part);
        let finding = message.map(|message| Finding::error(subject, message));
        self.findings.extend(finding.map(|finding| finding.with_code(codes::STABILITY)));
    }
}

/// What a nested block holds.
fn inner(ty: &TypeSchema) -> Option<&'static StructSchema> {
    match ty {
        TypeSchema::Struct(schema) => Some(schema()),
        TypeSchema::Optional(inner_type)
        | TypeSchema::List(inner_type)
        | TypeSchema::FixedList(inner_type, _) => inner(inner_type),
        _ => None,
    }
}

/// A value that the text alone tells.
fn value_of(hir: &BlockHir, id: ExprId) -> Option<Value> {
    match hir.expr(hir.strip_parens(id)) {
        Expr::Array(items) => {
            let items: Option<Vec<Value>> = items.iter().map(|item| value_of(hir, *item)).collect();
            items.map(Value::from)
        }
        expr => expr.literal(),
    }
}

/// True if two values mean the same to an attribute of this type; also if that is not known.
fn is_same(ty: &TypeSchema, value: &Value, default: &Value) -> bool {
    let duration = |text: &Str| text.to_lossy().parse::<GoDuration>().ok();
    match (ty, value, default) {
        (TypeSchema::Optional(inner), ..) => is_same(inner, value, default),
        (TypeSchema::Duration, Value::String(a), Value::String(b)) => {
            duration(a).is_none() || duration(a) == duration(b)
        }
        (TypeSchema::Bool | TypeSchema::Number(_) | TypeSchema::String, a, b)
        | (TypeSchema::Text(_) | TypeSchema::OneOf(_), a @ Value::String(_), b) => a == b,
        _ => true,
    }
}
