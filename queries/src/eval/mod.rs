//! Evaluates expressions of one block to values (spec/language.md §4 to §8).

mod access;
mod body;
mod calls;
mod ops;

use std::sync::Arc;

use alloy_value::{DecodeError, Object, PathSegment, Str, Value};

pub(crate) use body::{DecodeFn, evaluate_body, precheck_body};

use crate::fault::{Fault, Subject, decode_code};
use crate::hir::{BlockHir, Expr, ExprId};
use crate::rules::codes;
use crate::similar::KEYWORDS;
use crate::stdlib;

/// What identifiers and library functions read. The only way out of an expression, so that every
/// read is a tracked dependency of the query that evaluates.
pub(crate) trait Scope {
    /// A variable: exports of a component, `module_path`, ...
    fn variable(&self, name: &str) -> Option<Value>;
    /// An environment variable; empty if unset.
    fn env(&self, name: &str) -> Value;
    /// The `constants` object.
    fn constants(&self) -> Value;
}

/// Evaluates expressions of one block.
pub(crate) struct Evaluator<'a> {
    hir: &'a BlockHir,
    scope: &'a dyn Scope,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(hir: &'a BlockHir, scope: &'a dyn Scope) -> Self {
        Self { hir, scope }
    }

    /// Evaluates `id`. Recursion is bounded by the nesting limit of the parser.
    pub(crate) fn evaluate(&self, id: ExprId) -> Result<Value, Fault> {
        match self.hir.expr(id) {
            Expr::Missing => Err(Fault::plain(Subject::Expr(id), "expected expression")),
            Expr::Null => Ok(Value::Null),
            Expr::Bool(value) => Ok(Value::Bool(*value)),
            Expr::Int(value) => Ok(Value::Int(*value)),
            Expr::Uint(value) => Ok(Value::Uint(*value)),
            Expr::Float(value) => Ok(Value::Float(*value)),
            Expr::HugeFloat(text) => Err(Fault::plain(
                Subject::Nowhere,
                format!("strconv.ParseFloat: parsing \"{text}\": value out of range"),
            )),
            Expr::String(text) => Ok(Value::String(text.clone())),
            Expr::Array(items) => Ok(Value::Array(
                items.iter().map(|item| self.evaluate(*item)).collect::<Result<_, _>>()?,
            )),
            Expr::Object(fields) => self.object(fields),
            Expr::Ident(name) => self.identifier(id, name),
            Expr::Access { base, member } => {
                let value = self.evaluate(*base)?;
                access::member(&value, member).map_err(|refusal| match refusal {
                    access::Refusal::Member(message) => missing_member(id, &value, member, message),
                    access::Refusal::Base(message) => self.about(*base, &value, message),
                })
            }
            Expr::Index { base, index } => {
                let value = self.evaluate(*base)?;
                let key = self.evaluate(*index)?;
                access::index(&value, &key).map_err(|refusal| match refusal {
                    access::Refusal::Member(message) => self.about(*index, &key, message),
                    access::Refusal::Base(message) => self.about(*base, &value, message),
                })
            }
            Expr::Call { callee, args } => self.call(*callee, args),
            Expr::Unary { op, operand } => {
                let value = self.evaluate(*operand)?;
                ops::unary(*op, &value).map_err(|message| self.about(*operand, &value, message))
            }
            Expr::Binary { op, left, right } => {
                let (a, b) = (self.evaluate(*left)?, self.evaluate(*right)?);
                let null = (matches!(a, Value::Null), matches!(b, Value::Null));
                ops::binary(*op, a, b).map_err(|error| match error {
                    ops::OpError::Left(message) if null.0 => Fault::nowhere(message),
                    ops::OpError::Right(message) if null.1 => Fault::nowhere(message),
                    ops::OpError::Left(message) => Fault::at(*left, message),
                    ops::OpError::Right(message) => Fault::at(*right, message),
                })
            }
            Expr::Paren(inner) => self.evaluate(*inner),
        }
    }

    fn object(&self, fields: &[(Str, ExprId)]) -> Result<Value, Fault> {
        let mut object = Object::default();
        for (key, value) in fields {
            object.members.insert(key.clone(), self.evaluate(*value)?);
        }
        Ok(Value::Object(Arc::new(object)))
    }

    fn identifier(&self, id: ExprId, name: &str) -> Result<Value, Fault> {
        if let Some(value) = self.scope.variable(name) {
            return Ok(value);
        }
        if name == "constants" {
            return Ok(self.scope.constants());
        }
        stdlib::lookup(name).ok_or_else(|| {
            let quoted = alloy_value::quote(name);
            let mut fault =
                Fault::plain(Subject::Expr(id), format!("identifier {quoted} does not exist"))
                    .with_code(codes::UNRESOLVED_REFERENCE);
            let help = fault.help();
            help.plain = Some(format!("there is nothing called {quoted} here"));
            let names = stdlib::names().chain(KEYWORDS.iter().copied());
            help.suggest(name, names, Subject::Expr(id), str::to_owned);
            fault
        })
    }

    /// An error about the value of `expr`. Null values stand for no expression in messages.
    fn about(&self, expr: ExprId, value: &Value, message: impl Into<String>) -> Fault {
        if matches!(value, Value::Null) {
            Fault::nowhere(message)
        } else {
            Fault::at(expr, message)
        }
    }

    /// An error about a part of the value of `expr` (spec/language.md §13.5): the subject becomes
    /// the literal that produced the part, or stays with the path behind it.
    fn about_part(&self, expr: ExprId, value: &Value, error: DecodeError) -> Fault {
        decorate(self.hir, expr, Some(value), error)
    }
}

/// The error about a member that an object does not have; names those that it has.
fn missing_member(access: ExprId, value: &Value, member: &str, message: String) -> Fault {
    let mut fault = Fault::plain(Subject::Member(access), message).with_code(codes::UNKNOWN_EXPORT);
    let object = value.as_object();
    let members: Vec<_> = object.iter().flat_map(|o| o.members.keys()).map(Str::to_lossy).collect();
    let names = members.iter().map(|name| &**name).filter(|n| alloy_syntax::is_identifier(n));
    fault.help().suggest(member, names, Subject::Member(access), str::to_owned);
    fault
}

/// See [`Evaluator::about_part`]. Without `value` nothing is known about null parts.
pub(crate) fn decorate(
    hir: &BlockHir,
    expr: ExprId,
    value: Option<&Value>,
    error: DecodeError,
) -> Fault {
    let code = decode_code(&error);
    let mut subject = Some(expr);
    let mut known = expr;
    let mut path = String::new();
    let mut part = value.cloned();
    for segment in &error.path {
        part = part.and_then(|value| step_value(&value, segment));
        match subject.and_then(|subject| step_expr(hir, subject, segment)) {
            Some(next) => {
                subject = Some(next);
                known = next;
                path.clear();
            }
            None => {
                subject = None;
                push_segment(&mut path, segment);
            }
        }
    }
    if matches!(part, Some(Value::Null)) && path.is_empty() {
        return Fault::nowhere(error.message).with_code(code);
    }
    Fault { path, ..Fault::at(known, error.message).with_code(code) }
}

/// The literal element or field that `segment` leads to.
fn step_expr(hir: &BlockHir, expr: ExprId, segment: &PathSegment) -> Option<ExprId> {
    match (hir.expr(hir.strip_parens(expr)), segment) {
        (Expr::Array(items), PathSegment::Index(index)) => items.get(*index).copied(),
        (Expr::Object(fields), PathSegment::Field(name)) => fields
            .iter()
            .rev()
            .find(|(key, _)| key.as_bytes() == name.as_bytes())
            .map(|(_, value)| *value),
        _ => None,
    }
}

fn step_value(value: &Value, segment: &PathSegment) -> Option<Value> {
    match (value, segment) {
        (Value::Array(items), PathSegment::Index(index)) => items.get(*index).cloned(),
        (_, PathSegment::Field(name)) => value.as_object()?.get(name).cloned(),
        _ => None,
    }
}

fn push_segment(path: &mut String, segment: &PathSegment) {
    match segment {
        PathSegment::Index(index) => path.push_str(&format!("[{index}]")),
        PathSegment::Field(name) => {
            path.push('.');
            path.push_str(name);
        }
    }
}
