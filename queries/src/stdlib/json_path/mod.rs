//! `json_path`: a document, a path, and all values that the path leads to (spec/language.md §14.4).

mod document;
mod filter;
mod parse;

use alloy_value::{Str, Value};

use super::{CallError, text_of};
use crate::eval::Scope;
use filter::Filter;

/// One step of a path.
#[derive(Debug)]
enum Step {
    /// `$`, `@`: the value itself.
    Start,
    /// `..`
    Descent,
    /// `*`
    Wildcard,
    Name(String),
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        by: i64,
    },
    Union(Vec<Step>),
    Filter(Box<Filter>),
}

pub(super) fn json_path(args: &[Value], _: &dyn Scope) -> Result<Value, CallError> {
    let (document, path) = (text_of(&args[0]), text_of(&args[1]));
    let path = path.to_lossy();
    let steps = parse::path(&path)?;
    let Some(document) = document::read(document.as_bytes())? else {
        return Ok(Value::from(Vec::new()));
    };
    if steps.is_empty() {
        return Ok(Value::from(Vec::new()));
    }
    Ok(Value::from(select(&steps, &document, &document)))
}

/// All values at the end of `steps`, starting from `from`.
fn select(steps: &[Step], from: &Value, root: &Value) -> Vec<Value> {
    let mut values = vec![from.clone()];
    for (at, step) in steps.iter().enumerate() {
        let is_last = at + 1 == steps.len();
        let mut next = Vec::new();
        for value in &values {
            apply(step, value, root, is_last, &mut next);
        }
        values = next;
    }
    values
}

fn apply(step: &Step, value: &Value, root: &Value, is_last: bool, out: &mut Vec<Value>) {
    match step {
        Step::Start => out.push(value.clone()),
        Step::Descent if is_last => {
            descend(value, out);
            out.push(value.clone());
        }
        Step::Descent => {
            out.push(value.clone());
            descend(value, out);
        }
        Step::Wildcard => out.extend(children(value)),
        Step::Name(name) => {
            if let Value::Object(object) = value {
                out.extend(object.members.get(&Str::from(name.as_str())).cloned());
            }
        }
        Step::Index(index) => {
            if let Value::Array(items) = value {
                out.extend(position(*index, items.len()).and_then(|at| items.get(at)).cloned());
            }
        }
        Step::Slice { start, end, by } => {
            if let Value::Array(items) = value {
                slice(items, *start, *end, *by, out);
            }
        }
        Step::Union(steps) => {
            for step in steps {
                apply(step, value, root, is_last, out);
            }
        }
        Step::Filter(filter) => {
            out.extend(children(value).into_iter().filter(|child| filter.holds(child, root)));
        }
    }
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.to_vec(),
        Value::Object(object) => object.members.values().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Everything below `value`. Depth is bounded by the reader of documents.
fn descend(value: &Value, out: &mut Vec<Value>) {
    for child in children(value) {
        out.push(child.clone());
        descend(&child, out);
    }
}

/// Negative positions count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
}

fn slice(items: &[Value], start: Option<i64>, end: Option<i64>, by: i64, out: &mut Vec<Value>) {
    let length = items.len() as i64;
    let clamp = |at: i64, low: i64, high: i64| {
        (if at < 0 { at.saturating_add(length) } else { at }).clamp(low, high)
    };
    if by > 0 {
        let start = clamp(start.unwrap_or(0), 0, length);
        let end = end.map_or(length, |end| clamp(end, 0, length));
        let indices = (start..end).step_by(by as usize);
        out.extend(indices.filter_map(|at| items.get(at as usize).cloned()));
    } else if by < 0 {
        let start = clamp(start.unwrap_or(length - 1), -1, length - 1);
        let end = end.map_or(-1, |end| clamp(end, -1, length - 1));
        let mut at = start;
        while at > end {
            out.extend(items.get(at as usize).cloned());
            at = at.saturating_add(by);
        }
    }
}
