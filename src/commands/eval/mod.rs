//! `alloy eval` (spec/cli.md §11): one expression, by the evaluator of `run`.

mod interactive;
mod scope;

use std::io::IsTerminal;

use alloy_queries::rules::severity_name;
use alloy_queries::{Diagnostic, Source, render_full};
use alloy_syntax::LineIndex;
use alloy_value::{Object, Value, number_text, quote};
use anyhow::{Result, bail};
use serde_json::{Value as Json, json};

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{color, err, out};
use scope::{Answer, Scope};

const BAD_USAGE: u8 = 2;
/// Version of the JSON output.
const JSON_VERSION: u32 = 1;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Text,
    Json,
}

/// How results are shown.
#[derive(Clone, Copy)]
struct Output {
    format: Format,
    with_type: bool,
}

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    match eval(parsed) {
        Ok(good) => Ok(Outcome::Code(u8::from(!good))),
        Err(error) => {
            err(&format!("Error: {error:#}\n"));
            Ok(Outcome::Code(BAD_USAGE))
        }
    }
}

/// True if everything was evaluated.
fn eval(parsed: &Parsed) -> Result<bool> {
    let format = match parsed.text("output-format") {
        "text" => Format::Text,
        "json" => Format::Json,
        other => bail!("unknown output format {}", quote(other)),
    };
    let output = Output { format, with_type: parsed.bool("type") };
    let mut scope = Scope::new(parsed)?;
    if parsed.bool("interactive") {
        if !parsed.positionals.is_empty() {
            bail!("cannot use -i/--interactive with an expression");
        }
        if !std::io::stdin().is_terminal() {
            bail!("-i/--interactive needs a terminal");
        }
        return interactive::run(&mut scope, output);
    }
    let text = match parsed.positionals.first() {
        Some(text) => match text.to_str() {
            Some(text) => text.to_owned(),
            None => bail!("the expression is not valid UTF-8"),
        },
        None => match std::io::read_to_string(std::io::stdin()) {
            Ok(text) => text,
            Err(error) => bail!("read standard input: {}", super::reason(&error)),
        },
    };
    Ok(show(&scope.evaluate(&text)?, output))
}

/// Prints an answer; true if it has a value.
fn show(answer: &Answer, output: Output) -> bool {
    if output.format == Format::Json {
        out(&format!("{:#}\n", as_json(answer)));
        return answer.value.is_some();
    }
    let source = |name: &str| answer.sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    err(&render_full(&answer.diagnostics, source, color()));
    if let Some(value) = &answer.value {
        out(&value.to_string());
        if output.with_type {
            // A comment, so that what is printed stays an expression.
            out(&format!(" // {}", type_of(value)));
        }
        out("\n");
    }
    answer.value.is_some()
}

/// The type of a value in words that users know.
fn type_of(value: &Value) -> &'static str {
    match value {
        _ if value.as_secret().is_some() => "secret",
        _ if value.as_optional_secret().is_some_and(|text| text.is_secret) => "secret",
        _ if value.as_optional_secret().is_some() => "string",
        Value::Capsule(capsule) if capsule.kind.to_object.is_some() => "object",
        other => other.type_name(),
    }
}

fn as_json(answer: &Answer) -> Json {
    let diagnostic = |d: &Diagnostic| diagnostic_json(d, &answer.sources);
    json!({
        "version": JSON_VERSION,
        "value": answer.value.as_ref().map(plain),
        "type": answer.value.as_ref().map(type_of),
        "diagnostics": answer.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

/// The value as JSON has it. What JSON lacks is the text that `text` output shows.
fn plain(value: &Value) -> Json {
    let members = |object: &Object| {
        let member = |(name, value): (&alloy_value::Str, &Value)| {
            (name.to_lossy().into_owned(), plain(value))
        };
        Json::Object(object.shown().into_iter().map(member).collect())
    };
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Uint(number) => json!(number),
        Value::Float(number) if number.is_finite() => json!(number),
        Value::Float(_) => json!(number_text(value)),
        Value::String(text) => json!(text.to_lossy()),
        Value::Array(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Object(object) => members(object),
        Value::Function(_) => json!(value.to_string()),
        Value::Capsule(capsule) => match (capsule.kind.to_object, value.as_optional_secret()) {
            (Some(convert), _) => members(&convert(capsule)),
            (None, Some(text)) if !text.is_secret => json!(text.expose()),
            _ => json!(capsule.text()),
        },
    }
}

fn diagnostic_json(diagnostic: &Diagnostic, sources: &[Source]) -> Json {
    let source = sources.iter().find(|source| Some(&source.name) == diagnostic.file.as_ref());
    let range = source.and_then(|source| {
        let range = diagnostic.span.locate(&source.text, &LineIndex::new(&source.text))?;
        let place = |at: alloy_syntax::Location| {
            json!({"line": at.line, "column": at.column, "byte": at.byte})
        };
        Some(json!({"start": place(range.start), "end": place(range.end)}))
    });
    json!({
        "code": diagnostic.code,
        "severity": severity_name(diagnostic.severity),
        "message": diagnostic.wording(),
        "file": diagnostic.file.as_deref(),
        "range": range,
    })
}
