//! Values and types in the notation of the corpus (the README of its `syntax` folder).

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "several test programs share this module, each uses a part of it; a corpus that breaks \
              its own notation fails the case"
)]

mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_value::{
    Capsule, CapsuleKind, Function, Object, OptionalSecret, Secret, Str, Value, number_text,
};
use serde_json::{Map, Value as Json};

pub use types::{describe, forget};

/// A capsule that converts to an object of strings.
static OBJECT_CAPSULE: CapsuleKind = CapsuleKind {
    name: "target",
    to_object: Some(|capsule| match capsule.downcast_ref::<Object>() {
        Some(object) => Arc::new(object.clone()),
        None => Arc::default(),
    }),
    eq: Some(|a, b| {
        let object = |c: &Capsule| c.downcast_ref::<Object>().map(|o| Value::from(o.clone()));
        object(a) == object(b)
    }),
    display: None,
};

/// A kind of opaque capsule by its name. Kinds are statics, so each is made once.
fn opaque(name: &str) -> &'static CapsuleKind {
    thread_local! {
        static KINDS: std::cell::RefCell<BTreeMap<String, &'static CapsuleKind>> =
            const { std::cell::RefCell::new(BTreeMap::new()) };
    }
    KINDS.with_borrow_mut(|kinds| {
        *kinds.entry(name.to_owned()).or_insert_with(|| {
            Box::leak(Box::new(CapsuleKind {
                name: name.to_owned().leak(),
                to_object: None,
                eq: None,
                display: Some(|capsule| {
                    capsule.downcast_ref::<String>().cloned().unwrap_or_default()
                }),
            }))
        })
    })
}

/// The value that a case writes down.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => Value::Int(n),
            (None, Some(n)) => Value::Uint(n),
            _ => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(from_json).collect::<Vec<_>>()),
        Json::Object(object) => special(object).unwrap_or_else(|| Value::from(members(object))),
    }
}

/// The members of an object as a case writes them down.
pub fn members(object: &Map<String, Json>) -> Object {
    object.iter().map(|(name, value)| (Str::from(name.as_str()), from_json(value))).collect()
}

fn special(object: &Map<String, Json>) -> Option<Value> {
    let (name, argument) = object.iter().find(|(name, _)| name.starts_with('$'))?;
    let text = argument.as_str().unwrap_or_default();
    Some(match name.as_str() {
        "$struct" => describe(&serde_json::json!({ "struct": argument })).value(&object["value"]),
        "$secret" => Value::from(Secret::new(text)),
        "$optional_secret" => {
            let is_secret = object.get("is_secret").and_then(Json::as_bool).unwrap_or(false);
            Value::from(OptionalSecret::new(text, is_secret))
        }
        "$object_capsule" => {
            Value::from(Capsule::new(&OBJECT_CAPSULE, Arc::new(members(argument.as_object()?))))
        }
        "$capsule" => {
            let display = object.get("display").and_then(Json::as_str).unwrap_or_default();
            Value::from(Capsule::new(opaque(text), Arc::new(display.to_owned())))
        }
        "$function" => Value::Function(Function { name: "f", index: 0 }),
        "$float" => Value::Float(match text {
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            _ => f64::NAN,
        }),
        "$bytes_hex" => {
            let bytes = (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect::<Vec<_>>();
            Value::String(Str::from(bytes))
        }
        "$duration" | "$string" => Value::from(text),
        _ if name.starts_with("$int") => Value::Int(argument.as_i64()?),
        _ if name.starts_with("$uint") => Value::Uint(argument.as_u64()?),
        _ if name.starts_with("$float") => Value::Float(argument.as_f64()?),
        other => panic!("the runner does not know {other}"),
    })
}

/// How the reference holds a value of the type `any`.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
        Value::Function(_) => "func",
        Value::Capsule(_) if value.as_secret().is_some() => "string",
        Value::Capsule(_) if value.as_optional_secret().is_some() => "struct",
        Value::Capsule(_) => "map",
    }
}

/// True if a decoded value is what the case expects.
pub fn matches(value: &Value, expected: &Json, unordered: bool) -> bool {
    if let Json::Object(object) = expected {
        if let Some(text) = object.get("$secret").and_then(Json::as_str) {
            return value.as_secret().is_some_and(|secret| secret.expose() == text);
        }
        if let Some(text) = object.get("$optional_secret").and_then(Json::as_str) {
            let is_secret = object.get("is_secret").and_then(Json::as_bool).unwrap_or(false);
            let fits = |s: &OptionalSecret| s.expose() == text && s.is_secret == is_secret;
            return value.as_optional_secret().is_some_and(fits);
        }
        if object.contains_key("$function") {
            return matches!(value, Value::Function(_));
        }
        if object.contains_key("$capsule") {
            return matches!(value, Value::Capsule(_));
        }
        if let Some(inner) = object.get("$object_capsule") {
            let is_capsule = matches!(value, Value::Capsule(_));
            return is_capsule
                && value.as_object().is_some_and(|o| matches(&Value::Object(o), inner, unordered));
        }
        if let Some(inner) = object.get("value").filter(|_| object.contains_key("$struct")) {
            return matches(value, inner, unordered);
        }
        if let Some(special) = special(object) {
            return value.identical(&special) || *value == special;
        }
    }
    match (value, expected) {
        (Value::Null, Json::Null) => true,
        // Null lists and objects are empty ones.
        (Value::Array(items), Json::Null) => items.is_empty(),
        (Value::Object(object), Json::Null) => object.members.is_empty(),
        (Value::Null, Json::Array(items)) => items.is_empty(),
        (Value::Null, Json::Object(members)) => members.is_empty(),
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::String(text), Json::String(expected)) => text.as_bytes() == expected.as_bytes(),
        (Value::Int(_) | Value::Uint(_) | Value::Float(_), Json::Number(expected)) => {
            number_matches(value, expected)
        }
        (Value::Array(items), Json::Array(expected)) => {
            items.len() == expected.len()
                && if unordered {
                    expected.iter().all(|e| items.iter().any(|item| matches(item, e, true)))
                } else {
                    items.iter().zip(expected).all(|(item, e)| matches(item, e, false))
                }
        }
        (Value::Object(object), Json::Object(expected)) => {
            let fits = |(name, e): (&String, &Json)| {
                object.get(name).is_some_and(|value| matches(value, e, unordered))
            };
            // Members of a struct that are not set may be left out of the case.
            let may_lack = |(name, value): (&Str, &Value)| {
                expected.contains_key(&*name.to_lossy()) || (object.ordered && is_zero(value))
            };
            expected.iter().all(fits) && object.members.iter().all(may_lack)
        }
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_zero),
        Value::Object(object) => object.members.values().all(is_zero),
        Value::String(text) => text.as_bytes().is_empty() || text.as_bytes() == b"0s",
        Value::Bool(value) => !value,
        Value::Capsule(_) => {
            let secret = value.as_secret().map(|secret| secret.is_empty());
            secret.or(value.as_optional_secret().map(|s| s.expose().is_empty())).unwrap_or(false)
        }
        Value::Function(_) => false,
        Value::Null => true,
        number => number_text(number).as_deref() == Some("0"),
    }
}

fn number_matches(value: &Value, expected: &serde_json::Number) -> bool {
    match (value, expected.as_i64(), expected.as_u64()) {
        (Value::Int(n), Some(expected), _) => *n == expected,
        (Value::Uint(n), _, Some(expected)) => *n == expected,
        (Value::Float(n), ..) => {
            let expected = expected.as_f64().unwrap();
            *n == expected || (n - expected).abs() <= expected.abs() * 1e-6
        }
        _ => false,
    }
}
