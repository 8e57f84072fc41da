//! Recorded conversions, printed values and JSON forms, as far as they need no parser:
//! `decode_values.json`, `encode.json` and `alloyjson.json` of `corpus/syntax`.

mod notation;

use std::path::Path;
use std::process::ExitCode;

use alloy_corpus::{Report, Set, cases, equal, text};
use alloy_value::json::{Statements, TypedValue};
use alloy_value::{BodyEntry, EvaluatedBody, Value};
use serde_json::Value as Json;

use notation::{describe, forget, from_json, kind, matches};

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_decode_values", decode_values),
        Set::new("corpus_encode", encode),
        Set::new("corpus_alloyjson", alloyjson),
    ])
}

fn decode_values(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/decode_values.json")) {
        report.case(text(&case, "name"), || {
            forget();
            let result = describe(&case["to"]).decode(&from_json(&case["value"]));
            if case.get("error").is_some() {
                let error = result.err().ok_or("decoded, but should not")?;
                let message = error.undecorated();
                return match text(&case, "match") {
                    "contains" if message.contains(text(&case, "error")) => Ok(()),
                    _ => equal("message", message.as_str(), text(&case, "error")),
                };
            }
            let got = result.map_err(|error| error.message)?;
            if !matches(&got, &case["expect"], false) {
                return Err(format!("got {got:?}, expected {}", case["expect"]));
            }
            let want = case.get("expect_kind").and_then(Json::as_str);
            want.map_or(Ok(()), |want| equal("kind", kind(&got), want))
        });
    }
}

/// The schema of a case with its defaults.
fn struct_of(case: &Json) -> Json {
    serde_json::json!({ "struct": case["schema"], "defaults": case["defaults"] })
}

/// The body that a case shows.
fn body(case: &Json) -> EvaluatedBody {
    match &case["schema"] {
        Json::Null => EvaluatedBody::default(),
        Json::Array(_) => describe(&struct_of(case)).body(&case["value"]),
        // A map of attributes.
        _ => {
            let Value::Object(members) = from_json(&case["value"]) else {
                return EvaluatedBody::default();
            };
            let entry = |(name, value): (&alloy_value::Str, &Value)| BodyEntry::Attribute {
                name: name.to_lossy().into(),
                value: value.clone(),
            };
            EvaluatedBody { entries: members.shown().into_iter().map(entry).collect() }
        }
    }
}

fn encode(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/encode.json")) {
        report.case(text(&case, "name"), || {
            forget();
            if let Some(want) = case.get("expect_expr_text").and_then(Json::as_str) {
                return equal("text", from_json(&case["value"]).to_string().as_str(), want);
            }
            let body = body(&case);
            equal("text", body.to_string().as_str(), text(&case, "expect_text"))?;
            if case.get("round_trip") != Some(&Json::Bool(true)) {
                return Ok(());
            }
            let (_, decode) = describe(&struct_of(&case)).definition();
            let again = decode(&body).map_err(|error| error.message)?.encode();
            equal("text after decoding it", again.to_string(), body.to_string())
        });
    }
}

fn alloyjson(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/alloyjson.json")) {
        report.case(text(&case, "name"), || {
            forget();
            let json = match case.get("schema") {
                None => serde_json::to_value(TypedValue(&from_json(&case["value"]))),
                Some(_) => serde_json::to_value(Statements(&body(&case))),
            };
            equal("JSON", json.map_err(|error| error.to_string())?, case["expect"].clone())
        });
    }
}
