//! Attributes that are set to what they are anyway.

use alloy_queries::rules::codes;
use alloy_queries::{ExpressionScope, evaluate_expression};
use alloy_syntax::ast::{Attribute, Expr};
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix, SyntaxKind};
use alloy_value::{GoDuration, TypeSchema, Value, quote};

use crate::model::{Argument, Model, bare};

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        for argument in model.arguments(node) {
            let Argument::Attribute { owner, field, attribute, own_defaults: true } = argument
            else {
                continue;
            };
            if field.required {
                continue;
            }
            let Some(value) = attribute.value().map(bare).as_ref().and_then(literal) else {
                continue;
            };
            let Some(default) = owner.default_of(field.name) else { continue };
            if !is_same(&value, &default, &field.ty) {
                continue;
            }
            let message = format!("{} has this value anyway", quote(field.name));
            let range = attribute.range();
            let mut finding = model.finding(index, range, codes::REDUNDANT_DEFAULT, message);
            finding.fixes.extend(removal(model.text(node), &attribute));
            found.push(finding);
        }
    }
}

/// The value of a literal that is no array or object; those are rarely written out by accident.
fn literal(expr: &Expr) -> Option<Value> {
    let is_literal = match expr {
        Expr::Literal(_) => true,
        Expr::Unary(unary) => matches!(unary.operand(), Some(Expr::Literal(_))),
        _ => false,
    };
    if !is_literal {
        return None;
    }
    let text = expr.syntax().text().to_string();
    evaluate_expression(&text, &ExpressionScope::default(), |value| Ok(value.clone())).ok()
}

fn is_same(value: &Value, default: &Value, ty: &TypeSchema) -> bool {
    match (ty, value, default) {
        (TypeSchema::Optional(_), _, Value::Null) => false,
        (TypeSchema::Optional(inner), ..) => is_same(value, default, inner),
        (TypeSchema::Duration, Value::String(a), Value::String(b)) => {
            let parse = |text: &alloy_value::Str| text.to_lossy().parse::<GoDuration>().ok();
            parse(a).is_some_and(|a| Some(a) == parse(b))
        }
        (TypeSchema::Bool | TypeSchema::Number(_) | TypeSchema::String, a, b)
        | (TypeSchema::OneOf(_) | TypeSchema::Text(_), a, b) => a == b,
        _ => false,
    }
}

/// Removes the lines of an attribute, if there is nothing else on them.
fn removal(text: &str, attribute: &Attribute) -> Option<Fix> {
    let node = attribute.syntax();
    let has_comment =
        node.descendants_with_tokens().any(|element| element.kind() == SyntaxKind::Comment);
    let range = attribute.range();
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let length = rest.find('\n')?;
    let alone = text.get(line..start)?.trim().is_empty() && rest.get(..length)?.trim().is_empty();
    (alone && !has_comment).then(|| Fix {
        title: "remove the line".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![Edit { span: line as u32..(end + length + 1) as u32, text: String::new() }],
    })
}
