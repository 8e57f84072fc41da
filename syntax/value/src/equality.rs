//! Type names and equality of values (spec/language.md §4).

use std::sync::Arc;

use crate::{Object, Value};

impl Value {
    /// Type name as messages use it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Function(_) => "function",
            Self::Capsule(_) => "capsule",
        }
    }

    /// Like `type_name`, but names the kind of a capsule: `capsule("alloytypes.Secret")`.
    pub fn description(&self) -> String {
        match self {
            Self::Capsule(capsule) => format!("capsule({:?})", capsule.kind.name),
            other => other.type_name().to_owned(),
        }
    }

    /// True if nothing can tell the two values apart: as `==`, but `3` and `3.0` differ, a
    /// not-a-number equals itself and functions equal themselves. For deciding whether exports
    /// changed. Pointers are compared first.
    pub fn identical(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Int(_) | Self::Uint(_) | Self::Float(_), _) => false,
            (Self::Array(a), Self::Array(b)) => {
                Arc::ptr_eq(a, b)
                    || (a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| a.identical(b)))
            }
            (Self::Object(a), Self::Object(b)) => {
                Arc::ptr_eq(a, b) || objects_match(a, b, Self::identical)
            }
            (Self::Function(a), Self::Function(b)) => a.index == b.index && a.name == b.name,
            _ => self == other,
        }
    }
}

/// Equality of the language's `==`: numbers by value whatever their kind, functions never equal,
/// capsules as their kind says. Secrets are compared with secrets here; the operators unwrap pairs
/// of different kinds first.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => {
                Arc::ptr_eq(a, b) || objects_match(a, b, Self::eq)
            }
            (Self::Capsule(a), Self::Capsule(b)) => a == b,
            _ => numbers_equal(self, other),
        }
    }
}

fn objects_match(a: &Object, b: &Object, matches: fn(&Value, &Value) -> bool) -> bool {
    a.members.len() == b.members.len()
        && a.members
            .iter()
            .all(|(name, value)| b.members.get(name).is_some_and(|other| matches(value, other)))
}

/// Compares in the higher of the two kinds (uint < int < float); other types are unequal.
fn numbers_equal(a: &Value, b: &Value) -> bool {
    let float = |value: &Value| match *value {
        Value::Int(n) => Some(n as f64),
        Value::Uint(n) => Some(n as f64),
        Value::Float(n) => Some(n),
        _ => None,
    };
    match (a, b) {
        (Value::Uint(a), Value::Uint(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Int(i), Value::Uint(u)) | (Value::Uint(u), Value::Int(i)) => *u as i64 == *i,
        _ => match (float(a), float(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}
