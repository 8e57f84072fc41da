//! Derived structs: decoding, defaults, errors, encoding.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};

use crate::{
    Args, Block, BodyEntry, DecodeError, EvaluatedBlock, EvaluatedBody, Exports, OptionalSecret,
    Secret, ToValue, Value,
};

#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
struct Outer {
    /// Required text.
    url: String,
    #[args(default = "1m")]
    every: Duration,
    #[args(default = true)]
    on: bool,
    #[args(default = Mode::Slow)]
    mode: Mode,
    token: Option<Secret>,
    #[args(optional)]
    names: Vec<String>,
    #[args(optional)]
    headers: BTreeMap<String, Vec<Secret>>,
    #[args(squash)]
    common: Common,
    #[args(block)]
    auth: Option<Auth>,
    #[args(block, name = "rule")]
    rules: Vec<Rule>,
    #[args(block, optional)]
    extra: BTreeMap<String, i64>,
    #[args(enumerated, name = "stage")]
    stages: Vec<Stage>,
}

impl Outer {
    fn check(&self) -> Result<(), String> {
        if self.every.is_zero() { Err("every must not be 0".to_owned()) } else { Ok(()) }
    }
}

#[derive(Block, Clone, Copy, Debug, PartialEq)]
enum Mode {
    #[args(name = "slow")]
    Slow,
    #[args(name = "fast")]
    Fast,
}

#[derive(Block, Clone, Debug, PartialEq)]
struct Common {
    #[args(default = 7)]
    retries: u32,
}

#[derive(Block, Clone, Debug, PartialEq)]
struct Auth {
    user: String,
    #[args(default = "")]
    realm: String,
}

#[derive(Block, Clone, Debug, PartialEq)]
struct Rule {
    #[args(label)]
    label: String,
    #[args(default = ";")]
    separator: String,
}

#[derive(Block, Clone, Debug, PartialEq)]
enum Stage {
    #[args(name = "drop")]
    Drop(Auth),
    #[args(name = "keep")]
    Keep(Common),
}

#[derive(Exports, Clone, Debug)]
struct Out {
    /// Text.
    content: OptionalSecret,
    count: i64,
}

fn attr(name: &str, value: impl Into<Value>) -> BodyEntry {
    BodyEntry::Attribute { name: name.into(), value: value.into() }
}

fn block(name: &str, label: Option<&str>, entries: Vec<BodyEntry>) -> BodyEntry {
    let body = EvaluatedBody { entries };
    BodyEntry::Block(EvaluatedBlock { name: name.into(), label: label.map(Arc::from), body })
}

fn decode(entries: Vec<BodyEntry>) -> Result<Outer, DecodeError> {
    Outer::decode(&EvaluatedBody { entries })
}

fn check_error(entries: Vec<BodyEntry>, expected: &Expect) {
    let e = decode(entries).expect_err("an error");
    expected.assert_eq(&format!("{:?} {:?} {}", e.statements, e.path, e.message));
}

#[test]
fn defaults_apply_where_nothing_is_set() {
    let args = decode(vec![attr("url", "x")]).expect("decodes");
    assert_eq!(
        args,
        Outer {
            url: "x".to_owned(),
            every: Duration::from_secs(60),
            on: true,
            mode: Mode::Slow,
            token: None,
            names: Vec::new(),
            headers: BTreeMap::new(),
            common: Common { retries: 7 },
            auth: None,
            rules: Vec::new(),
            extra: BTreeMap::new(),
            stages: Vec::new(),
        }
    );
    assert_eq!(args.encode().entries.len(), 1, "only what differs from the defaults is shown");
}

#[test]
fn everything_that_is_set_arrives_and_is_shown_again() {
    let entries = vec![
        attr("url", "x"),
        attr("every", "5s"),
        attr("mode", "fast"),
        attr("token", "canary"),
        attr("retries", Value::Int(3)),
        block("auth", None, vec![attr("user", "u")]),
        block("rule", Some("a"), vec![]),
        block("rule", Some("b"), vec![attr("separator", "-")]),
        block("extra", None, vec![attr("k", Value::Int(4))]),
        block("stage.keep", None, vec![]),
        block("stage.drop", None, vec![attr("user", "v")]),
    ];
    let args = decode(entries).expect("decodes");
    assert_eq!(args.rules[1], Rule { label: "b".to_owned(), separator: "-".to_owned() });
    assert_eq!(args.rules[0].separator, ";");
    assert_eq!(args.common.retries, 3);
    assert_eq!(args.extra["k"], 4);
    assert!(matches!(&args.stages[..], [Stage::Keep(_), Stage::Drop(a)] if a.user == "v"));
    assert_eq!(decode(args.encode().entries).expect("decodes again"), args);
    assert!(!format!("{args:?}{:?}", args.encode()).contains("canary"));
}

#[test]
fn errors_name_what_is_wrong_and_where() {
    check_error(vec![], &expect![[r#"[] [] missing required attribute "url""#]]);
    check_error(
        vec![attr("url", "x"), attr("nope", "y")],
        &expect![[r#"[1] [] unrecognized attribute name "nope""#]],
    );
    check_error(
        vec![attr("url", "x"), attr("url", "y")],
        &expect![[r#"[1] [] attribute "url" may only be provided once"#]],
    );
    check_error(
        vec![attr("url", "x"), attr("auth", "y")],
        &expect![[r#"[1] [] "auth" must be a block, but is used as an attribute"#]],
    );
    check_error(
        vec![block("url", None, vec![])],
        &expect![[r#"[0] [] "url" must be an attribute, but is used as a block"#]],
    );
    check_error(
        vec![block("auth", None, vec![attr("user", "u")]), block("auth", None, vec![])],
        &expect![[r#"[0] [] block "auth" may only be specified once"#]],
    );
    check_error(
        vec![block("auth", None, vec![])],
        &expect![[r#"[0] [] missing required attribute "user""#]],
    );
    check_error(
        vec![block("rule", None, vec![])],
        &expect![[r#"[0] [] block "rule" requires non-empty label"#]],
    );
    check_error(
        vec![block("auth", Some("a"), vec![])],
        &expect![[r#"[0] [] block "auth" does not support specifying labels"#]],
    );
    check_error(
        vec![block("auth", None, vec![attr("user", Value::Bool(true))])],
        &expect!["[0, 0] [] should be string, got bool"],
    );
    check_error(
        vec![attr("names", vec![Value::from("a"), Value::Bool(true)])],
        &expect!["[0] [Index(1)] should be string, got bool"],
    );
    check_error(
        vec![attr("url", "x"), attr("mode", "medium")],
        &expect![[r#"[1] [] must be one of "slow", "fast", got "medium""#]],
    );
    check_error(
        vec![block("stage.other", None, vec![])],
        &expect![[r#"[0] [] unrecognized block name "stage.other""#]],
    );
    check_error(
        vec![block("extra", None, vec![attr("k", "v")])],
        &expect!["[0, 0] [] should be number, got string"],
    );
    check_error(
        vec![attr("url", "x"), attr("every", "0s")],
        &expect!["[] [] every must not be 0"],
    );
}

#[test]
fn exports_are_an_object_in_declaration_order() {
    let out = Out { content: OptionalSecret::new("hush", true), count: 2 };
    let value = out.to_value();
    let object = value.as_object().expect("an object");
    let names: Vec<_> = object.members.keys().map(|name| name.to_lossy().into_owned()).collect();
    assert_eq!(names, ["content", "count"]);
    assert_eq!(<Out as Exports>::schema().fields[0].doc, "Text.");
    assert!(!format!("{value:?}").contains("hush"));
}
