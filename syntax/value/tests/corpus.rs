//! Recorded conversions and printed values, as far as they need no parser: `decode_values.json`
//! and `encode.json` of `corpus/syntax`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test program without harness every function is a test"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use alloy_corpus::{Report, Set, cases, equal, text};
use alloy_value::{
    BodyEntry, Capsule, CapsuleKind, DecodeError, EvaluatedBody, FromValue, Function, GoDuration,
    Object, OptionalSecret, Secret, Str, ToValue, Value,
};
use serde_json::Value as Json;

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_decode_values", decode_values),
        Set::new("corpus_encode", encode),
    ])
}

const NEEDS_STRUCT: &str = "needs a struct type built at run time";

static TARGET: CapsuleKind = CapsuleKind {
    name: "target",
    to_object: Some(|capsule| {
        capsule.downcast_ref::<Object>().map(|object| Arc::new(object.clone())).unwrap_or_default()
    }),
    eq: None,
    display: None,
};

static CHANNEL: CapsuleKind =
    CapsuleKind { name: "chan int", to_object: None, eq: None, display: None };

fn object(json: &Json) -> Object {
    let members = json.as_object().expect("an object");
    members.iter().map(|(name, member)| (Str::from(name.as_str()), value(member))).collect()
}

/// The value that a case writes down.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => Value::Int(n),
            (None, Some(n)) => Value::Uint(n),
            _ => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        Json::Object(members) => {
            let special = members.iter().find(|(name, _)| name.starts_with('$'));
            let Some((name, argument)) = special else { return Value::from(object(json)) };
            let text = argument.as_str().unwrap_or_default();
            match name.as_str() {
                "$secret" => Secret::new(text).into(),
                "$optional_secret" => {
                    OptionalSecret::new(text, members["is_secret"] == Json::Bool(true)).into()
                }
                "$object_capsule" => Capsule::new(&TARGET, Arc::new(object(argument))).into(),
                "$capsule" => Capsule::new(&CHANNEL, Arc::new(())).into(),
                "$function" => Value::Function(Function { name: "f", index: 0 }),
                "$duration" | "$string" => Value::from(text),
                name if name.starts_with("$int") => Value::Int(argument.as_i64().unwrap()),
                name if name.starts_with("$uint") => Value::Uint(argument.as_u64().unwrap()),
                name if name.starts_with("$float") => Value::Float(argument.as_f64().unwrap()),
                other => panic!("the runner does not know {other}"),
            }
        }
    }
}

fn through<T: FromValue + ToValue>(value: &Value) -> Result<Value, DecodeError> {
    T::from_value(value).map(|typed| typed.to_value())
}

/// Decodes into the type of that name and back; `None` for types that no Rust type stands for.
fn decode(value: &Value, to: &Json) -> Option<Result<Value, DecodeError>> {
    if to.get("ptr").is_some_and(|inner| inner == "int") {
        return Some(through::<Option<i64>>(value));
    }
    Some(match to.as_str()? {
        "int" | "int64" => through::<i64>(value),
        "int8" => through::<i8>(value),
        "int16" => through::<i16>(value),
        "int32" => through::<i32>(value),
        "uint" | "uint64" => through::<u64>(value),
        "uint8" => through::<u8>(value),
        "uint16" => through::<u16>(value),
        "uint32" => through::<u32>(value),
        "float32" => through::<f32>(value),
        "float64" => through::<f64>(value),
        "string" => through::<String>(value),
        "bool" => through::<bool>(value),
        "any" => through::<Value>(value),
        "duration" => through::<Duration>(value).and_then(|value| through::<GoDuration>(&value)),
        "secret" => through::<Secret>(value),
        "optional_secret" => through::<OptionalSecret>(value),
        "list(int)" => through::<Vec<i64>>(value),
        "map(uint)" => through::<BTreeMap<String, u64>>(value),
        "map(string)" => through::<BTreeMap<String, String>>(value),
        "map(any)" => through::<BTreeMap<String, Value>>(value),
        _ => return None,
    })
}

fn decode_values(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/decode_values.json")) {
        if case["value"].get("$struct").is_some() || case["to"].get("struct").is_some() {
            report.skip(NEEDS_STRUCT);
            continue;
        }
        if case["to"].get("text_enum").is_some() {
            report.skip("needs an enum type built at run time");
            continue;
        }
        report.case(text(&case, "name"), || {
            let input = value(&case["value"]);
            let result = decode(&input, &case["to"]).ok_or("the runner lacks the type")?;
            if case.get("error").is_some() {
                let error = result.err().ok_or("decoded, but should not")?;
                return equal("message", error.undecorated().as_str(), text(&case, "error"));
            }
            let got = result.map_err(|error| error.message)?;
            equal("value", &got, &value(&case["expect"]))?;
            let kind = match got {
                Value::Int(_) => "int",
                Value::Uint(_) => "uint64",
                Value::Float(_) => "float64",
                _ => return Ok(()),
            };
            case.get("expect_kind")
                .map_or(Ok(()), |want| equal("kind", kind, want.as_str().unwrap()))
        });
    }
}

fn encode(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/encode.json")) {
        let name = text(&case, "name");
        if let Some(want) = case.get("expect_expr_text") {
            report.case(name, || {
                equal("text", value(&case["value"]).to_string().as_str(), want.as_str().unwrap())
            });
            continue;
        }
        let fields = case["schema"].as_array().unwrap();
        if !fields.iter().all(|field| field[2] == "attr" && field[1].is_string()) {
            report.skip(NEEDS_STRUCT);
            continue;
        }
        report.case(name, || {
            let entry = |field: &Json| BodyEntry::Attribute {
                name: field[0].as_str().unwrap().into(),
                value: value(&case["value"][field[0].as_str().unwrap()]),
            };
            let body = EvaluatedBody { entries: fields.iter().map(entry).collect() };
            equal("text", body.to_string().as_str(), text(&case, "expect_text"))
        });
    }
}
