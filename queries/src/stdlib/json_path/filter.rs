//! Filters of paths.

use std::cmp::Ordering;

use alloy_value::{Value, number_text};
use regex::Regex;

use super::{Step, select};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Matches,
    In,
    Empty,
    Has,
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Length,
    Count,
    Match,
    Search,
}

#[derive(Debug)]
pub(super) enum Operand {
    Value(Value),
    Nothing,
    /// Starts at the value that is looked at.
    Path(Vec<Step>),
    /// Starts at the document.
    RootPath(Vec<Step>),
    Regex(Regex),
    Call(Call, Vec<Operand>),
}

#[derive(Debug)]
pub(super) enum Filter {
    Operand(Operand),
    Not(Box<Filter>),
    Binary { op: Op, left: Box<Filter>, right: Box<Filter> },
}

impl Filter {
    /// True if the filter lets `value` through. A path alone asks whether it leads anywhere.
    pub(super) fn holds(&self, value: &Value, root: &Value) -> bool {
        match self {
            Self::Operand(operand) => match operand.value(value, root) {
                Some(Value::Bool(holds)) => holds,
                found => {
                    found.is_some() && matches!(operand, Operand::Path(_) | Operand::RootPath(_))
                }
            },
            Self::Not(inner) => !inner.holds(value, root),
            Self::Binary { op: Op::Or, left, right } => {
                left.holds(value, root) || right.holds(value, root)
            }
            Self::Binary { op: Op::And, left, right } => {
                left.holds(value, root) && right.holds(value, root)
            }
            Self::Binary { .. } => matches!(self.value(value, root), Some(Value::Bool(true))),
        }
    }

    fn value(&self, at: &Value, root: &Value) -> Option<Value> {
        match self {
            Self::Operand(operand) => operand.value(at, root),
            Self::Not(_) | Self::Binary { op: Op::Or | Op::And, .. } => {
                Some(Value::Bool(self.holds(at, root)))
            }
            Self::Binary { op: Op::Matches, left, right } => {
                Some(Value::Bool(matches_regex(left.value(at, root).as_ref(), right, at, root)))
            }
            Self::Binary { op, left, right } => {
                let (left, right) = (left.value(at, root), right.value(at, root));
                match op {
                    Op::Add | Op::Sub | Op::Mul | Op::Div => arithmetic(*op, &left?, &right?),
                    _ => Some(Value::Bool(compare(*op, left.as_ref(), right.as_ref()))),
                }
            }
        }
    }
}

impl Operand {
    fn value(&self, at: &Value, root: &Value) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Nothing | Self::Regex(_) => None,
            Self::Path(steps) => select(steps, at, root).into_iter().next(),
            Self::RootPath(steps) => select(steps, root, root).into_iter().next(),
            Self::Call(call, args) => self.call(*call, args, at, root),
        }
    }

    fn call(&self, call: Call, args: &[Self], at: &Value, root: &Value) -> Option<Value> {
        let first = args.first()?;
        match call {
            Call::Count => {
                let found = match first {
                    Self::Path(steps) => select(steps, at, root).len(),
                    Self::RootPath(steps) => select(steps, root, root).len(),
                    other => usize::from(other.value(at, root).is_some()),
                };
                Some(Value::Int(found as i64))
            }
            Call::Length => {
                let length = match first.value(at, root)? {
                    Value::String(text) => text.to_lossy().chars().count(),
                    Value::Array(items) => items.len(),
                    Value::Object(object) => object.members.len(),
                    _ => return None,
                };
                Some(Value::Int(length as i64))
            }
            Call::Match | Call::Search => {
                let (Value::String(text), Value::String(pattern)) =
                    (first.value(at, root)?, args.get(1)?.value(at, root)?)
                else {
                    return Some(Value::Bool(false));
                };
                let pattern = pattern.to_lossy();
                let pattern = match call {
                    Call::Match => format!("^(?:{pattern})$"),
                    _ => pattern.into_owned(),
                };
                let regex = Regex::new(&pattern).ok()?;
                Some(Value::Bool(regex.is_match(&text.to_lossy())))
            }
        }
    }
}

fn matches_regex(left: Option<&Value>, right: &Filter, at: &Value, root: &Value) -> bool {
    let Some(Value::String(text)) = left else { return false };
    let text = text.to_lossy();
    match right {
        Filter::Operand(Operand::Regex(regex)) => regex.is_match(&text),
        other => match other.value(at, root) {
            Some(Value::String(pattern)) => {
                Regex::new(&pattern.to_lossy()).is_ok_and(|regex| regex.is_match(&text))
            }
            _ => false,
        },
    }
}

fn compare(op: Op, left: Option<&Value>, right: Option<&Value>) -> bool {
    let order = || match (left?, right?) {
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (a, b) => number(a)?.partial_cmp(&number(b)?),
    };
    match op {
        Op::Eq => left == right,
        Op::Ne => left != right,
        Op::Lt => order().is_some_and(Ordering::is_lt),
        Op::Le => order().is_some_and(Ordering::is_le),
        Op::Gt => order().is_some_and(Ordering::is_gt),
        Op::Ge => order().is_some_and(Ordering::is_ge),
        Op::In => match (left, right) {
            (Some(value), Some(Value::Array(items))) => items.contains(value),
            _ => false,
        },
        Op::Empty => {
            let is_empty = match left {
                Some(Value::Array(items)) => items.is_empty(),
                Some(Value::Object(object)) => object.members.is_empty(),
                Some(Value::String(text)) => text.as_bytes().is_empty(),
                _ => false,
            };
            right == Some(&Value::Bool(is_empty))
        }
        Op::Has => right == Some(&Value::Bool(left.is_some())),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

fn arithmetic(op: Op, left: &Value, right: &Value) -> Option<Value> {
    if let (Op::Add, Value::String(a), Value::String(_)) = (op, left, right) {
        let text = [a.to_lossy().as_ref(), &text(right)].concat();
        return Some(Value::from(text));
    }
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        return Some(Value::Int(match op {
            Op::Add => a.wrapping_add(*b),
            Op::Sub => a.wrapping_sub(*b),
            Op::Mul => a.wrapping_mul(*b),
            _ if *b == 0 => return None,
            _ => a.wrapping_div(*b),
        }));
    }
    let (a, b) = (number(left)?, number(right)?);
    Some(Value::Float(match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        _ => a / b,
    }))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lossy().into_owned(),
        other => number_text(other).unwrap_or_default(),
    }
}
