//! Members and elements of values (spec/language.md §8).

use alloy_value::{Value, quote};

/// What an access expression refuses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The member name or the index.
    Member(String),
    /// The value that is accessed.
    Base(String),
}

const PLAIN_CAPSULE: &str =
    "expected object or array or a capsule convertible to an object, got capsule";

/// `value.name`
pub(super) fn member(value: &Value, name: &str) -> Result<Value, Refusal> {
    match (value, value.as_object()) {
        (_, Some(object)) => object
            .get(name)
            .cloned()
            .ok_or_else(|| Refusal::Member(format!("field {} does not exist", quote(name)))),
        (Value::Capsule(_), None) => Err(Refusal::Base(PLAIN_CAPSULE.to_owned())),
        (other, None) => Err(Refusal::Base(format!(
            "cannot access field {} on value of type {}",
            quote(name),
            other.type_name()
        ))),
    }
}

/// `value[key]`
pub(super) fn index(value: &Value, key: &Value) -> Result<Value, Refusal> {
    match value {
        Value::Array(items) => element(items, key),
        Value::Object(_) | Value::Capsule(_) => {
            let Some(object) = value.as_object() else {
                return Err(Refusal::Base(PLAIN_CAPSULE.to_owned()));
            };
            let Value::String(name) = key else {
                return Err(Refusal::Member(format!("should be string, got {}", key.type_name())));
            };
            Ok(object.members.get(name).cloned().unwrap_or_default())
        }
        other => Err(Refusal::Base(format!("expected object or array, got {}", other.type_name()))),
    }
}

fn element(items: &[Value], key: &Value) -> Result<Value, Refusal> {
    let index = match *key {
        Value::Int(n) => n,
        Value::Uint(n) => n as i64,
        Value::Float(n) => n as i64,
        _ => return Err(Refusal::Member(format!("should be number, got {}", key.type_name()))),
    };
    let found = usize::try_from(index).ok().and_then(|index| items.get(index)).cloned();
    found.ok_or_else(|| {
        let length = items.len();
        Refusal::Member(format!("index {index} is out of range of array with length {length}"))
    })
}
