//! `array.*` and `coalesce`. These take any number of arguments and check them themselves.

use std::sync::Arc;

use alloy_value::{DecodeError, Object, Str, Value};
use indexmap::IndexMap;

use super::CallError;
use crate::eval::Scope;

type Answer = Result<Value, CallError>;

fn argument(i: usize) -> impl Fn(DecodeError) -> CallError {
    move |error| CallError::Argument(i, error)
}

fn array(args: &[Value], i: usize) -> Result<&[Value], CallError> {
    match &args[i] {
        Value::Array(items) => Ok(items),
        other => Err(CallError::Argument(i, DecodeError::type_mismatch("array", other))),
    }
}

fn boolean(args: &[Value], i: usize) -> Result<bool, CallError> {
    match &args[i] {
        Value::Bool(value) => Ok(*value),
        other => Err(CallError::Argument(i, DecodeError::type_mismatch("bool", other))),
    }
}

/// The elements of argument `i`, each as an object.
fn objects(args: &[Value], i: usize) -> Result<Vec<Arc<Object>>, CallError> {
    let as_object = |(at, item): (usize, &Value)| {
        item.as_object().ok_or_else(|| DecodeError::type_mismatch("object", item).in_index(at))
    };
    array(args, i)?.iter().enumerate().map(as_object).collect::<Result<_, _>>().map_err(argument(i))
}

pub(super) fn concat(args: &[Value], _: &dyn Scope) -> Answer {
    if args.len() == 1 {
        array(args, 0)?;
        return Ok(args[0].clone());
    }
    let mut all = Vec::new();
    for i in 0..args.len() {
        all.extend_from_slice(array(args, i)?);
    }
    Ok(Value::from(all))
}

pub(super) fn combine_maps(args: &[Value], _: &dyn Scope) -> Answer {
    if !(3..=4).contains(&args.len()) {
        let given = args.len();
        return Err(CallError::Plain(format!(
            "combine_maps: expected 3 or 4 arguments, got {given}"
        )));
    }
    let (left, right) = (objects(args, 0)?, objects(args, 1)?);
    let keys = array(args, 2)?;
    if keys.is_empty() {
        let message = "combine_maps: merge conditions must not be empty";
        return Err(CallError::Argument(2, DecodeError::value(message)));
    }
    let keys = keys
        .iter()
        .enumerate()
        .map(|(i, key)| match key {
            Value::String(key) => Ok(key),
            other => Err(DecodeError::type_mismatch("string", other).in_index(i)),
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(argument(2))?;
    let passthrough = args.len() == 4 && boolean(args, 3)?;

    let mut combined = Vec::new();
    for (at, l) in left.iter().enumerate() {
        for r in &right {
            if matches(l, r, &keys).map_err(|e| CallError::Argument(0, e.in_index(at)))? {
                let mut members = l.members.clone();
                members.extend(r.members.iter().map(|(name, value)| (name.clone(), value.clone())));
                combined.push(Value::from(Object { members, ordered: false }));
            } else if passthrough {
                combined.push(Value::Object(Arc::clone(l)));
            }
        }
    }
    Ok(Value::from(combined))
}

fn matches(l: &Object, r: &Object, keys: &[&Str]) -> Result<bool, DecodeError> {
    for key in keys {
        let (Some(a), Some(b)) = (l.members.get(*key), r.members.get(*key)) else {
            return Ok(false);
        };
        if matches!(a, Value::Array(_) | Value::Object(_)) && a.type_name() == b.type_name() {
            let message = format!("cannot be compared, got {}", a.type_name());
            return Err(DecodeError::value(message).in_field(key.to_lossy()));
        }
        if matches!(a, Value::Function(_)) || !a.identical(b) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn group_by(args: &[Value], _: &dyn Scope) -> Answer {
    let [items, key, _] = args else {
        let given = args.len();
        return Err(CallError::Plain(format!("group_by: expected 3 arguments, got {given}")));
    };
    array(args, 0)?;
    let Value::String(key) = key else {
        return Err(CallError::Argument(1, DecodeError::type_mismatch("string", key)));
    };
    let drop_missing = boolean(args, 2)?;
    let objects = objects(args, 0)?;
    let Value::Array(items) = items else { return Ok(Value::from(Vec::new())) };

    // The order of groups is that of their first items.
    let mut groups: IndexMap<Str, Vec<Value>> = IndexMap::new();
    for (at, (item, object)) in items.iter().zip(objects).enumerate() {
        let group = match object.members.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => {
                let error = DecodeError::type_mismatch("string", other);
                return Err(CallError::Argument(0, error.in_field(key.to_lossy()).in_index(at)));
            }
            None if drop_missing => continue,
            None => Str::from(""),
        };
        groups.entry(group).or_default().push(item.clone());
    }
    let group = |(group, items): (Str, Vec<Value>)| {
        let mut object = Object::default();
        object.members.insert(key.clone(), Value::String(group));
        object.members.insert(Str::from("items"), Value::from(items));
        Value::from(object)
    };
    Ok(Value::Array(groups.into_iter().map(group).collect()))
}

pub(super) fn coalesce(args: &[Value], _: &dyn Scope) -> Answer {
    let found = args.iter().find(|value| !is_zero(value)).or(args.last());
    Ok(found.cloned().unwrap_or_default())
}

/// Null and the zero value of each type.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(n) => *n == 0,
        Value::Uint(n) => *n == 0,
        Value::Float(n) => *n == 0.0,
        Value::String(text) => text.as_bytes().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.members.is_empty(),
        Value::Function(_) => false,
        Value::Capsule(_) => {
            value.as_secret().is_some_and(|secret| secret.is_empty())
                || value.as_optional_secret().is_some_and(|s| !s.is_secret && s.expose().is_empty())
                || value.as_object().is_some_and(|object| object.members.is_empty())
        }
    }
}
