//! One record as a line of text.

use std::borrow::Cow;
use std::fmt::Write as _;

use alloy_value::{GoDuration, quote};
use jiff::Timestamp;
use tracing::field::{Field, Visit};

use crate::{Format, Level};

/// Something that was logged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) time: Timestamp,
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) fields: Vec<(&'static str, FieldValue)>,
}

impl Record {
    /// Global id of the component that logged it, if one did.
    pub(crate) fn component(&self) -> Option<String> {
        let text = |wanted: &str| {
            self.fields.iter().find_map(|(name, value)| match value {
                FieldValue::Text(text) if *name == wanted => Some(text.as_str()),
                _ => None,
            })
        };
        let id = text("component_id")?;
        Some(match text("component_path")?.strip_prefix('/') {
            None | Some("") => id.to_owned(),
            Some(module) => format!("{module}/{id}"),
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Text(String),
    Int(i64),
    Uint(u64),
    Float(f64),
    Bool(bool),
}

/// Collects fields; the message goes its own way.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) message: String,
    pub(crate) fields: Vec<(&'static str, FieldValue)>,
}

impl Collector {
    fn add(&mut self, field: &Field, value: FieldValue) {
        self.fields.push((field.name(), value));
    }
}

impl Visit for Collector {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, FieldValue::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, FieldValue::Int(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, FieldValue::Uint(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, FieldValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            _ => self.add(field, FieldValue::Text(value.to_owned())),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, FieldValue::Text(value.to_string()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            _ => self.add(field, FieldValue::Text(text)),
        }
    }
}

/// The record in `format`, with its line feed.
pub(crate) fn render(record: &Record, format: Format) -> String {
    let mut line = String::with_capacity(128);
    let time = record.time.to_string();
    let level = record.level.as_str();
    match format {
        Format::Logfmt => {
            push_logfmt(&mut line, "ts", &time);
            push_logfmt(&mut line, "level", level);
            if !record.message.is_empty() {
                push_logfmt(&mut line, "msg", &record.message);
            }
            for (name, value) in &record.fields {
                push_logfmt(&mut line, &key(name), &logfmt_text(name, value));
            }
        }
        Format::Json => {
            line.push('{');
            push_json(&mut line, "ts", &json_string(&time));
            push_json(&mut line, "level", &json_string(level));
            if !record.message.is_empty() {
                push_json(&mut line, "msg", &json_string(&record.message));
            }
            for (name, value) in &record.fields {
                push_json(&mut line, &key(name), &json_value(value));
            }
            line.push('}');
        }
    }
    line.push('\n');
    line
}

fn key(name: &str) -> Cow<'_, str> {
    const REPLACED: [char; 8] = [' ', '=', '"', '\t', '\n', '\x0b', '\x0c', '\r'];
    match name.contains(REPLACED) {
        true => Cow::Owned(name.replace(REPLACED, "_")),
        false => Cow::Borrowed(name),
    }
}

fn push_logfmt(line: &mut String, key: &str, value: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(key);
    line.push('=');
    match needs_quotes(value) {
        true => line.push_str(&quote(value)),
        false => line.push_str(value),
    }
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.chars().any(|c| match c {
            ' ' | '=' | '"' | char::REPLACEMENT_CHARACTER => true,
            c => c.is_control() || (!c.is_ascii() && c.is_whitespace()),
        })
}

fn logfmt_text<'a>(name: &str, value: &'a FieldValue) -> Cow<'a, str> {
    match (name, value) {
        ("duration", FieldValue::Uint(ns)) => {
            Cow::Owned(GoDuration(i64::try_from(*ns).unwrap_or(i64::MAX)).to_string())
        }
        ("duration", FieldValue::Int(ns)) => Cow::Owned(GoDuration(*ns).to_string()),
        (_, FieldValue::Text(text)) => Cow::Borrowed(text),
        (_, FieldValue::Int(n)) => Cow::Owned(n.to_string()),
        (_, FieldValue::Uint(n)) => Cow::Owned(n.to_string()),
        (_, FieldValue::Float(n)) => Cow::Owned(n.to_string()),
        (_, FieldValue::Bool(b)) => Cow::Borrowed(if *b { "true" } else { "false" }),
    }
}

fn push_json(line: &mut String, key: &str, value: &str) {
    if line.len() > 1 {
        line.push(',');
    }
    line.push_str(&json_string(key));
    line.push(':');
    line.push_str(value);
}

fn json_value(value: &FieldValue) -> Cow<'_, str> {
    match value {
        FieldValue::Text(text) => Cow::Owned(json_string(text)),
        FieldValue::Int(n) => Cow::Owned(n.to_string()),
        FieldValue::Uint(n) => Cow::Owned(n.to_string()),
        FieldValue::Float(n) if n.is_finite() => Cow::Owned(n.to_string()),
        // JSON has no such numbers.
        FieldValue::Float(n) => Cow::Owned(json_string(&n.to_string())),
        FieldValue::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
    }
}

fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                // Writing to a string cannot fail.
                let _written = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(fields: &[(&'static str, FieldValue)], logfmt: Expect, json: Expect) {
        let record = Record {
            time: "2026-08-21T09:40:27.1234Z".parse().expect("a time"),
            level: Level::Info,
            message: "finished node evaluation".to_owned(),
            fields: fields.to_vec(),
        };
        logfmt.assert_eq(&render(&record, Format::Logfmt));
        json.assert_eq(&render(&record, Format::Json));
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    #[test]
    fn durations_are_text_in_logfmt_and_nanoseconds_in_json() {
        check(
            &[
                ("controller_path", text("/")),
                ("controller_id", text("")),
                ("node_id", text("logging")),
                ("duration", FieldValue::Uint(12_300)),
            ],
            expect![[r#"
                ts=2026-08-21T09:40:27.1234Z level=info msg="finished node evaluation" controller_path=/ controller_id="" node_id=logging duration=12.3µs
            "#]],
            expect![[r#"
                {"ts":"2026-08-21T09:40:27.1234Z","level":"info","msg":"finished node evaluation","controller_path":"/","controller_id":"","node_id":"logging","duration":12300}
            "#]],
        );
    }

    #[test]
    fn values_are_quoted_where_they_must_be_and_keys_cleaned() {
        check(
            &[
                ("a b", text("x=y")),
                ("quotes", text("say \"hi\"\n")),
                ("backslash", text(r"C:\x")),
                ("unicode", text("grün")),
                ("n", FieldValue::Float(1.5)),
                ("nan", FieldValue::Float(f64::NAN)),
                ("ok", FieldValue::Bool(true)),
            ],
            expect![[r#"
                ts=2026-08-21T09:40:27.1234Z level=info msg="finished node evaluation" a_b="x=y" quotes="say \"hi\"\n" backslash=C:\x unicode=grün n=1.5 nan=NaN ok=true
            "#]],
            expect![[r#"
                {"ts":"2026-08-21T09:40:27.1234Z","level":"info","msg":"finished node evaluation","a_b":"x=y","quotes":"say \"hi\"\n","backslash":"C:\\x","unicode":"grün","n":1.5,"nan":"NaN","ok":true}
            "#]],
        );
    }
}
