//! Values and bodies as configuration text (spec/language.md §16).

use std::fmt;

use crate::{BodyEntry, EvaluatedBody, Object, Value, number_text, quote, quote_bytes};

/// The value as an expression, laid out as the formatter would: objects over several lines,
/// arrays on one. Secrets print `(secret)`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(f, self, 0)
    }
}

/// The statements of the body, laid out as the formatter would.
impl fmt::Display for EvaluatedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_body(f, self, 0)
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value, depth: usize) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            f.write_str(&number_text(value).unwrap_or_default())?;
            f.write_str(if wraps_without_point(value) { ".0" } else { "" })
        }
        Value::String(text) => f.write_str(&quote_bytes(text.as_bytes())),
        Value::Array(items) => {
            f.write_str("[")?;
            for (i, item) in items.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                write_value(f, item, depth)?;
            }
            f.write_str("]")
        }
        Value::Object(object) => write_object(f, object, depth),
        Value::Function(_) => f.write_str("function"),
        Value::Capsule(capsule) => match capsule.kind.to_object {
            Some(convert) => write_object(f, &convert(capsule), depth),
            None => f.write_str(&capsule.text()),
        },
    }
}

/// True for a float whose digits alone are an unsigned integer that has no negative.
fn wraps_without_point(value: &Value) -> bool {
    const INT_MIN: f64 = i64::MIN as f64;
    matches!(*value, Value::Float(n) if n <= INT_MIN && n > 2.0 * INT_MIN)
}

fn write_object(f: &mut fmt::Formatter<'_>, object: &Object, depth: usize) -> fmt::Result {
    if object.members.is_empty() {
        return f.write_str("{}");
    }
    let members: Vec<(String, &Value)> = object
        .shown()
        .into_iter()
        .map(|(name, value)| {
            let plain = name.as_str().filter(|name| is_identifier(name));
            (plain.map_or_else(|| quote_bytes(name.as_bytes()), str::to_owned), value)
        })
        .collect();
    f.write_str("{\n")?;
    let widths = aligned(members.iter().map(|(name, value)| (name.as_str(), Some(*value))));
    for ((name, value), width) in members.iter().zip(widths) {
        indent(f, depth + 1)?;
        write_name(f, name, width)?;
        write_value(f, value, depth + 1)?;
        f.write_str(",\n")?;
    }
    indent(f, depth)?;
    f.write_str("}")
}

fn write_body(f: &mut fmt::Formatter<'_>, body: &EvaluatedBody, depth: usize) -> fmt::Result {
    let widths = aligned(body.entries.iter().map(|entry| match entry {
        BodyEntry::Attribute { name, value } => (&**name, Some(value)),
        BodyEntry::Block(block) => (&*block.name, None),
    }));
    let mut after_block = false;
    for (i, (entry, width)) in body.entries.iter().zip(widths).enumerate() {
        if i > 0 {
            let blank = after_block || matches!(entry, BodyEntry::Block(_));
            f.write_str(if blank { "\n\n" } else { "\n" })?;
        }
        indent(f, depth)?;
        match entry {
            BodyEntry::Attribute { name, value } => {
                write_name(f, name, width)?;
                write_value(f, value, depth)?;
            }
            BodyEntry::Block(block) => {
                write!(f, "{} ", block.name)?;
                if let Some(label) = &block.label {
                    write!(f, "{} ", quote(label))?;
                }
                if block.body.entries.is_empty() {
                    f.write_str("{ }")?;
                } else {
                    f.write_str("{\n")?;
                    write_body(f, &block.body, depth + 1)?;
                    f.write_str("\n")?;
                    indent(f, depth)?;
                    f.write_str("}")?;
                }
            }
        }
        after_block = matches!(entry, BodyEntry::Block(_));
    }
    Ok(())
}

fn indent(f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    (0..depth).try_for_each(|_| f.write_str("\t"))
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str, width: usize) -> fmt::Result {
    let padding = width.saturating_sub(name.chars().count());
    write!(f, "{name}{:padding$} = ", "")
}

/// Width of the name column for each entry: names of neighbours share it; a value over several
/// lines belongs to the run above it and ends it; blocks (`None`) stand between runs.
fn aligned<'a>(entries: impl Iterator<Item = (&'a str, Option<&'a Value>)>) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    let mut run = 0;
    let mut widest = 0;
    for (name, value) in entries {
        let Some(value) = value else {
            widths.push(0);
            (run, widest) = (widths.len(), 0);
            continue;
        };
        widest = widest.max(name.chars().count());
        widths.push(widest);
        widths[run..].fill(widest);
        if is_multi_line(value) {
            (run, widest) = (widths.len(), 0);
        }
    }
    widths
}

fn is_multi_line(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_multi_line),
        Value::Object(object) => !object.members.is_empty(),
        Value::Capsule(_) => value.as_object().is_some_and(|object| !object.members.is_empty()),
        _ => false,
    }
}

/// True if the name needs no quotes as a key. Letters and digits as the scanner has them.
fn is_identifier(name: &str) -> bool {
    let letter = |c: char| c == '_' || c.is_alphabetic();
    let mut chars = name.chars();
    chars.next().is_some_and(letter)
        && chars.all(|c| letter(c) || c.is_numeric())
        && !matches!(name, "true" | "false" | "null")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::{EvaluatedBlock, OptionalSecret, Secret, Str};

    use super::*;

    fn object(members: Vec<(&str, Value)>) -> Value {
        Value::from(members.into_iter().map(|(k, v)| (Str::from(k), v)).collect::<Object>())
    }

    fn attr(name: &str, value: impl Into<Value>) -> BodyEntry {
        BodyEntry::Attribute { name: name.into(), value: value.into() }
    }

    #[test]
    fn floats_stay_floats_when_read_again() {
        let two_to_63 = 2f64.powi(63);
        let cases = [
            (two_to_63, "9223372036854776000"),
            (-two_to_63, "-9223372036854776000.0"),
            (-1.5 * two_to_63, "-13835058055282164000.0"),
            (-2.0 * two_to_63, "-18446744073709552000"),
        ];
        for (number, expected) in cases {
            assert_eq!(Value::Float(number).to_string(), expected);
        }
    }

    #[test]
    fn bodies_read_like_formatted_text() {
        let inner = EvaluatedBody { entries: vec![attr("x", 1), attr("long", 2)] };
        let block = |label: Option<&str>, body| {
            BodyEntry::Block(EvaluatedBlock {
                name: "a.b".into(),
                label: label.map(Into::into),
                body,
            })
        };
        let body = EvaluatedBody {
            entries: vec![
                attr("n", Value::Null),
                attr("object", object(vec![("b c", 1.into()), ("a", object(vec![]))])),
                attr("s", Secret::new("hush")),
                attr("list", vec![1.into(), "x\n".into(), object(vec![("k", true.into())])]),
                block(Some("l"), inner),
                block(None, EvaluatedBody::default()),
                attr("o", OptionalSecret::new("open", false)),
            ],
        };
        expect![[r#"
            n      = null
            object = {
            	a     = {},
            	"b c" = 1,
            }
            s    = (secret)
            list = [1, "x\n", {
            	k = true,
            }]

            a.b "l" {
            	x    = 1
            	long = 2
            }

            a.b { }

            o = "open"
        "#]]
        .assert_eq(&format!("{body}\n"));
    }
}
