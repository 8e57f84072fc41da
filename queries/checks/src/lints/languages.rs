//! Texts in languages of their own: expressions, addresses and documents, as far as the types of
//! the arguments do not refuse them.

use alloy_flow_regex::Regex;
use alloy_queries::rules::codes;
use alloy_queries::{ExpressionScope, evaluate_expression};
use alloy_syntax::Diagnostic;
use alloy_syntax::ast::Expr;
use alloy_value::{FieldKind, Value, quote};

use crate::model::{Argument, Model, bare, string};

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        for argument in model.arguments(node) {
            let Argument::Attribute { field, attribute, .. } = argument else { continue };
            let (Some(syntax), FieldKind::Attribute) = (field.syntax(), field.kind) else {
                continue;
            };
            let Some(value) = attribute.value() else { continue };
            let mut texts = Vec::new();
            literals(bare(value), &mut texts);
            for (expr, text) in texts {
                if syntax == "regex" && !can_match(&text) {
                    let message = format!("nothing matches the expression {}", quote(&text));
                    let range = expr.range();
                    found.push(model.finding(index, range, codes::REGEX_NEVER_MATCHES, message));
                }
                let Some(cause) = wrong(syntax, &text) else { continue };
                let message = format!("{} is no {}: {cause}", quote(field.name), name(syntax));
                found.push(model.finding(index, expr.range(), codes::MALFORMED_TEXT, message));
            }
        }
    }
}

/// String literals that are the value, or members of it.
fn literals(expr: Expr, found: &mut Vec<(Expr, String)>) {
    match &expr {
        Expr::Literal(_) => {
            if let Some(text) = string(&expr) {
                found.push((expr, text));
            }
        }
        Expr::Array(array) => array.elements().for_each(|e| literals(bare(e), found)),
        Expr::Object(object) => {
            object.fields().filter_map(|f| f.value()).for_each(|e| literals(bare(e), found));
        }
        _ => {}
    }
}

/// True also for what is no expression.
fn can_match(pattern: &str) -> bool {
    Regex::can_match(pattern).unwrap_or(true)
}

fn name(syntax: &str) -> &'static str {
    match syntax {
        "regex" => "regular expression",
        "json" => "JSON",
        "yaml" => "YAML",
        _ => "text of the needed form",
    }
}

/// What is wrong with a text; `None` for languages that only their component can judge.
fn wrong(syntax: &str, text: &str) -> Option<String> {
    match syntax {
        "regex" => Regex::new(text).err().map(|error| error.to_string()),
        "json" | "yaml" if !text.trim().is_empty() => {
            let call = format!("encoding.from_{syntax}({})", quote(text));
            failure(&call)
        }
        _ => None,
    }
}

fn failure(expression: &str) -> Option<String> {
    let scope = ExpressionScope::default();
    let outcome = evaluate_expression(expression, &scope, |_: &Value| Ok(()));
    outcome.err()?.into_iter().next().map(|diagnostic| diagnostic.message)
}
