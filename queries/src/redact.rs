//! Configuration texts as they may be shown to others: formatted, with `"(secret)"` for every
//! literal that becomes a secret (spec/language.md §9, §12.8).
//!
//! What an expression computes is not looked at: names and calls stay as they are written.

use alloy_syntax::ast::{self, Body, Expr, Statement};
use alloy_syntax::{Diagnostic, TextRange};
use alloy_value::{FieldKind, Lookup, Registry, StructSchema, TypeSchema};

use crate::hir::opens_module;

/// What stands for a secret.
const SHOWN: &str = "\"(secret)\"";

/// A configuration without the secrets that are written in it. Components that this version knows by name alone
/// show no strings at all, because any of them may be a secret.
///
/// # Errors
/// What is wrong with its syntax: such a text is not shown.
pub fn redact_file(text: &str, registry: &Registry) -> Result<String, Vec<Diagnostic>> {
    redacted(text, |body, found| module(registry, body, secrets, found))
}

/// The statements of `text` as arguments with that schema, without the secrets that are written
/// there.
///
/// # Errors
/// What is wrong with their syntax.
pub fn redact_body(text: &str, schema: &'static StructSchema) -> Result<String, Vec<Diagnostic>> {
    redacted(text, |body, found| arguments(schema, body, secrets, found))
}

/// The part `start..end` of a block's text, as it may be shown in messages: without the strings in
/// the values of secrets, whatever the values make of them. What names something that is read is
/// none of those.
pub(crate) fn redact_part(text: &str, start: usize, end: usize, registry: &Registry) -> String {
    let mut found = Vec::new();
    module(registry, &alloy_syntax::parse_file(text).file().body(), strings_of_secrets, &mut found);
    let mut out = String::new();
    let mut done = start;
    for range in found {
        let (from, to) = (usize::from(range.start()), usize::from(range.end()));
        if from >= done && to <= end {
            out.push_str(text.get(done..from).unwrap_or_default());
            out.push_str(SHOWN);
            done = to;
        }
    }
    out.push_str(text.get(done..end).unwrap_or_default());
    out
}

/// Collects what of a value of this type must not be shown.
type Collect = fn(&'static TypeSchema, Expr, &mut Vec<TextRange>);

fn redacted(
    text: &str,
    find: impl FnOnce(&Body, &mut Vec<TextRange>),
) -> Result<String, Vec<Diagnostic>> {
    let parse = alloy_syntax::parse_file(text);
    if !parse.is_ok() {
        return Err(parse.diagnostics().to_vec());
    }
    let mut found = Vec::new();
    find(&parse.file().body(), &mut found);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in found {
        out.push_str(&text[done..usize::from(range.start())]);
        out.push_str(SHOWN);
        done = usize::from(range.end());
    }
    out.push_str(&text[done..]);
    alloy_syntax::format(&out)
}

/// Blocks of a module, in order.
fn module(registry: &Registry, body: &Body, collect: Collect, found: &mut Vec<TextRange>) {
    for block in body.blocks() {
        let Some(inner) = block.body() else { continue };
        let name = block.name();
        if opens_module(&name) {
            module(registry, &inner, collect, found);
            continue;
        }
        match registry.lookup(&name) {
            Lookup::Known(definition) => {
                if let Some((schema, _)) = definition.args {
                    arguments(schema(), &inner, collect, found);
                }
            }
            Lookup::NotBuilt(_) => {
                let values = inner.syntax().descendants().filter_map(ast::LiteralExpr::cast);
                let strings = values.filter(|literal| literal.string().is_some());
                found.extend(strings.map(|literal| literal.range()));
            }
            // What a custom component takes has no types.
            Lookup::Unknown => {}
        }
    }
}

fn arguments(
    schema: &'static StructSchema,
    body: &Body,
    collect: Collect,
    found: &mut Vec<TextRange>,
) {
    for statement in body.statements() {
        match statement {
            Statement::Attribute(attribute) => {
                let name = attribute.name();
                let Some(field) = name.and_then(|name| schema.find(name.text())) else { continue };
                if let (FieldKind::Attribute, Some(value)) = (field.field.kind, attribute.value()) {
                    collect(&field.field.ty, value, found);
                }
            }
            Statement::Block(block) => {
                let (Some(field), Some(inner)) = (schema.find(&block.name()), block.body()) else {
                    continue;
                };
                match field.body() {
                    Some(schema) => arguments(schema, &inner, collect, found),
                    // A map, written as a block.
                    None => {
                        let ty = &field.member.unwrap_or(field.field).ty;
                        let values = inner.attributes().filter_map(|attribute| attribute.value());
                        values.for_each(|value| collect(element(ty), value, found));
                    }
                }
            }
        }
    }
}

/// The type of the members of a map.
fn element(ty: &'static TypeSchema) -> &'static TypeSchema {
    match ty {
        TypeSchema::Map(inner) => inner,
        TypeSchema::Optional(inner) => element(inner),
        other => other,
    }
}

/// Literals in the places of a value where its type has secrets.
fn secrets(ty: &'static TypeSchema, value: Expr, found: &mut Vec<TextRange>) {
    match (ty, &value) {
        (_, Expr::Paren(paren)) => {
            if let Some(inner) = paren.inner() {
                secrets(ty, inner, found);
            }
        }
        (TypeSchema::Optional(inner), _) => secrets(inner, value, found),
        (TypeSchema::Secret | TypeSchema::OptionalSecret, Expr::Literal(literal)) => {
            found.push(literal.range());
        }
        (TypeSchema::List(inner) | TypeSchema::FixedList(inner, _), Expr::Array(array)) => {
            array.elements().for_each(|element| secrets(inner, element, found));
        }
        (TypeSchema::Map(inner), Expr::Object(object)) => {
            let values = object.fields().filter_map(|field| field.value());
            values.for_each(|value| secrets(inner, value, found));
        }
        (TypeSchema::Struct(schema), Expr::Object(object)) => {
            for field in object.fields() {
                if let (Some(known), Some(value)) = (schema().find(&field.key()), field.value()) {
                    secrets(&known.field.ty, value, found);
                }
            }
        }
        _ => {}
    }
}

/// All strings of a value that is a secret or has some.
fn strings_of_secrets(ty: &'static TypeSchema, value: Expr, found: &mut Vec<TextRange>) {
    match (ty.struct_schema(), &value) {
        (Some(schema), Expr::Object(object)) => {
            for field in object.fields() {
                if let (Some(known), Some(value)) = (schema.find(&field.key()), field.value()) {
                    strings_of_secrets(&known.field.ty, value, found);
                }
            }
        }
        (Some(_), Expr::Array(array)) => {
            array.elements().for_each(|element| strings_of_secrets(ty, element, found));
        }
        _ if ty.holds_secrets() => strings(Some(value), found),
        _ => {}
    }
}

fn strings(value: Option<Expr>, found: &mut Vec<TextRange>) {
    match value {
        Some(Expr::Literal(literal)) if literal.string().is_some() => found.push(literal.range()),
        Some(Expr::Array(array)) => array.elements().for_each(|e| strings(Some(e), found)),
        Some(Expr::Object(object)) => object.fields().for_each(|f| strings(f.value(), found)),
        Some(Expr::Paren(paren)) => strings(paren.inner(), found),
        Some(Expr::Unary(unary)) => strings(unary.operand(), found),
        Some(Expr::Binary(binary)) => {
            strings(binary.left(), found);
            strings(binary.right(), found);
        }
        Some(Expr::Access(access)) => strings(access.base(), found),
        // The index names a member.
        Some(Expr::Index(index)) => strings(index.base(), found),
        Some(Expr::Call(call)) => {
            let callee = call.callee().map(|callee| callee.syntax().text().to_string());
            if !matches!(callee.as_deref(), Some("sys.env" | "env")) {
                call.args().for_each(|arg| strings(Some(arg), found));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: &Expect) {
        expected.assert_eq(&redact_file(text, &crate::tests::REGISTRY).unwrap());
    }

    #[test]
    fn literals_that_become_secrets_are_not_shown() {
        check(
            r#"
            // token "open"
            test.node "a" {
              token = ( "hunter2" )  // why
              text = "hunter3"
            }
            test.node "b" { token = sys.env("TOKEN") }
            test.node "c" {
              token = `two
              lines`
            }"#,
            &expect![[r#"
                // token "open"
                test.node "a" {
                	token = ("(secret)") // why
                	text  = "hunter3"
                }

                test.node "b" {
                	token = sys.env("TOKEN")
                }

                test.node "c" {
                	token = "(secret)"
                }
            "#]],
        );
    }

    #[test]
    fn parts_of_secrets_in_messages_show_no_strings() {
        let text = r#"test.node "a" {
            token = coalesce(sys.env("NAME"), ("hunter" + 'x'), ["hunter"][0], local.x["name"])
            text  = "open"
        }"#
        .replace("'x'", "\"hunter\"");
        let shown = redact_part(&text, 0, text.len(), &crate::tests::REGISTRY);
        expect![[r#"
            test.node "a" {
                        token = coalesce(sys.env("NAME"), ("(secret)" + "(secret)"), ["(secret)"][0], local.x["name"])
                        text  = "open"
                    }"#]]
        .assert_eq(&shown);
        let at = text.find("(\"hunter").unwrap();
        let part = redact_part(&text, at, at + 9, &crate::tests::REGISTRY);
        assert_eq!(part, "(\"(secret)\"");
    }

    #[test]
    fn modules_are_looked_into() {
        check(
            r#"
            declare "d" {
              test.node "a" { token = "hunter2" }
              foreach "f" { template { test.node "a" { token = "hunter2" } } }
            }
            d "x" { token = "open" }"#,
            &expect![[r#"
                declare "d" {
                	test.node "a" {
                		token = "(secret)"
                	}

                	foreach "f" {
                		template {
                			test.node "a" {
                				token = "(secret)"
                			}
                		}
                	}
                }

                d "x" {
                	token = "open"
                }
            "#]],
        );
    }

    #[test]
    fn components_without_known_arguments_show_no_strings() {
        check(
            r#"loki.write "a" { endpoint { url = "http://u:p@h" + x.y["z"]
                size = 3 } }"#,
            &expect![[r#"
                loki.write "a" {
                	endpoint {
                		url  = "(secret)" + x.y["(secret)"]
                		size = 3
                	}
                }
            "#]],
        );
    }

    #[test]
    fn broken_text_is_not_shown() {
        assert!(
            redact_file("test.node \"a\" { token = \"hunter2\"", &crate::tests::REGISTRY).is_err()
        );
    }
}
