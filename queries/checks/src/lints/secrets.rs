//! Secrets in plain text.

use alloy_queries::rules::codes;
use alloy_syntax::Diagnostic;
use alloy_syntax::ast::Expr;
use alloy_value::{TypeSchema, quote};

use crate::model::{Argument, Model, bare, string};

/// Shorter texts in lists and maps, such as header values, are rarely secret.
const LEAST_RANDOM: usize = 16;

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        for argument in model.arguments(node) {
            let Argument::Attribute { field, attribute, .. } = argument else { continue };
            let Some(value) = attribute.value() else { continue };
            let mut literals = Vec::new();
            secrets(&field.ty, bare(value), true, &mut literals);
            for literal in literals {
                // The value itself is never part of a message.
                let message = format!("the secret {} is in plain text", quote(field.name));
                let finding = model.finding(index, literal.range(), codes::LITERAL_SECRET, message);
                found.push(finding.with_note(
                    "read it from the environment with sys.env, from a file with local.file, or \
                     from a secret store with remote.vault",
                ));
            }
        }
    }
}

/// String literals in places where a type wants secrets.
fn secrets(ty: &TypeSchema, value: Expr, alone: bool, found: &mut Vec<Expr>) {
    match (ty, &value) {
        (TypeSchema::Optional(inner), _) => secrets(inner, value, alone, found),
        (TypeSchema::Secret, _) => {
            let Some(text) = string(&value) else { return };
            let text = text.trim();
            let is_secret = match alone {
                true => !is_placeholder(text),
                false => is_random(text) && !is_placeholder(text),
            };
            if is_secret {
                found.push(value);
            }
        }
        (TypeSchema::List(inner) | TypeSchema::FixedList(inner, _), Expr::Array(array)) => {
            for element in array.elements() {
                secrets(inner, bare(element), false, found);
            }
        }
        (TypeSchema::Map(inner), Expr::Object(object)) => {
            for value in object.fields().filter_map(|field| field.value()) {
                secrets(inner, bare(value), false, found);
            }
        }
        _ => {}
    }
}

/// True for texts that somebody has to replace, and for no text.
fn is_placeholder(text: &str) -> bool {
    text.is_empty()
        || (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with("${") && text.ends_with('}'))
        || (text.starts_with("{{") && text.ends_with("}}"))
}

/// True for texts that look like keys and tokens: long, without blanks, of letters and digits.
fn is_random(text: &str) -> bool {
    text.len() >= LEAST_RANDOM
        && !text.contains(char::is_whitespace)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
        && !text.contains("://")
        && !text.contains('/')
}
