//! Values and bodies as the web API shows them (spec/http.md §5.1).

use alloy_value::{BodyEntry, EvaluatedBody, Object, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value with its type.
pub(crate) struct TypedValue<'a>(pub(crate) &'a Value);

impl Serialize for TypedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        let kind = match self.0 {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::Function(_) => "function",
            Value::Capsule(capsule) if capsule.kind.to_object.is_some() => "object",
            Value::Capsule(_) => "capsule",
        };
        map.serialize_entry("type", kind)?;
        match self.0 {
            Value::Null => map.serialize_entry("value", &())?,
            Value::Bool(value) => map.serialize_entry("value", value)?,
            Value::Int(value) => map.serialize_entry("value", value)?,
            Value::Uint(value) => map.serialize_entry("value", value)?,
            Value::Float(value) => number(&mut map, *value)?,
            Value::String(text) => map.serialize_entry("value", &text.to_lossy())?,
            Value::Array(items) => map.serialize_entry("value", &Items(items))?,
            Value::Object(object) => map.serialize_entry("value", &Members(object))?,
            Value::Function(_) => map.serialize_entry("value", "function")?,
            Value::Capsule(capsule) => match capsule.kind.to_object {
                Some(convert) => map.serialize_entry("value", &Members(&convert(capsule)))?,
                None => map.serialize_entry("value", &capsule.text())?,
            },
        }
        map.end()
    }
}

/// Whole floats print without a fraction; what JSON cannot hold is text.
fn number<M: SerializeMap>(map: &mut M, value: f64) -> Result<(), M::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        map.serialize_entry("value", &value.to_string())
    } else if value.fract() == 0.0 && value.abs() < EXACT {
        map.serialize_entry("value", &(value as i64))
    } else {
        map.serialize_entry("value", &value)
    }
}

struct Items<'a>(&'a [Value]);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(TypedValue))
    }
}

struct Members<'a>(&'a Object);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.shown();
        let mut list = serializer.serialize_seq(Some(members.len()))?;
        for (key, value) in members {
            list.serialize_element(&Member { key: &key.to_lossy(), value: TypedValue(value) })?;
        }
        list.end()
    }
}

#[derive(serde::Serialize)]
struct Member<'a> {
    key: &'a str,
    value: TypedValue<'a>,
}

/// The statements of a body.
pub(crate) struct Statements<'a>(pub(crate) &'a EvaluatedBody);

impl Serialize for Statements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.entries.iter().map(Statement))
    }
}

struct Statement<'a>(&'a BodyEntry);

impl Serialize for Statement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            BodyEntry::Attribute { name, value } => {
                map.serialize_entry("name", &**name)?;
                map.serialize_entry("type", "attr")?;
                map.serialize_entry("value", &TypedValue(value))?;
            }
            BodyEntry::Block(block) => {
                map.serialize_entry("name", &*block.name)?;
                map.serialize_entry("type", "block")?;
                if let Some(label) = &block.label {
                    map.serialize_entry("label", &**label)?;
                }
                map.serialize_entry("body", &Statements(&block.body))?;
            }
        }
        map.end()
    }
}

/// The members of an exports or debug information object as attributes.
pub(crate) struct Fields<'a>(pub(crate) Option<&'a Value>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(Value::Object(object)) = self.0 else {
            return serializer.serialize_seq(Some(0))?.end();
        };
        serializer.collect_seq(object.shown().into_iter().map(|(name, value)| Attribute {
            name: name.to_lossy(),
            kind: "attr",
            value: TypedValue(value),
        }))
    }
}

#[derive(serde::Serialize)]
struct Attribute<'a> {
    name: std::borrow::Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    value: TypedValue<'a>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_value::{
        Capsule, CapsuleKind, EvaluatedBlock, Function, OptionalSecret, Secret, Str,
    };
    use expect_test::expect;

    use super::*;

    #[test]
    fn statements_and_values_have_their_types() {
        let object: Object =
            [(Str::from("b"), Value::from("<x>")), (Str::from("a"), Value::Float(2.0))]
                .into_iter()
                .collect();
        let body = EvaluatedBody {
            entries: vec![
                BodyEntry::Attribute {
                    name: "list".into(),
                    value: Value::Array(Arc::from([
                        Value::Null,
                        Value::Bool(true),
                        Value::Float(1.5),
                        Value::Object(Arc::new(object)),
                    ])),
                },
                BodyEntry::Block(EvaluatedBlock {
                    name: "basic_auth".into(),
                    label: None,
                    body: EvaluatedBody {
                        entries: vec![BodyEntry::Attribute {
                            name: "password".into(),
                            value: Value::from(Secret::new("hunter2")),
                        }],
                    },
                }),
            ],
        };
        let json = serde_json::to_string_pretty(&Statements(&body)).expect("JSON");
        assert!(!json.contains("hunter2"));
        let compact = serde_json::to_string(&Statements(&body)).expect("JSON");
        expect![[r#"[{"name":"list","type":"attr","value":{"type":"array","value":[{"type":"null","value":null},{"type":"bool","value":true},{"type":"number","value":1.5},{"type":"object","value":[{"key":"a","value":{"type":"number","value":2}},{"key":"b","value":{"type":"string","value":"<x>"}}]}]}},{"name":"basic_auth","type":"block","body":[{"name":"password","type":"attr","value":{"type":"capsule","value":"(secret)"}}]}]"#]]
        .assert_eq(&compact);
    }

    #[test]
    fn capsules_show_what_their_kind_displays() {
        static SILENT: CapsuleKind = CapsuleKind {
            name: "chan int",
            to_object: None,
            eq: None,
            display: Some(|_| String::new()),
        };
        let check = |value: Value, expected: &str| {
            assert_eq!(serde_json::to_string(&TypedValue(&value)).expect("JSON"), expected);
        };
        check(
            Value::from(Capsule::new(&SILENT, Arc::new(()))),
            r#"{"type":"capsule","value":"capsule(\"chan int\")"}"#,
        );
        check(
            Value::from(OptionalSecret::new("foo", false)),
            r#"{"type":"capsule","value":"\"foo\""}"#,
        );
        check(
            Value::from(OptionalSecret::new("foo", true)),
            r#"{"type":"capsule","value":"(secret)"}"#,
        );
        check(
            Value::Function(Function { name: "sys.env", index: 0 }),
            r#"{"type":"function","value":"function"}"#,
        );
    }
}
