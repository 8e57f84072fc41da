//! Operators (spec/language.md §7).

use std::cmp::Ordering;

use alloy_value::{OptionalSecret, Secret, Value};

use crate::hir::{BinaryOp, UnaryOp};

/// Which operand an operator refuses, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OpError {
    Left(String),
    Right(String),
}

/// Applies a prefix operator; an error is about the operand.
pub(crate) fn unary(op: UnaryOp, operand: &Value) -> Result<Value, String> {
    match (op, operand) {
        (UnaryOp::Not, Value::Bool(b)) => Ok(Value::Bool(!b)),
        (UnaryOp::Not, other) => Err(format!("should be bool, got {}", other.type_name())),
        (UnaryOp::Negate, Value::Int(n)) => Ok(Value::Int(n.wrapping_neg())),
        (UnaryOp::Negate, Value::Uint(n)) => Ok(Value::Int((*n as i64).wrapping_neg())),
        (UnaryOp::Negate, Value::Float(n)) => Ok(Value::Float(-n)),
        (UnaryOp::Negate, other) => Err(format!("should be number, got {}", other.type_name())),
    }
}

/// Applies an operator to two values. Both have been evaluated: there is no short circuit.
pub(crate) fn binary(op: BinaryOp, left: Value, right: Value) -> Result<Value, OpError> {
    let (left, right) = pair_secrets(left, right);
    match op {
        BinaryOp::Eq => return Ok(Value::Bool(equal(&left, &right))),
        BinaryOp::Ne => return Ok(Value::Bool(!equal(&left, &right))),
        _ => {}
    }
    check_types(op, &left, &right)?;
    match (op, &left, &right) {
        (BinaryOp::Or, Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(*a || *b)),
        (BinaryOp::And, Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(*a && *b)),
        (BinaryOp::Add, Value::String(a), Value::String(b)) => {
            Ok(Value::String([a.as_bytes(), b.as_bytes()].concat().into()))
        }
        (BinaryOp::Add, Value::Capsule(_), Value::Capsule(_)) => add_secrets(&left, &right)
            .ok_or_else(|| {
                OpError::Right(
                    "could not perform binop + for unknown types lhs capsule rhs capsule".into(),
                )
            }),
        (_, Value::String(a), Value::String(b)) => {
            Ok(Value::Bool(holds(op, a.as_bytes().cmp(b.as_bytes()))))
        }
        _ => match op {
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let order = compare_numbers(&left, &right);
                Ok(Value::Bool(order.is_some_and(|order| holds(op, order))))
            }
            _ => arithmetic(op, &left, &right).map_err(OpError::Right),
        },
    }
}

/// Equality of the language. What holds a function equals nothing, not even itself.
fn equal(left: &Value, right: &Value) -> bool {
    fn has_function(value: &Value) -> bool {
        match value {
            Value::Function(_) => true,
            Value::Array(items) => items.iter().any(has_function),
            Value::Object(object) => object.members.values().any(has_function),
            _ => false,
        }
    }
    left == right && !has_function(left)
}

fn check_types(op: BinaryOp, left: &Value, right: &Value) -> Result<(), OpError> {
    let allowed = match op {
        BinaryOp::Or | BinaryOp::And => "bool",
        BinaryOp::Add => "number string capsule",
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => "number string",
        _ => "number",
    };
    let refuse = |value: &Value| {
        let got = value.type_name();
        (!allowed.split(' ').any(|name| name == got))
            .then(|| format!("should be one of [{allowed}] for binop {}, got {got}", op.as_str()))
    };
    if let Some(message) = refuse(left) {
        return Err(OpError::Left(message));
    }
    if let Some(message) = refuse(right) {
        return Err(OpError::Right(message));
    }
    if left.type_name() != right.type_name() {
        let (want, got) = (left.type_name(), right.type_name());
        return Err(OpError::Right(format!("should be {want}, got {got}")));
    }
    Ok(())
}

fn holds(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::Le => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// Two numbers in the higher of their kinds: uint < int < float.
enum Pair {
    Uint(u64, u64),
    Int(i64, i64),
    Float(f64, f64),
}

fn pair(left: &Value, right: &Value) -> Pair {
    let float = |value: &Value| match *value {
        Value::Int(n) => n as f64,
        Value::Uint(n) => n as f64,
        Value::Float(n) => n,
        _ => f64::NAN,
    };
    // The bits of a uint are taken as they are when the other side is an int.
    let int = |value: &Value| match *value {
        Value::Int(n) => n,
        Value::Uint(n) => n as i64,
        _ => 0,
    };
    match (left, right) {
        (Value::Uint(a), Value::Uint(b)) => Pair::Uint(*a, *b),
        (Value::Float(_), _) | (_, Value::Float(_)) => Pair::Float(float(left), float(right)),
        _ => Pair::Int(int(left), int(right)),
    }
}

fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match pair(left, right) {
        Pair::Uint(a, b) => Some(a.cmp(&b)),
        Pair::Int(a, b) => Some(a.cmp(&b)),
        Pair::Float(a, b) => a.partial_cmp(&b),
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    const DIVIDE_BY_ZERO: &str = "divide by zero error";
    let divides = matches!(op, BinaryOp::Div | BinaryOp::Rem);
    match pair(left, right) {
        Pair::Uint(_, 0) | Pair::Int(_, 0) if divides => Err(DIVIDE_BY_ZERO.into()),
        Pair::Float(_, b) if divides && b == 0.0 => Err(DIVIDE_BY_ZERO.into()),
        Pair::Uint(a, b) => Ok(Value::Uint(match op {
            BinaryOp::Add => a.wrapping_add(b),
            BinaryOp::Sub => a.wrapping_sub(b),
            BinaryOp::Mul => a.wrapping_mul(b),
            BinaryOp::Div => a.wrapping_div(b),
            BinaryOp::Rem => a.wrapping_rem(b),
            _ => wrapping_power(a, b),
        })),
        Pair::Int(a, b) => Ok(Value::Int(match op {
            BinaryOp::Add => a.wrapping_add(b),
            BinaryOp::Sub => a.wrapping_sub(b),
            BinaryOp::Mul => a.wrapping_mul(b),
            BinaryOp::Div => a.wrapping_div(b),
            BinaryOp::Rem => a.wrapping_rem(b),
            // The reference leaves the base unchanged for a negative exponent.
            _ if b < 0 => a,
            // Two's complement: the low 64 bits of a product don't depend on the sign.
            _ => wrapping_power(a as u64, b as u64) as i64,
        })),
        Pair::Float(a, b) => Ok(Value::Float(match op {
            BinaryOp::Add => a + b,
            BinaryOp::Sub => a - b,
            BinaryOp::Mul => a * b,
            BinaryOp::Div => a / b,
            BinaryOp::Rem => a % b,
            _ => a.powf(b),
        })),
    }
}

/// `base` to the power of `exponent` modulo 2^64, in at most 64 steps whatever the exponent.
fn wrapping_power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1_u64;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

/// Brings a pair of which at least one is a secret to one type (spec/language.md §7.2).
fn pair_secrets(left: Value, right: Value) -> (Value, Value) {
    if !matches!(left, Value::Capsule(_)) && !matches!(right, Value::Capsule(_)) {
        return (left, right);
    }
    let with_text = |optional: &OptionalSecret, text: &alloy_value::Str| {
        let text = text.to_lossy();
        if optional.is_secret {
            (Value::from(optional.clone()), Value::from(OptionalSecret::new(text, true)))
        } else {
            (Value::from(optional.expose()), Value::from(&*text))
        }
    };
    match (&left, &right) {
        (Value::Capsule(_), Value::Capsule(_)) => {
            match (
                left.as_secret(),
                left.as_optional_secret(),
                right.as_secret(),
                right.as_optional_secret(),
            ) {
                (None, Some(optional), Some(_), _) => {
                    (Value::from(Secret::new(optional.expose())), right)
                }
                (Some(_), _, None, Some(optional)) => {
                    let optional = Value::from(Secret::new(optional.expose()));
                    (left, optional)
                }
                _ => (left, right),
            }
        }
        (Value::Capsule(_), Value::String(text)) => {
            if left.as_secret().is_some() {
                let text = Value::from(Secret::new(text.to_lossy()));
                (left, text)
            } else if let Some(optional) = left.as_optional_secret() {
                with_text(optional, text)
            } else {
                (left, right)
            }
        }
        (Value::String(text), Value::Capsule(_)) => {
            if right.as_secret().is_some() {
                (Value::from(Secret::new(text.to_lossy())), right)
            } else if let Some(optional) = right.as_optional_secret() {
                let (optional, text) = with_text(optional, text);
                (text, optional)
            } else {
                (left, right)
            }
        }
        _ => (left, right),
    }
}

fn add_secrets(left: &Value, right: &Value) -> Option<Value> {
    if let (Some(a), Some(b)) = (left.as_secret(), right.as_secret()) {
        return Some(Value::from(Secret::new([a.expose(), b.expose()].concat())));
    }
    let (a, b) = (left.as_optional_secret()?, right.as_optional_secret()?);
    let text = [a.expose(), b.expose()].concat();
    Some(Value::from(OptionalSecret::new(text, a.is_secret || b.is_secret)))
}
