//! The smallest configuration that uses a component or config block.

use std::fmt::Write as _;

use crate::{Attribute, Block, Entry};

const SEPARATOR: &str = " > ";

/// What components need that no single attribute or block requires: component, path of the block,
/// attribute, value.
const NEEDED: &[(&str, &str, &str, &str)] = &[
    ("discovery.docker", "", "host", "\"unix:///var/run/docker.sock\""),
    ("loki.source.docker", "", "host", "\"unix:///var/run/docker.sock\""),
    ("loki.write", "endpoint", "url", "\"http://localhost:3100/loki/api/v1/push\""),
    ("otelcol.auth.basic", "client_auth", "username", "\"user\""),
    ("otelcol.auth.basic", "client_auth", "password", "sys.env(\"SECRET\")"),
    ("otelcol.exporter.loadbalancing", "resolver > static", "hostnames", "[\"localhost:4317\"]"),
    ("otelcol.processor.memory_limiter", "", "limit", "\"512MiB\""),
    ("otelcol.receiver.jaeger", "protocols > grpc", "endpoint", "\"localhost:14250\""),
    ("prometheus.exporter.mysql", "", "data_source_name", "sys.env(\"SECRET\")"),
];

/// A block with everything that is needed, formatted.
pub(crate) fn example(entry: &Entry) -> String {
    let needed = NEEDED.iter().filter(|needed| needed.0 == entry.name);
    let needed: Vec<_> = needed.map(|(_, path, name, value)| (*path, *name, *value)).collect();
    configuration(entry, &needed)
}

/// A block with everything that is required, and with more attributes, each by the path of its block
/// (empty for the body itself), its name and its value as text. What there is no attribute for is
/// left out. Formatted; the label is `example`.
pub fn configuration(entry: &Entry, with: &[(&str, &str, &str)]) -> String {
    let label = if entry.label == "required" { " \"example\"" } else { "" };
    let mut text = format!("{}{label} {{\n", entry.name);
    Writer { blocks: &entry.blocks, with }.body(&mut text, &entry.attributes, "");
    text.push_str("}\n");
    alloy_syntax::format(&text).unwrap_or(text)
}

struct Writer<'a> {
    blocks: &'a [Block],
    with: &'a [(&'a str, &'a str, &'a str)],
}

impl Writer<'_> {
    /// Writes what a body at `path` needs.
    fn body(&self, text: &mut String, attributes: &[Attribute], path: &str) {
        for attribute in attributes {
            let is_this = |with: &&(&str, &str, &str)| with.0 == path && with.1 == attribute.name;
            let given = self.with.iter().find(is_this);
            // Writing to a string cannot fail, here and below.
            let _ok = match given {
                Some((_, name, value)) => writeln!(text, "{name} = {value}"),
                None if attribute.required => {
                    writeln!(text, "{} = {}", attribute.name, value(attribute))
                }
                None => Ok(()),
            };
        }
        let inside = if path.is_empty() { String::new() } else { format!("{path}{SEPARATOR}") };
        for block in self.blocks {
            let Some(name) = block.path.strip_prefix(&inside) else { continue };
            if name.contains(SEPARATOR) || !(block.required || self.leads_to(&block.path)) {
                continue;
            }
            let label = if block.label.is_some() { " \"example\"" } else { "" };
            let _ok = writeln!(text, "\n{name}{label} {{");
            self.body(text, &block.attributes, &block.path);
            text.push_str("}\n");
        }
    }

    /// True if the wanted attribute is in the block at `path` or further inside.
    fn leads_to(&self, path: &str) -> bool {
        let inside = |at: &str| {
            at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR))
        };
        self.with.iter().any(|(at, ..)| inside(at))
    }
}

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
