//! Blocks and files of the corpus: decoding and the static check against the same schema.

use std::path::Path;

use alloy_corpus::{Report, cases, equal, text};
use alloy_queries::{Diagnostic, check_body, evaluate_body, literal_attribute, redact_body};
use alloy_value::Value;
use serde_json::{Value as Json, json};

use crate::notation::{describe, forget, kind, matches};
use crate::scope;

pub(crate) fn decode_blocks(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/decode_blocks.json")) {
        report.case(text(&case, "name"), || {
            decoded(&case)?;
            redacted(&case)
        });
    }
}

/// What the text looks like to others once it was decoded.
fn redacted(case: &Json) -> Result<(), String> {
    let (hidden, shown) = (
        case.get("redacted_print_must_not_contain").and_then(Json::as_str),
        case.get("redacted_print_must_contain").and_then(Json::as_str),
    );
    if hidden.is_none() && shown.is_none() {
        return Ok(());
    }
    forget();
    let (schema, _) = describe(&file_schema(case).0).definition();
    let printed = redact_body(text(case, "text"), schema())
        .map_err(|found| alloy_queries::summary(&found))?;
    if hidden.is_some_and(|text| printed.contains(text)) {
        return Err(format!("a secret is printed: {printed}"));
    }
    match shown {
        Some(text) if !printed.contains(text) => Err(format!("{text:?} is not in {printed}")),
        _ => Ok(()),
    }
}

pub(crate) fn ref_blocks(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/ref_blocks.json")) {
        report.case(text(&case, "name"), || {
            decoded(&case)?;
            if case["static"]["reference_crash"] == Json::Bool(true) {
                let found = checked(&case);
                let want = text(&case, "error");
                return match &found[..] {
                    [one] if one.ends_with(want) => Ok(()),
                    _ => Err(format!("the static check finds {found:?}, not {want}")),
                };
            }
            static_errors(&case, &case["static"]["errors"])
        });
    }
}

pub(crate) fn typecheck(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/typecheck.json")) {
        report.case(text(&case, "name"), || match case.get("attr") {
            Some(_) => literal(&case),
            None => static_errors(&case, &case["errors"]),
        });
    }
}

/// An attribute is found if it is a literal of the wanted kind.
fn literal(case: &Json) -> Result<(), String> {
    let kind = text(case, "kind");
    let found = literal_attribute(text(case, "text"), text(case, "attr"))
        .filter(|value| value.type_name() == kind);
    equal("found", Some(found.is_some()), case["found"].as_bool())?;
    match found {
        Some(value) if !matches(&value, &case["value"], false) => {
            Err(format!("got {value:?}, expected {}", case["value"]))
        }
        _ => Ok(()),
    }
}

/// The struct that the statements of the text are decoded into, and the name of its block if the
/// case is about a block.
fn file_schema(case: &Json) -> (Json, Option<String>) {
    if text(case, "node") == "file" {
        return (case["schema"].clone(), None);
    }
    let parse = alloy_syntax::parse_file(text(case, "text"));
    let body = parse.file().body();
    let name = body.blocks().next().map(|block| block.name()).unwrap_or_default();
    (json!([[name, { "struct": case["schema"] }, "block"]]), Some(name))
}

fn checked(case: &Json) -> Vec<String> {
    forget();
    let (schema, decode) = describe(&file_schema(case).0).definition();
    let found = check_body(text(case, "text"), schema(), decode);
    found.iter().map(ToString::to_string).collect()
}

fn static_errors(case: &Json, want: &Json) -> Result<(), String> {
    let want: Vec<String> = serde_json::from_value(want.clone()).map_err(|e| e.to_string())?;
    equal("what the static check finds", checked(case), want)
}

fn decoded(case: &Json) -> Result<(), String> {
    forget();
    let (schema, block) = file_schema(case);
    let described = describe(&schema);
    let (_, decode) = described.definition();
    let result = evaluate_body(text(case, "text"), &scope(case), decode);
    let Some(want) = case.get("error").and_then(Json::as_str) else {
        let args = result.map_err(|found| alloy_queries::summary(&found))?;
        let mut seen = described.seen(&args);
        if let (Some(name), Value::Object(object)) = (&block, &seen) {
            seen = object.get(name).cloned().unwrap_or_default();
        }
        return expected(case, &seen);
    };
    let Err(found) = result else { return Err(format!("decoded, expected {want:?}")) };
    let found = found.into_iter().next().ok_or("failed without an error")?;
    error(case, &found, want)
}

fn expected(case: &Json, seen: &Value) -> Result<(), String> {
    if let Some(want) = case.get("expect")
        && !matches(seen, want, false)
    {
        return Err(format!("got {seen:?}, expected {want}"));
    }
    for (name, want) in case.get("expect_kind").and_then(Json::as_object).into_iter().flatten() {
        let member = seen.as_object().and_then(|object| object.get(name).cloned());
        let member = member.ok_or_else(|| format!("nothing is decoded into {name}"))?;
        equal(name, Some(kind(&member)), want.as_str())?;
    }
    Ok(())
}

fn error(case: &Json, found: &Diagnostic, want: &str) -> Result<(), String> {
    let named = match case.get("filename").and_then(Json::as_str) {
        Some(file) => found.clone().with_file(file),
        None => found.clone(),
    };
    let got = match found.start() {
        Some(_) => named.to_string(),
        None => found.message.clone(),
    };
    if text(case, "match") == "contains" {
        return match got.contains(want) {
            true => Ok(()),
            false => Err(format!("got {got:?}, expected {want:?} in it")),
        };
    }
    equal("error", got.as_str(), want)?;
    let Some(end) = case.get("end").and_then(Json::as_array) else { return Ok(()) };
    let got = found.end().map(|end| [u64::from(end.line), u64::from(end.column)]);
    let number = |at: usize| end.get(at).and_then(Json::as_u64).unwrap_or(0);
    equal("end", got, Some([number(0), number(1)]))
}
