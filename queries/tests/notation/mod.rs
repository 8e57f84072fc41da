//! Values and types in the notation of the corpus (its README).

#![expect(clippy::unwrap_used, reason = "a corpus that breaks its own notation fails the case")]

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_value::{
    Capsule, CapsuleKind, DecodeError, FromValue, GoDuration, Object, OptionalSecret, Secret, Str,
    ToValue, Value, number_text, quote,
};
use serde_json::{Map, Value as Json};

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

static CHANNEL: CapsuleKind =
    CapsuleKind { name: "chan int", to_object: None, eq: None, display: None };

/// The value that a case writes down.
pub(crate) fn from_json(json: &Json) -> Value {
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
        Json::Object(object) => special(object).unwrap_or_else(|| {
            Value::from(
                object
                    .iter()
                    .map(|(name, value)| (Str::from(name.as_str()), from_json(value)))
                    .collect::<Object>(),
            )
        }),
    }
}

fn special(object: &Map<String, Json>) -> Option<Value> {
    let (name, argument) = object.iter().find(|(name, _)| name.starts_with('$'))?;
    let text = argument.as_str().unwrap_or_default();
    if name == "$struct" {
        return Some(struct_value(argument, object.get("value")?));
    }
    Some(match name.as_str() {
        "$secret" => Value::from(Secret::new(text)),
        "$optional_secret" => {
            let is_secret = object.get("is_secret").and_then(Json::as_bool).unwrap_or(false);
            Value::from(OptionalSecret::new(text, is_secret))
        }
        "$object_capsule" => {
            let Value::Object(object) = from_json(argument) else { return None };
            Value::from(Capsule::new(&OBJECT_CAPSULE, object))
        }
        "$capsule" => Value::from(Capsule::new(&CHANNEL, Arc::new(()))),
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
        "$duration" => Value::from(text),
        _ if name.starts_with("$int") => Value::Int(argument.as_i64()?),
        _ if name.starts_with("$uint") => Value::Uint(argument.as_u64()?),
        _ => return None,
    })
}

/// A typed component value: all fields in order, zero where nothing is given.
fn struct_value(fields: &Json, given: &Json) -> Value {
    let mut object = Object { ordered: true, ..Object::default() };
    for field in fields.as_array().into_iter().flatten() {
        let name = field[0].as_str().unwrap();
        let value = match given.get(name) {
            Some(value) => from_json(value),
            None => decode(&Value::Null, &field[1]).unwrap(),
        };
        object.members.insert(Str::from(name), value);
    }
    Value::from(object)
}

/// Decodes into the type that a case names, and back into a value.
pub(crate) fn decode(value: &Value, ty: &Json) -> Result<Value, DecodeError> {
    match ty {
        Json::String(name) => decode_named(value, name),
        Json::Object(object) => {
            if let Some(inner) = object.get("list") {
                return list(value, inner);
            }
            if let Some(inner) = object.get("ptr") {
                return if matches!(value, Value::Null) {
                    Ok(Value::Null)
                } else {
                    decode(value, inner)
                };
            }
            if let Some(inner) = object.get("array") {
                let want = object["len"].as_u64().unwrap() as usize;
                let Value::Array(items) = list(value, inner)? else { unreachable!() };
                if items.len() != want {
                    let got = items.len();
                    return Err(DecodeError::value(format!(
                        "array must have exactly {want} elements, got {got}"
                    )));
                }
                return Ok(Value::Array(items));
            }
            if let Some(fields) = object.get("struct") {
                return structure(value, fields.as_array().unwrap());
            }
            panic!("unknown type {ty}")
        }
        _ => panic!("unknown type {ty}"),
    }
}

fn via<T: FromValue + ToValue>(value: &Value) -> Result<Value, DecodeError> {
    T::from_value(value).map(|decoded| decoded.to_value())
}

fn decode_named(value: &Value, name: &str) -> Result<Value, DecodeError> {
    if let Some(inner) = name.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')')) {
        return list(value, &Json::from(inner));
    }
    if let Some(inner) = name.strip_prefix("map(").and_then(|rest| rest.strip_suffix(')')) {
        return map(value, &Json::from(inner));
    }
    match name {
        "int" | "int64" => via::<i64>(value),
        "int8" => via::<i8>(value),
        "int16" => via::<i16>(value),
        "int32" => via::<i32>(value),
        "uint" | "uint64" => via::<u64>(value),
        "uint8" => via::<u8>(value),
        "uint16" => via::<u16>(value),
        "uint32" => via::<u32>(value),
        "float32" => via::<f32>(value),
        "float64" => via::<f64>(value),
        "string" => via::<Str>(value),
        "bool" => via::<bool>(value),
        "any" => via::<Value>(value),
        "duration" => via::<GoDuration>(value),
        "secret" => via::<Secret>(value),
        "optional_secret" => via::<OptionalSecret>(value),
        "bytes" => Vec::<u8>::from_value(value).map(|bytes| Value::byte_array(&bytes)),
        _ => panic!("unknown type {name}"),
    }
}

fn list(value: &Value, inner: &Json) -> Result<Value, DecodeError> {
    let items = Vec::<Raw>::from_value(value)?;
    let decode = |(i, item): (usize, Raw)| decode(&item.0, inner).map_err(|e| e.in_index(i));
    Ok(Value::Array(items.into_iter().enumerate().map(decode).collect::<Result<_, _>>()?))
}

fn map(value: &Value, inner: &Json) -> Result<Value, DecodeError> {
    let mut object = Object::default();
    for (name, member) in BTreeMap::<String, Raw>::from_value(value)? {
        let member = decode(&member.0, inner).map_err(|e| e.in_field(name.clone()))?;
        object.members.insert(Str::from(name), member);
    }
    Ok(Value::from(object))
}

fn structure(value: &Value, fields: &[Json]) -> Result<Value, DecodeError> {
    let name_of = |field: &Json| field[0].as_str().unwrap().to_owned();
    let mut members = BTreeMap::<String, Raw>::from_value(value)?;
    for name in members.keys() {
        if !fields.iter().any(|field| name_of(field) == *name) {
            let message = format!("does not have field named {}", quote(name));
            return Err(DecodeError::value(message).in_field(name.clone()));
        }
    }
    let mut object = Object { ordered: true, ..Object::default() };
    for field in fields {
        let name = name_of(field);
        let member = members.remove(&name).map_or(Value::Null, |member| member.0);
        let member = decode(&member, &field[1]).map_err(|e| e.in_field(name.clone()))?;
        object.members.insert(Str::from(name), member);
    }
    Ok(Value::from(object))
}

/// A value as it is.
struct Raw(Value);

impl FromValue for Raw {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Ok(Self(value.clone()))
    }
}

/// How the reference holds a value of the type `any`.
pub(crate) fn kind(value: &Value) -> &'static str {
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
pub(crate) fn matches(value: &Value, expected: &Json, unordered: bool) -> bool {
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
            let shown = object.members.len() == expected.len()
                && expected
                    .iter()
                    .all(|(name, e)| object.get(name).is_some_and(|v| matches(v, e, unordered)));
            // Optional members that are not set may be left out.
            shown
                || (object.ordered
                    && object.members.iter().all(|(name, value)| {
                        let expected = expected.get(&*name.to_lossy());
                        matches(value, expected.unwrap_or(&Json::Null), unordered)
                            || (expected.is_none() && is_zero(value))
                    }))
        }
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.members.values().all(is_zero),
        Value::String(text) => text.as_bytes().is_empty(),
        other => matches!(number_text(other).as_deref(), Some("0") | None),
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
