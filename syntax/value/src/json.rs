//! Values and bodies as the web API shows them (spec/language.md §15), and back.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

use crate::{
    BodyEntry, Capsule, CapsuleKind, EvaluatedBody, Object, OptionalSecret, Secret, Str, Value,
};

/// A value with its type.
#[derive(Clone, Copy, Debug)]
pub struct TypedValue<'a>(pub &'a Value);

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
#[derive(Clone, Copy, Debug)]
pub struct Statements<'a>(pub &'a EvaluatedBody);

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
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub Option<&'a Value>);

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

// --- Back ------------------------------------------------------------------------------------

/// What stands for a capsule of another process: its text.
static REMOTE: CapsuleKind = CapsuleKind {
    name: "capsule of another process",
    to_object: None,
    eq: Some(|a, b| a.text() == b.text()),
    display: Some(|capsule| capsule.downcast_ref::<String>().cloned().unwrap_or_default()),
};

/// What stands for a secret.
const SECRET: &str = "(secret)";

/// The value that [`TypedValue`] shows as `json`. Capsules come back as opaque ones that show the
/// same text, and secrets as secrets with the text `(secret)`: theirs is not in the JSON form.
pub fn typed_value(json: &Json) -> Result<Value, String> {
    let kind = json.get("type").and_then(Json::as_str).ok_or("a value without a type")?;
    let value = json.get("value").unwrap_or(&Json::Null);
    let wrong = || format!("{value} is not of type {kind}");
    let text = || value.as_str().ok_or_else(wrong);
    let items = || value.as_array().ok_or_else(wrong);
    Ok(match kind {
        "null" => Value::Null,
        "bool" => Value::Bool(value.as_bool().ok_or_else(wrong)?),
        "number" => number_back(value).ok_or_else(wrong)?,
        "string" => Value::from(text()?),
        "array" => Value::Array(items()?.iter().map(typed_value).collect::<Result<_, _>>()?),
        "object" => Value::from(members_back(items()?, "key")?),
        // What is shown of an optional secret that is none.
        "capsule" if text()?.starts_with('"') => {
            Value::from(OptionalSecret::new(unquoted(text()?).ok_or_else(wrong)?, false))
        }
        "capsule" if text()? == SECRET => Value::from(Secret::new(SECRET)),
        "function" | "capsule" => {
            Value::from(Capsule::new(&REMOTE, std::sync::Arc::new(text()?.to_owned())))
        }
        other => return Err(format!("a value of the unknown type {other:?}")),
    })
}

/// The exports or debug information that [`Fields`] shows as `json`, a list of attributes.
pub fn fields(json: &Json) -> Result<Object, String> {
    members_back(json.as_array().ok_or("the attributes are not a list")?, "name")
}

/// The text that [`crate::quote`] shows as `quoted`.
fn unquoted(quoted: &str) -> Option<String> {
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut bytes = Vec::new();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.next()?;
        let mut digits = |n| -> Option<u32> {
            u32::from_str_radix(&rest.by_ref().take(n).collect::<String>(), 16).ok()
        };
        let code = match escape {
            'a' => 7,
            'b' => 8,
            't' => 9,
            'n' => 10,
            'v' => 11,
            'f' => 12,
            'r' => 13,
            '\\' | '"' => escape.into(),
            'x' => {
                bytes.push(digits(2)?.try_into().ok()?);
                continue;
            }
            'u' => digits(4)?,
            'U' => digits(8)?,
            _ => return None,
        };
        bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn number_back(json: &Json) -> Option<Value> {
    let text = |text: &str| text.parse().ok().map(Value::Float);
    (json.as_i64().map(Value::Int))
        .or_else(|| json.as_u64().map(Value::Uint))
        .or_else(|| json.as_f64().map(Value::Float))
        .or_else(|| json.as_str().and_then(text))
}

fn members_back(items: &[Json], name: &str) -> Result<Object, String> {
    let member = |item: &Json| {
        let key = item.get(name).and_then(Json::as_str).ok_or("a member without a name")?;
        let value = item.get("value").ok_or_else(|| format!("{key} has no value"))?;
        Ok((Str::from(key), typed_value(value)?))
    };
    let members = items.iter().map(member).collect::<Result<_, String>>()?;
    Ok(Object { members, ordered: true })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;

    use crate::{EvaluatedBlock, Function};

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
    #[test]
    fn values_come_back() {
        let object: Object = [
            (Str::from("list"), Value::from(vec![Value::Null, true.into(), (-3).into()])),
            (Str::from("big"), Value::Uint(u64::MAX)),
            (Str::from("half"), Value::Float(0.5)),
            (Str::from("none"), Value::Float(f64::INFINITY)),
            (Str::from("text"), "a\n".into()),
        ]
        .into_iter()
        .collect();
        let value = Value::from(object);
        let json = serde_json::to_value(TypedValue(&value)).unwrap();
        assert_eq!(typed_value(&json).unwrap(), value);
        let json = serde_json::to_value(Fields(Some(&value))).unwrap();
        assert_eq!(Value::from(fields(&json).unwrap()), value);
        for text in ["", "plain", "a\u{7}\u{8}\u{c}\u{b}\\\"\t\r\nü\u{200b}\u{10ffff}\u{1}"] {
            let value = Value::from(OptionalSecret::new(text, false));
            let json = serde_json::to_value(TypedValue(&value)).unwrap();
            let back = typed_value(&json).unwrap();
            let back = back.as_optional_secret().unwrap();
            assert_eq!((back.expose(), back.is_secret), (text, false));
        }
        let secret = serde_json::to_value(TypedValue(&Secret::new("hush").into())).unwrap();
        let back = typed_value(&secret).unwrap();
        assert_eq!(back.to_string(), "(secret)");
        assert!(back.as_secret().is_some_and(|secret| secret.expose() == "(secret)"));
    }

    #[test]
    fn what_is_no_typed_value_is_refused() {
        let error = |json: Json| typed_value(&json).unwrap_err();
        expect!["a value without a type"].assert_eq(&error(Json::Null));
        expect![[r#"a value of the unknown type "tuple""#]]
            .assert_eq(&error(serde_json::json!({"type": "tuple"})));
        expect![[r#""x" is not of type array"#]]
            .assert_eq(&error(serde_json::json!({"type": "array", "value": "x"})));
    }
}
