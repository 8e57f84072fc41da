//! Which children a `foreach` has (spec/runtime.md §8.4).

use std::collections::BTreeMap;

use alloy_queries::{ForeachChild, attribute};
use alloy_syntax::is_identifier_part;
use alloy_value::{ArcArgs, Value, number_text, quote};
use sha2::{Digest, Sha256};

/// Children of one `foreach`, at most.
const MAX_CHILDREN: usize = 100_000;

/// Arguments of a `foreach`.
#[derive(Default)]
pub(super) struct Foreach {
    collection: Value,
    pub(super) variable: String,
    id: String,
    hash_string_id: bool,
    pub(super) enable_metrics: bool,
}

impl Foreach {
    pub(super) fn new(args: &ArcArgs) -> Self {
        let text = |name: &str| match attribute(args, name) {
            Some(Value::String(text)) => text.to_lossy().into_owned(),
            _ => String::new(),
        };
        let flag = |name: &str| matches!(attribute(args, name), Some(Value::Bool(true)));
        Self {
            collection: attribute(args, "collection").unwrap_or_default(),
            variable: text("var"),
            id: text("id"),
            hash_string_id: flag("hash_string_id"),
            enable_metrics: flag("enable_metrics"),
        }
    }

    /// One child per element. Elements of equal identity are numbered.
    ///
    /// # Errors
    /// Too many elements.
    pub(super) fn children(&self) -> Result<Vec<ForeachChild>, String> {
        let items: &[Value] = match &self.collection {
            Value::Array(items) => items,
            _ => &[],
        };
        if items.len() > MAX_CHILDREN {
            return Err(format!(
                "the collection has {} elements, more than the {MAX_CHILDREN} that a foreach takes; \
                 split it",
                items.len()
            ));
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut children = Vec::with_capacity(items.len());
        for item in items {
            let fingerprint = fingerprint(&self.identity(item), self.hash_string_id);
            let count = seen.entry(fingerprint.clone()).or_default();
            *count += 1;
            let key = format!("foreach_{fingerprint}_{count}");
            children.push(ForeachChild { key: key.into(), value: item.clone() });
        }
        Ok(children)
    }

    /// What tells an element from others: the field named by `id` if it has it, else the element.
    fn identity(&self, item: &Value) -> Value {
        if self.id.is_empty() {
            return item.clone();
        }
        let field = match item {
            Value::Object(object) => object.get(&self.id).cloned(),
            Value::Capsule(capsule) => {
                let object = capsule.kind.to_object.map(|to_object| to_object(capsule));
                object.and_then(|object| object.get(&self.id).cloned())
            }
            _ => {
                tracing::debug!("element of a foreach is no object; it stands for itself");
                return item.clone();
            }
        };
        field.unwrap_or_else(|| {
            tracing::warn!(id = %self.id, "specified id not found in collection item");
            item.clone()
        })
    }
}

fn fingerprint(identity: &Value, hash_string: bool) -> String {
    match identity {
        Value::String(text) if hash_string => hex(text.as_bytes()),
        Value::String(text) => {
            let word = |c: char| if is_identifier_part(c) { c } else { '_' };
            text.to_lossy().chars().map(word).collect()
        }
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string().replace('-', "_"),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => format!("{value:.6}").replace(['.', '-'], "_"),
        other => {
            let mut text = String::new();
            canonical(other, &mut text);
            hex(text.as_bytes())
        }
    }
}

/// A text that is equal for equal values, whatever the order of their members.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for item in items.iter() {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
            out.push('{');
            for (name, value) in members {
                out.push_str(&quote(&name.to_lossy()));
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Capsule(capsule) => match capsule.kind.to_object {
            Some(to_object) => canonical(&Value::Object(to_object(capsule)), out),
            None => {
                let shown = capsule.kind.display.map(|display| display(capsule));
                out.push_str(&shown.unwrap_or_else(|| capsule.kind.name.to_owned()));
            }
        },
        Value::String(text) => out.push_str(&quote(&text.to_lossy())),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Function(function) => out.push_str(function.name),
        number => out.push_str(&number_text(number).unwrap_or_default()),
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(foreach: &Foreach) -> Vec<String> {
        foreach.children().unwrap().iter().map(|child| child.key.to_string()).collect()
    }

    fn over(items: Vec<Value>) -> Foreach {
        Foreach { collection: Value::from(items), ..Foreach::default() }
    }

    #[test]
    fn elements_are_known_by_what_they_are() {
        let items = vec![
            Value::from("web-1"),
            Value::from("web-1"),
            Value::Int(5),
            Value::Float(2.5),
            Value::Bool(true),
            Value::from("größe"),
            // Neither letters nor digits, although they are numbers and marks.
            Value::from("½Ⅷa\u{301}"),
        ];
        assert_eq!(
            keys(&over(items)),
            [
                "foreach_web_1_1",
                "foreach_web_1_2",
                "foreach_5_1",
                "foreach_2_500000_1",
                "foreach_true_1",
                "foreach_größe_1",
                "foreach___a__1"
            ]
        );
    }

    #[test]
    fn a_field_may_stand_for_the_element() {
        let object = |name: &str| {
            let members = [("name", Value::from(name)), ("port", Value::Int(1))];
            let members = members.into_iter().map(|(n, v)| (alloy_value::Str::from(n), v));
            Value::from(members.collect::<alloy_value::Object>())
        };
        let mut foreach = over(vec![object("a"), object("b")]);
        foreach.id = "name".to_owned();
        assert_eq!(keys(&foreach), ["foreach_a_1", "foreach_b_1"]);
        foreach.hash_string_id = true;
        assert!(keys(&foreach)[0].starts_with("foreach_ca978112ca1bbdca"));
        foreach.id = "missing".to_owned();
        assert_ne!(keys(&foreach)[0], keys(&foreach)[1]);
    }
}
