//! The smallest configuration that uses a component or config block.

use std::fmt::Write as _;

use crate::{Attribute, Block, Entry};

/// A block with everything that is required, formatted.
pub(crate) fn example(entry: &Entry) -> String {
    let label = if entry.label == "required" { " \"example\"" } else { "" };
    let mut text = format!("{}{label} {{\n", entry.name);
    body(&mut text, &entry.attributes, &entry.blocks, "");
    text.push_str("}\n");
    alloy_syntax::format(&text).unwrap_or(text)
}

fn body(text: &mut String, attributes: &[Attribute], blocks: &[Block], path: &str) {
    for attribute in attributes.iter().filter(|attribute| attribute.required) {
        // Writing to a string cannot fail, here and below.
        let _ok = writeln!(text, "{} = {}", attribute.name, value(attribute));
    }
    for block in blocks {
        let Some(name) = block.path.strip_prefix(path) else { continue };
        if !block.required || name.contains(SEPARATOR) {
            continue;
        }
        let label = if block.label.is_some() { " \"example\"" } else { "" };
        let _ok = writeln!(text, "\n{name}{label} {{");
        body(text, &block.attributes, blocks, &format!("{}{SEPARATOR}", block.path));
        text.push_str("}\n");
    }
}

const SEPARATOR: &str = " > ";

/// A value that the attribute may have.
fn value(attribute: &Attribute) -> String {
    if let Some(text) = attribute.constants.iter().find(|text| !text.is_empty())
        && attribute.ty == "string"
    {
        return alloy_value::quote(text);
    }
    let text = match attribute.ty.as_str() {
        "bool" => "true",
        "number" => "1",
        "duration" => "\"1m\"",
        "secret" | "optional_secret" => "sys.env(\"SECRET\")",
        "string" => match attribute.syntax {
            Some("bytes") => "\"1MiB\"",
            Some("regex") => "\".*\"",
            Some("url") => "\"http://localhost\"",
            _ => "\"text\"",
        },
        "any" => "\"value\"",
        "object" => "{}",
        "capsule(relabel.Rules)" => "discovery.relabel.other.rules",
        "capsule(otelcol.Handler)" => "otelcol.auth.basic.other.handler",
        "capsule(otelcol.StorageHandler)" => "otelcol.storage.file.other.handler",
        ty if ty.starts_with("map(") => "{}",
        ty if ty.starts_with("list(") => "[]",
        // Whatever it is, one of that kind.
        _ => "null",
    };
    text.to_owned()
}
