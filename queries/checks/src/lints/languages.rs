//! Texts in languages of their own: expressions, addresses and documents, as far as the types of
//! the arguments do not refuse them.

use std::ops::Range;

use alloy_flow_logql::parse;
use alloy_flow_regex::{Regex, RegexError};
use alloy_queries::rules::codes;
use alloy_queries::{ExpressionScope, evaluate_expression};
use alloy_syntax::ast::Expr;
use alloy_syntax::{Diagnostic, TextRange, TextSize, unescape};
use alloy_value::{FieldKind, Value, quote};

use super::is_same;
use crate::model::{Argument, Model, bare, string};

/// Adds what is wrong with such texts to `found`. What `known` says of a whole text goes once a part
/// of it is marked.
pub(crate) fn lint(model: &Model<'_>, known: &mut Vec<Diagnostic>, found: &mut Vec<Diagnostic>) {
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
                let Some((cause, part)) = wrong(syntax, &text) else { continue };
                let message = format!("{} is no {}: {cause}", quote(field.name), name(syntax));
                let range = match part {
                    Some(part) => {
                        let whole = model.finding(
                            index,
                            expr.range(),
                            codes::MALFORMED_TEXT,
                            String::new(),
                        );
                        known.retain(|known| !is_same(known, &whole));
                        inside(&expr, part)
                    }
                    None => expr.range(),
                };
                found.push(model.finding(index, range, codes::MALFORMED_TEXT, message));
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
        "logql" => "LogQL selector",
        "yaml" => "YAML",
        _ => "text of the needed form",
    }
}

/// What is wrong with a text, and with which part of it; `None` for languages that only their
/// component can judge.
fn wrong(syntax: &str, text: &str) -> Option<(String, Option<Range<usize>>)> {
    match syntax {
        "regex" => {
            let error = Regex::new(text).err()?;
            let part = match &error {
                RegexError::Syntax { part, .. } if !part.is_empty() => {
                    text.find(part.as_str()).map(|at| at..at + part.len())
                }
                _ => None,
            };
            Some((error.to_string(), part))
        }
        "logql" => {
            // Without a selector the component complains itself.
            let error = parse(text).err().filter(|_| !text.is_empty())?;
            Some((error.reason, Some(error.range)))
        }
        "json" | "yaml" if !text.trim().is_empty() => {
            let call = format!("encoding.from_{syntax}({})", quote(text));
            failure(&call).map(|cause| (cause, None))
        }
        _ => None,
    }
}

/// Where a part of the value of a string literal is written; the quote behind it where it is empty.
fn inside(literal: &Expr, part: Range<usize>) -> TextRange {
    let written = literal.syntax().text().to_string();
    let at = |offset: usize| literal.range().start() + TextSize::from(written_at(&written, offset));
    let (start, end) = (at(part.start), at(part.end));
    match start < end {
        true => TextRange::new(start, end),
        false => TextRange::at(start, TextSize::from(1)),
    }
}

/// Offset in a string literal of the byte `offset` of its value.
fn written_at(written: &str, offset: usize) -> u32 {
    let mut value = 0;
    let mut at = 1;
    let is_raw = written.starts_with('`');
    while value < offset && at + 1 < written.len() {
        let rest = written.get(at..).unwrap_or_default();
        let len = match rest.as_bytes() {
            // A raw text has no carriage returns.
            [b'\r', ..] if is_raw => {
                at += 1;
                continue;
            }
            [b'\\', kind, ..] if !is_raw => match kind {
                b'x' | b'0'..=b'7' => 4,
                b'u' => 6,
                b'U' => 10,
                _ => 2,
            },
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        let part = rest.get(..len).unwrap_or(rest);
        value += match part.starts_with('\\') && !is_raw {
            true => unescape(&format!("\"{part}\"")).len(),
            false => part.len(),
        };
        at += part.len();
    }
    at as u32
}

fn failure(expression: &str) -> Option<String> {
    let scope = ExpressionScope::default();
    let outcome = evaluate_expression(expression, &scope, |_: &Value| Ok(()));
    outcome.err()?.into_iter().next().map(|diagnostic| diagnostic.message)
}

#[cfg(test)]
mod tests {
    use super::written_at;

    #[test]
    fn parts_of_a_value_are_found_in_its_literal() {
        let at = |written: &str, offset| written_at(written, offset);
        assert_eq!(at(r#""abc""#, 2), 3);
        assert_eq!(at(r#""a\\b\"c""#, 2), 4);
        assert_eq!(at(r#""\x41\u00e4b""#, 3), 11);
        assert_eq!(at("`a\\b`", 2), 3);
        assert_eq!(at("`a\r\nb`", 2), 4);
        assert_eq!(at("\"äb\"", 2), 3);
        assert_eq!(at(r#""ab""#, 9), 3);
    }
}
