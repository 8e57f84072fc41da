//! SARIF 2.1.0, as code scanning services read it.

use std::ops::Range;

use alloy_queries::rules::{Rule, rule};
use alloy_syntax::{Location, Severity};
use serde_json::{Value, json};

use super::About;
use super::located::{Located, all, relative};
use crate::checker::Checked;
use crate::fingerprint;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn document(checked: &[Checked], about: &About) -> Result<String, serde_json::Error> {
    let all = all(checked);
    let mut fired: Vec<&'static str> = all.iter().map(Located::code).collect();
    fired.sort_unstable();
    fired.dedup();
    let rules: Vec<Value> = fired.iter().map(|code| descriptor(code)).collect();
    let results: Vec<Value> = all
        .iter()
        .map(|found| result(found, fired.iter().position(|code| *code == found.code())))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "alloy",
                "semanticVersion": about.version.trim_start_matches('v'),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {
                "text": "The directory in which the check was started."
            }}},
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(code: &str) -> Value {
    let Some(rule): Option<&Rule> = rule(code) else { return json!({"id": code}) };
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": format!("{} {}", rule.summary, rule.why)},
        "help": {"text": format!("{} See {}.", rule.why, rule.url())},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(found: &Located<'_>, rule_index: Option<usize>) -> Value {
    let diagnostic = found.diagnostic;
    let mut message = diagnostic.wording().to_owned();
    for note in &diagnostic.notes {
        message.push('\n');
        message.push_str(note);
    }
    let mut result = json!({
        "ruleId": found.code(),
        "level": level(diagnostic.severity),
        "message": {"text": message},
        "locations": [],
        "partialFingerprints": {"alloyFingerprint/v1": fingerprint(diagnostic)},
    });
    let Some(object) = result.as_object_mut() else { return result };
    if let Some(index) = rule_index {
        object.insert("ruleIndex".into(), index.into());
    }
    if !found.file.is_empty() {
        let mut location = physical(found.file, found.range.as_ref());
        if let (Some(location), Some(id)) = (location.as_object_mut(), &diagnostic.component) {
            let logical = json!([{"fullyQualifiedName": &**id, "kind": "object"}]);
            location.insert("logicalLocations".into(), logical);
        }
        object.insert("locations".into(), json!([location]));
    }
    let related: Vec<Value> = found
        .related
        .iter()
        .filter(|(_, file, _)| !file.is_empty())
        .map(|(related, file, range)| {
            let mut location = physical(file, range.as_ref());
            if let Some(location) = location.as_object_mut() {
                location.insert("message".into(), json!({"text": related.message}));
            }
            location
        })
        .collect();
    if !related.is_empty() {
        object.insert("relatedLocations".into(), related.into());
    }
    if let (Some(fix), false) = (diagnostic.fixes.first(), found.edits.is_empty()) {
        let replacements: Vec<Value> = found
            .edits
            .iter()
            .map(|(range, text)| {
                json!({"deletedRegion": region(range), "insertedContent": {"text": text}})
            })
            .collect();
        let fixes = json!([{
            "description": {"text": fix.title},
            "artifactChanges": [{
                "artifactLocation": artifact(found.file),
                "replacements": replacements,
            }],
        }]);
        object.insert("fixes".into(), fixes);
    }
    result
}

fn physical(file: &str, range: Option<&Range<Location>>) -> Value {
    let mut place = json!({"artifactLocation": artifact(file)});
    if let (Some(place), Some(range)) = (place.as_object_mut(), range) {
        place.insert("region".into(), region(range));
    }
    json!({"physicalLocation": place})
}

/// Absolute paths stand for themselves, others are below the root of the sources.
fn artifact(file: &str) -> Value {
    let uri = encoded(relative(file));
    match file.starts_with('/') {
        true => json!({"uri": format!("file://{uri}")}),
        false => json!({"uri": uri, "uriBaseId": "%SRCROOT%"}),
    }
}

/// A path as part of a URI.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn region(range: &Range<Location>) -> Value {
    json!({
        "startLine": range.start.line,
        "startColumn": range.start.column,
        "endLine": range.end.line,
        "endColumn": range.end.column,
        "byteOffset": range.start.byte,
        "byteLength": range.end.byte - range.start.byte,
    })
}
