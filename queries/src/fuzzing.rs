//! What the fuzz targets check: each function panics if an invariant of the crate is broken.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use alloy_syntax::Severity;
use alloy_value::{
    Args, Capsule, CapsuleKind, Definition, Object, OptionalSecret, Registry, Secret, Stability,
    Str, Value,
};

use crate::{
    Diagnostic, Engine, ExpressionScope, HostFacts, Load, Options, Source, evaluate_expression,
};

/// Text of the secrets in scope. It must not come out.
const CANARY: &str = "hunter2-canary";

static OPAQUE: CapsuleKind =
    CapsuleKind { name: "receiver", to_object: None, eq: None, display: None };

/// One of each kind of value under a short name.
fn scope() -> ExpressionScope {
    let object = |members: Vec<(&str, Value)>| {
        Value::from(members.into_iter().map(|(k, v)| (Str::from(k), v)).collect::<Object>())
    };
    let secret = || Value::from(Secret::new(CANARY));
    let variables: Object = [
        ("secret", secret()),
        ("maybe", OptionalSecret::new(CANARY, true).into()),
        ("open", OptionalSecret::new("open", false).into()),
        ("list", vec![Value::Int(1), Value::Float(2.5), Value::Null, secret()].into()),
        ("object", object(vec![("a", 1.into()), ("s", secret()), ("t", "x".into())])),
        ("receiver", Capsule::new(&OPAQUE, Arc::new(())).into()),
    ]
    .into_iter()
    .map(|(name, value)| (Str::from(name), value))
    .collect();
    ExpressionScope {
        variables,
        env: [("HOME".to_owned(), "/root".to_owned())].into(),
        host: HostFacts { hostname: "host".into(), os: "linux".into(), ..HostFacts::default() },
    }
}

fn evaluate(text: &str) -> Result<Value, Vec<Diagnostic>> {
    evaluate_expression(text, &scope(), |value| Ok(value.clone()))
}

/// Any text evaluates to a value or to errors, always to the same; secrets stay secret, and a value
/// that can be written down is what its text evaluates to.
///
/// # Panics
/// If it doesn't.
pub fn expression(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let result = evaluate(text);
    let shown = |result: &Result<Value, Vec<Diagnostic>>| match result {
        Ok(value) => value.to_string(),
        Err(diagnostics) => crate::summary(diagnostics),
    };
    assert_eq!(shown(&result), shown(&evaluate(text)), "{text:?} has two values");
    let opens = text.contains("nonsensitive") || text.contains(CANARY);
    assert!(opens || !shown(&result).contains(CANARY), "{text:?} shows a secret");
    if let Ok(value) = &result
        && is_printable(value)
    {
        print(value);
    }
}

/// A value that can be written down is what its text evaluates to.
///
/// # Panics
/// If it isn't.
pub fn print(value: &Value) {
    let text = value.to_string();
    let again = evaluate(&text);
    assert_eq!(again.as_ref().ok(), Some(value), "printed as {text:?}");
}

/// True if the value can be written down as an expression.
pub fn is_printable(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::String(_) => true,
        Value::Float(number) => number.is_finite(),
        Value::Array(items) => items.iter().all(is_printable),
        // Escapes mean nothing in keys, so some keys cannot be written in quotes.
        Value::Object(object) => object.members.iter().all(|(key, value)| {
            let plain = key.as_str().filter(|key| alloy_syntax::quote(key).len() == key.len() + 2);
            plain.is_some_and(|key| !key.is_empty()) && is_printable(value)
        }),
        Value::Function(_) | Value::Capsule(_) => false,
    }
}

/// Arguments of the only component of [`edits`].
#[derive(Args, Clone, Debug, PartialEq)]
struct Node {
    /// Text.
    #[args(optional)]
    text: String,
    /// Anything.
    #[args(optional)]
    any: Value,
}

static NODE: Definition =
    Definition::component::<Node>("node", Stability::GenerallyAvailable, "A node.");
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::new([&NODE]));

/// What an engine says about a load of `text` and what its nodes evaluate to, and its warnings.
fn load(engine: &mut Engine, text: &str) -> (String, BTreeSet<String>) {
    let sources = vec![Source { name: "main.alloy".into(), text: text.into() }];
    let mut out = String::new();
    let mut warnings = BTreeSet::new();
    let loaded = engine.load(Load { sources, ..Load::default() });
    let said = match &loaded {
        Ok(pending) => &pending.warnings,
        Err(rejected) => &rejected.diagnostics,
    };
    for diagnostic in said {
        if diagnostic.severity == Severity::Error {
            // Writing to a string cannot fail.
            let _ok = writeln!(out, "{diagnostic}");
        } else {
            warnings.insert(diagnostic.to_string());
        }
    }
    if loaded.is_ok() {
        engine.commit();
        let mut nodes = Vec::new();
        for node in engine.nodes() {
            nodes.push(match engine.evaluate(node.id) {
                Ok(args) => format!("{} {:?}", node.block_id, args.downcast_ref::<Node>()),
                Err(error) => format!("{} {}", node.block_id, error.diagnostic()),
            });
        }
        nodes.sort_unstable();
        out.push_str(&nodes.join("\n"));
    }
    (out, warnings)
}

/// After any edits the engine says what a fresh one says about the same text. It warns about a block
/// only while the block is new, so it may have said some of the warnings before.
///
/// The input is a text and, behind a byte 0xFF each, edits of it: two bytes for the place, one for
/// how much goes, and the text that comes.
///
/// # Panics
/// If it says something else.
pub fn edits(input: &[u8]) {
    /// More edits find nothing more.
    const MOST: usize = 16;
    let mut parts = input.split(|&byte| byte == 0xff);
    let mut text = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let fresh = || Engine::new(&REGISTRY, HostFacts::default(), Options::default());
    let mut engine = fresh();
    let mut check = |text: &str| {
        let (said, warnings) = load(&mut engine, text);
        let (expected, all_warnings) = load(&mut fresh(), text);
        assert_eq!(said, expected);
        assert!(warnings.is_subset(&all_warnings), "{warnings:?} of {all_warnings:?}");
    };
    check(&text);
    for edit in parts.take(MOST) {
        let [high, low, removed, added @ ..] = edit else { continue };
        let boundary = |mut at: usize, text: &str| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = boundary(usize::from(*high) << 8 | usize::from(*low), &text);
        let end = boundary(start + usize::from(*removed), &text).max(start);
        text.replace_range(start..end, &String::from_utf8_lossy(added));
        check(&text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seeds_of_eval_expr_replay() {
        alloy_corpus::seeds("eval_expr").iter().for_each(|seed| expression(seed));
    }

    #[test]
    fn seeds_of_salsa_edits_replay() {
        alloy_corpus::seeds("salsa_edits").iter().for_each(|seed| edits(seed));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (i64::MAX as u64..).prop_map(Value::Uint),
            any::<f64>().prop_map(Value::Float),
            any::<String>().prop_map(Value::from),
            any::<Vec<u8>>().prop_map(|bytes| Value::String(Str::from(bytes))),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec(("[a-zü_]{1,4}|.{1,4}", inner), 0..6).prop_map(
                    |members| {
                        let member = |(key, value)| (Str::from(String::as_str(&key)), value);
                        Value::from(members.into_iter().map(member).collect::<Object>())
                    }
                ),
            ]
        })
    }

    /// Expressions of all kinds, most of which have a value.
    fn expression_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            value().prop_filter("printable", is_printable).prop_map(|value| value.to_string()),
            proptest::sample::select(vec![
                "secret",
                "maybe",
                "open",
                "list",
                "object",
                "receiver",
                "constants",
                "7",
                "\"x\"",
            ])
            .prop_map(str::to_owned),
        ];
        leaf.prop_recursive(4, 16, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                (
                    two.clone(),
                    proptest::sample::select(vec![
                        "+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||",
                    ])
                )
                    .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
                (
                    two.clone(),
                    proptest::sample::select(vec![
                        "string.format",
                        "coalesce",
                        "array.concat",
                        "string.join",
                        "string.split",
                        "encoding.to_json",
                        "encoding.from_json",
                        "string.trim",
                        "json_path",
                    ])
                )
                    .prop_map(|((a, b), name)| format!("{name}({a}, {b})")),
                two.prop_map(|(a, b)| format!("[{a}, {b}][0]")),
                inner.clone().prop_map(|a| format!("-{a}")),
                inner.prop_map(|a| format!("{{a = {a}}}.a")),
            ]
        })
    }

    proptest! {
        #[test]
        fn printed_values_evaluate_to_themselves(value in value().prop_filter("printable", is_printable)) {
            print(&value);
        }

        #[test]
        fn evaluation_is_deterministic_and_keeps_secrets(text in expression_text()) {
            expression(text.as_bytes());
        }

        #[test]
        fn edits_of_any_text_are_like_fresh_loads(
            start in "(node \"[a-c]\" \\{\n\ttext = (\"x\"|node.[a-c].text|sys.env\\(\"V\"\\))\n\\}\n){0,4}",
            edits in proptest::collection::vec((any::<u16>(), 0..9_u8, "[a-c\"{}=\n ]{0,6}"), 0..6),
        ) {
            let mut input = start.into_bytes();
            for (at, removed, added) in edits {
                input.push(0xff);
                input.extend((at % 120).to_be_bytes());
                input.push(removed);
                input.extend(added.bytes());
            }
            super::edits(&input);
        }
    }
}
