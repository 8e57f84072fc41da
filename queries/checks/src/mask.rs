//! Secrets in texts that are shown: stars stand for them, so that reports can be given to anybody.
//!
//! What is secret follows from the types of arguments alone. What looks like a placeholder is
//! masked too: nobody has to guess whether it is one.

use std::collections::BTreeSet;

use alloy_queries::Source;
use alloy_syntax::ast::{Body, Expr, LiteralKind, Statement};
use alloy_syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use alloy_value::{Lookup, Registry, StructSchema, TypeSchema};

use crate::model::{Argument, Model, bare, string};

/// Functions whose arguments name what they read, and say nothing secret.
const READERS: &[&str] = &["sys.env", "env"];

/// Modules as text in modules as text.
const MAX_DEPTH: usize = 8;

/// Where the secrets of each file stand, in no order.
pub(crate) fn secrets(model: &Model<'_>, registry: &'static Registry) -> Vec<Vec<TextRange>> {
    let mut found = of_model(model, registry, 0);
    for (file, found) in model.files.iter().zip(&mut found) {
        // Where braces are missing nobody knows what is inside of what.
        if !file.is_ok {
            broken(file.text, &secret_names(registry), found);
        }
        if file.text.contains("://") && file.text.contains('@') {
            urls(file.text, found);
        }
    }
    found
}

/// Names of all attributes that are secret somewhere.
fn secret_names(registry: &'static Registry) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    let mut seen = Vec::new();
    let mut open: Vec<&'static StructSchema> = registry
        .iter()
        .filter_map(|definition| definition.args)
        .map(|(schema, _)| schema())
        .collect();
    while let Some(schema) = open.pop() {
        if seen.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        seen.push(schema);
        for field in schema.fields {
            if field.ty.holds_secrets() {
                names.insert(field.name);
            }
            open.extend(field.ty.struct_schema());
        }
    }
    names
}

/// Strings of a text without a tree that stand behind the name of a secret, up to the end of the
/// line or of what is opened on it.
fn broken(text: &str, names: &BTreeSet<&str>, found: &mut Vec<TextRange>) {
    let (tokens, _) = alloy_syntax::lex(text);
    let mut depth = 0_usize;
    // Brackets around the secret that is being read.
    let mut secret: Option<usize> = None;
    let mut last_name = "";
    for token in tokens {
        let word = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        match token.kind {
            SyntaxKind::Ident => last_name = word,
            SyntaxKind::Assign => secret = names.contains(last_name).then_some(depth),
            SyntaxKind::Str if secret.is_some() => {
                let range = TextRange::new(token.start.into(), token.end.into());
                found.push(inside(range, word));
            }
            _ if matches!(word, "{" | "[" | "(") => depth += 1,
            _ if matches!(word, "}" | "]" | ")") => depth = depth.saturating_sub(1),
            _ if word.contains('\n') && secret.is_some_and(|around| depth <= around) => {
                secret = None;
            }
            _ => {}
        }
    }
}

fn of_model(model: &Model<'_>, registry: &'static Registry, depth: usize) -> Vec<Vec<TextRange>> {
    let mut found = vec![Vec::new(); model.files.len()];
    for node in &model.nodes {
        let Some(of_file) = found.get_mut(node.file) else { continue };
        // Any text of a component that is known by name alone may be a secret.
        if let (Lookup::NotBuilt(_), Some(body)) = (registry.lookup(&node.name), node.block.body())
        {
            texts(body.syntax(), of_file);
        }
        for argument in model.arguments(node) {
            match argument {
                Argument::Attribute { field, attribute, .. } => {
                    let Some(value) = attribute.value() else { continue };
                    if node.name == "import.string" && depth < MAX_DEPTH {
                        let inner = module(&value, registry, depth);
                        if let Some(inner) = inner {
                            of_file.extend(inner);
                            continue;
                        }
                    }
                    of_value(&field.ty, value, of_file);
                }
                // A body without fixed names: all values are of one type.
                Argument::Block { field, block } => {
                    if let (TypeSchema::Map(inner), Some(body)) = (field.ty, block.body()) {
                        free_body(inner, &body, of_file);
                    }
                }
            }
        }
    }
    found
}

/// The secrets in a module that stands as text in an expression; `None` if it is not written as it
/// is read.
fn module(value: &Expr, registry: &'static Registry, depth: usize) -> Option<Vec<TextRange>> {
    let literal = bare(value.clone());
    let text = string(&literal)?;
    let written = literal.syntax().text().to_string();
    if written.strip_prefix('`')?.strip_suffix('`')? != text {
        return None;
    }
    let start = literal.range().start() + TextSize::from(1);
    let sources = [Source { name: "import_string".into(), text: text.into() }];
    let model = Model::new(registry, &sources);
    let inner = of_model(&model, registry, depth + 1).into_iter().flatten();
    Some(inner.map(|range| range + start).collect())
}

fn free_body(inner: &TypeSchema, body: &Body, found: &mut Vec<TextRange>) {
    for statement in body.statements() {
        if let Statement::Attribute(attribute) = statement
            && let Some(value) = attribute.value()
        {
            of_value(inner, value, found);
        }
    }
}

fn of_value(ty: &TypeSchema, value: Expr, found: &mut Vec<TextRange>) {
    let value = bare(value);
    match (ty, &value) {
        (TypeSchema::Optional(inner), _) => of_value(inner, value, found),
        (TypeSchema::List(inner) | TypeSchema::FixedList(inner, _), Expr::Array(array)) => {
            array.elements().for_each(|element| of_value(inner, element, found));
        }
        (TypeSchema::Map(inner), Expr::Object(object)) => {
            let values = object.fields().filter_map(|field| field.value());
            values.for_each(|value| of_value(inner, value, found));
        }
        (TypeSchema::Struct(schema), Expr::Object(object)) => {
            for field in object.fields() {
                if let (Some(ty), Some(value)) = (member(schema(), &field.key()), field.value()) {
                    of_value(ty, value, found);
                }
            }
        }
        _ if ty.holds_secrets() => texts(value.syntax(), found),
        _ => {}
    }
}

fn member(schema: &'static StructSchema, name: &str) -> Option<&'static TypeSchema> {
    schema.find(name).map(|found| &found.member.unwrap_or(found.field).ty)
}

/// All string literals of an expression, and what was to be one; not keys, and not the names of
/// what is read.
fn texts(tree: &SyntaxNode, found: &mut Vec<TextRange>) {
    for node in tree.descendants() {
        let Some(Expr::Literal(literal)) = Expr::cast(node) else {
            continue;
        };
        if literal.kind() != LiteralKind::String || names_what_is_read(literal.syntax()) {
            continue;
        }
        found.push(inside(literal.range(), &literal.text()));
    }
}

fn names_what_is_read(literal: &SyntaxNode) -> bool {
    let callee = literal.ancestors().skip(1).find_map(|node| match Expr::cast(node) {
        Some(Expr::Call(call)) => Some(call.callee()),
        _ => None,
    });
    let of_call = callee
        .flatten()
        .is_some_and(|callee| READERS.iter().any(|reader| callee.syntax().text() == *reader));
    let of_index = literal.parent().is_some_and(|parent| {
        parent.kind() == SyntaxKind::IndexExpr && parent.first_child().as_ref() != Some(literal)
    });
    of_call || of_index
}

/// Without the quotes; the last one may be missing.
fn inside(range: TextRange, text: &str) -> TextRange {
    let quote = text.chars().next().unwrap_or('"');
    let closed = text.len() > 1 && text.ends_with(quote);
    let end = range.end() - TextSize::from(u32::from(closed));
    TextRange::new((range.start() + TextSize::from(1)).min(end), end)
}

/// Passwords in addresses, wherever those stand.
fn urls(text: &str, found: &mut Vec<TextRange>) {
    let (tokens, _) = alloy_syntax::lex(text);
    for token in tokens.iter().filter(|token| token.kind == SyntaxKind::Str) {
        let word = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        if let Some((from, to)) = password(word) {
            let at = |offset: usize| TextSize::from(token.start + offset as u32);
            found.push(TextRange::new(at(from), at(to)));
        }
    }
}

/// Where the password of an address stands in a text.
fn password(text: &str) -> Option<(usize, usize)> {
    let user = text.find("://")? + 3;
    let authority = text.get(user..)?.split(['/', '?', '#']).next()?;
    let at = authority.rfind('@')?;
    let colon = authority.get(..at)?.find(':')?;
    Some((user + colon + 1, user + at))
}

/// The text with stars for those ranges, byte for byte. Lines stay lines. Where a range would cut a
/// character the whole line is masked.
pub(crate) fn mask(text: &str, ranges: &[TextRange]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        let (mut start, mut end) = (usize::from(range.start()), usize::from(range.end()));
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            let line_feed = |byte: &u8| *byte == b'\n';
            let before = text.as_bytes().get(..start).unwrap_or_default();
            start = before.iter().rposition(line_feed).map_or(0, |at| at + 1);
            let rest = text.as_bytes().get(end..).unwrap_or_default();
            end += rest.iter().position(line_feed).unwrap_or(rest.len());
        }
        for byte in bytes.get_mut(start..end).into_iter().flatten() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    // Only whole characters were replaced, so this is the text as it was.
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, ranges: &[(u32, u32)]) -> String {
        let range = |(start, end): &(u32, u32)| TextRange::new((*start).into(), (*end).into());
        mask(text, &ranges.iter().map(range).collect::<Vec<_>>())
    }

    #[test]
    fn masking_keeps_lengths_and_lines() {
        assert_eq!(masked("a = \"b\nc\"\n", &[(5, 8)]), "a = \"*\n*\"\n");
        assert_eq!(masked("ä = \"öß\"", &[(6, 10)]), "ä = \"****\"");
        assert_eq!(masked("abc", &[]), "abc");
    }

    #[test]
    fn a_line_is_masked_whole_where_a_character_would_be_cut() {
        assert_eq!(masked("one\ntwö = 1\nthree", &[(5, 7)]), "one\n********\nthree");
        assert_eq!(masked("twö", &[(3, 4)]), "****");
    }

    #[test]
    fn passwords_are_found_in_addresses() {
        let found = |text: &str| password(text).map(|(from, to)| text[from..to].to_owned());
        assert_eq!(found("\"http://user:pa@ss@host/x@y\""), Some("pa@ss".to_owned()));
        assert_eq!(found("\"http://user@host/a:b\""), None);
        assert_eq!(found("\"http://host:80/a@b\""), None);
        assert_eq!(found("host"), None);
    }
}
