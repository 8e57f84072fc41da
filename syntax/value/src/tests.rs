//! Derived structs: decoding, defaults, errors, encoding.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};

use crate::{
    About, Args, Block, BodyEntry, ByteSize, DecodeError, EvaluatedBlock, EvaluatedBody, Exports,
    Field, FromValue, Object, OptionalSecret, Secret, Str, ToValue, Value,
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

/// Refuses null and takes its names in any case.
#[derive(Block, Clone, Copy, Debug, PartialEq)]
#[args(unknown = "unknown mode {}", null_is_empty, any_case)]
enum Strict {
    Ignore,
    Silent,
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
    check_error(vec![attr("url", "x"), attr("every", "0s")], &expect!["[] [] every must not be 0"]);
}

#[test]
fn a_text_enum_says_which_texts_it_takes() {
    let read = |value: Value| Strict::from_value(&value).map_err(|error| error.message);
    assert_eq!(read("SILENT".into()), Ok(Strict::Silent));
    assert_eq!(read("Loud".into()), Err("unknown mode loud".to_owned()));
    assert_eq!(read(Value::Null), Err("unknown mode ".to_owned()));
    assert_eq!(Strict::zero().unwrap(), Strict::Ignore);
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

/// What the fields of [`Owner`] are about: blocks and objects of structs.
#[derive(Args, Clone, Debug, PartialEq)]
struct Owner {
    #[args(block, default = Plain { size: 5, name: "outer".to_owned() })]
    plain: Plain,
    #[args(block, default = Some(Plain { size: 6, name: "pointee".to_owned() }))]
    pointee: Option<Plain>,
    #[args(block, default = Common { retries: 1 })]
    common: Common,
    #[args(block, name = "a.b")]
    dotted: Option<Checked>,
    #[args(block, name = "a.c")]
    labelled: Vec<Rule>,
    #[args(optional)]
    object: Checked,
    #[args(optional)]
    objects: Vec<Auth>,
    #[args(optional)]
    rules: Vec<Rule>,
    #[args(block, optional)]
    free: BTreeMap<String, Checked>,
}

/// Declares no defaults.
#[derive(Block, Clone, Debug, PartialEq)]
struct Plain {
    #[args(optional)]
    size: i64,
    #[args(optional)]
    name: String,
}

#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
struct Checked {
    #[args(default = 1)]
    size: i64,
    needed: String,
}

impl Checked {
    fn check(&self) -> Result<(), String> {
        if self.size == 13 { Err("size must not be 13".to_owned()) } else { Ok(()) }
    }
}

fn owner(entries: Vec<BodyEntry>) -> Result<Owner, DecodeError> {
    Owner::decode(&EvaluatedBody { entries })
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::from(members.into_iter().map(|(k, v)| (Str::from(k), v)).collect::<Object>())
}

fn check_owner(entries: Vec<BodyEntry>, expected: &Expect) {
    let e = owner(entries).expect_err("an error");
    expected.assert_eq(&format!("{:?} {:?} {:?} {}", e.about, e.statements, e.path, e.message));
}

#[test]
fn what_is_found_after_a_body_has_no_position() {
    check_owner(
        vec![block("a.b", None, vec![])],
        &expect![[r#"Missing [0] [] missing required attribute "needed""#]],
    );
    check_owner(
        vec![block("a.b", None, vec![attr("needed", "x"), attr("size", Value::Int(13))])],
        &expect!["Validation [0] [] size must not be 13"],
    );
    check_owner(
        vec![block("plain", None, vec![attr("nope", "x")])],
        &expect![[r#"Statement [0, 0] [] unrecognized attribute name "nope""#]],
    );
    check_owner(
        vec![block("plain", Some("x"), vec![])],
        &expect![[r#"Header [0] [] block "plain" does not support specifying labels"#]],
    );
    let positions =
        [About::Value, About::Statement, About::Header, About::Missing, About::Validation]
            .map(About::has_position);
    assert_eq!(positions, [true, true, true, false, false]);
}

#[test]
fn the_check_of_an_object_is_not_about_its_text() {
    check_owner(
        vec![attr("object", object([("size", Value::Int(13))]))],
        &expect!["Validation [0] [] size must not be 13"],
    );
    check_owner(
        vec![block("free", None, vec![attr("k", object([("size", Value::Int(13))]))])],
        &expect!["Validation [0, 0] [] size must not be 13"],
    );
    check_owner(
        vec![attr("object", object([("size", Value::Bool(true))]))],
        &expect![[r#"Value [0] [Field("size")] should be number, got bool"#]],
    );
}

#[test]
fn a_block_starts_from_its_own_defaults_or_else_from_the_outer_ones() {
    let entries = vec![
        block("plain", None, vec![attr("size", Value::Int(1))]),
        block("pointee", None, vec![attr("size", Value::Int(2))]),
        block("common", None, vec![]),
    ];
    let args = owner(entries).expect("decodes");
    assert_eq!(args.plain, Plain { size: 1, name: "outer".to_owned() });
    assert_eq!(args.pointee, Some(Plain { size: 2, name: "pointee".to_owned() }));
    assert_eq!(args.common, Common { retries: 7 });
    let args = owner(vec![]).expect("decodes");
    assert_eq!(args.common, Common { retries: 1 });
}

#[test]
fn members_of_a_free_block_count_in_source_order_and_the_last_of_a_name_wins() {
    let checked = || object([("needed", Value::from("x"))]);
    let wrong = || Value::Bool(true);
    owner(vec![block("free", None, vec![attr("k", wrong()), attr("k", checked())])])
        .expect("the first is hidden");
    check_owner(
        vec![block("free", None, vec![attr("k", checked()), attr("k", wrong())])],
        &expect!["Value [0, 1] [] should be object, got bool"],
    );
    check_owner(
        vec![block("free", None, vec![attr("z", wrong()), attr("a", wrong())])],
        &expect!["Value [0, 0] [] should be object, got bool"],
    );
    check_owner(
        vec![block("free", None, vec![attr("k", wrong()), block("inner", None, vec![])])],
        &expect!["Value [0, 0] [] should be object, got bool"],
    );
    check_owner(
        vec![block("free", None, vec![attr("k", checked()), block("inner", None, vec![])])],
        &expect!["Statement [0, 1] [] nested blocks not supported here"],
    );
}

#[test]
fn structs_come_from_objects_and_go_back() {
    let rule = |separator: &str| object([("separator", Value::from(separator))]);
    let entries = vec![
        attr("object", object([("size", Value::Int(3))])),
        attr("objects", vec![object([("user", Value::from("u"))]), Value::Null]),
        attr("rules", object([("one", rule("-")), ("two", object([]))])),
    ];
    let args = owner(entries).expect("decodes");
    assert_eq!(args.object, Checked { size: 3, needed: String::new() });
    let nobody = Auth { user: String::new(), realm: String::new() };
    assert_eq!(args.objects, [Auth { user: "u".to_owned(), ..nobody.clone() }, nobody]);
    let separators: Vec<_> = args.rules.iter().map(|r| (&*r.label, &*r.separator)).collect();
    assert_eq!(separators, [("one", "-"), ("two", ";")]);
    assert_eq!(owner(args.encode().entries).expect("decodes again"), args);
    assert_eq!(Owner::from_value(&args.to_value()).expect("decodes again"), args);
    let zero = Checked::from_value(&Value::Null).expect("decodes");
    assert_eq!(zero, Checked { size: 0, needed: String::new() });
}

#[test]
fn errors_in_objects_lead_to_the_value() {
    check_owner(
        vec![attr("object", object([("nope", Value::Int(3))]))],
        &expect![[r#"Value [0] [Field("nope")] does not have field named "nope""#]],
    );
    check_owner(
        vec![attr("objects", vec![object([("user", Value::Bool(true))])])],
        &expect![[r#"Value [0] [Index(0), Field("user")] should be string, got bool"#]],
    );
    check_owner(
        vec![attr("object", "text")],
        &expect!["Value [0] [] should be object, got string"],
    );
    check_owner(
        vec![attr("rules", object([("one", object([("nope", Value::Null)]))]))],
        &expect![[r#"Value [0] [Field("one"), Field("nope")] does not have field named "nope""#]],
    );
    let nested = object([("a", object([("x", Value::Null)]))]);
    let error = Owner::from_value(&nested).expect_err("an error");
    assert_eq!(error.message, r#"does not have field named "x""#);
    let fixed = <[Rule; 2]>::from_value(&object([("one", object([]))])).expect_err("an error");
    assert_eq!(fixed.message, "object must have exactly 2 keys, got 1");
}

#[test]
fn dotted_names_and_labels_are_levels_of_an_object() {
    let entries = vec![
        block("a.b", None, vec![attr("needed", "x")]),
        block("a.c", Some("l"), vec![]),
        block("a.c", Some("m"), vec![attr("separator", "-")]),
    ];
    let args = owner(entries).expect("decodes");
    let shown = args.to_value();
    let a = shown.as_object().and_then(|o| o.get("a").cloned()).expect("an object");
    expect![[r#"
        {
        	b = {
        		size   = 1,
        		needed = "x",
        	},
        	c = {
        		l = {
        			separator = ";",
        		},
        		m = {
        			separator = "-",
        		},
        	},
        }"#]]
    .assert_eq(&a.to_string());
    assert_eq!(Owner::from_value(&shown).expect("decodes again"), args);
}

#[test]
fn blocks_that_equal_the_outer_default_are_left_out() {
    let names = |entries| {
        let body = owner(entries).expect("decodes").encode();
        let name = |entry: &BodyEntry| match entry {
            BodyEntry::Attribute { name, .. } => name.to_string(),
            BodyEntry::Block(block) => format!("{}/{}", block.name, block.body.entries.len()),
        };
        body.entries.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(vec![]), [""; 0]);
    assert_eq!(names(vec![block("common", None, vec![])]), ["common/0"]);
    assert_eq!(names(vec![block("common", None, vec![attr("retries", Value::Int(1))])]), [""; 0]);
    assert_eq!(names(vec![block("plain", None, vec![])]), [""; 0]);
    assert_eq!(
        names(vec![block("pointee", None, vec![attr("size", Value::Int(0))])]),
        ["pointee/1"]
    );
}

/// Blocks that must stand exactly as often as there are elements, and one-of blocks.
#[derive(Args, Clone, Debug, PartialEq)]
struct Exact {
    #[args(block)]
    pair: [Plain; 2],
    #[args(block, default = [Common { retries: 1 }])]
    maybe: [Common; 1],
    #[args(enumerated, name = "stage")]
    stages: Vec<Stage>,
}

#[test]
fn blocks_of_a_fixed_number_stand_exactly_that_often() {
    let pair = |size: i64| block("pair", None, vec![attr("size", size)]);
    let args = Exact::decode(&EvaluatedBody { entries: vec![pair(1), pair(2)] }).expect("decodes");
    assert_eq!((args.pair[0].size, args.pair[1].size), (1, 2));
    assert_eq!(args.maybe, [Common { retries: 1 }]);
    assert_eq!(args.encode().entries.len(), 2, "{:?}", args.encode());
    let error = |entries| Exact::decode(&EvaluatedBody { entries }).expect_err("an error").message;
    expect![[r#"block "pair" must be specified exactly 2 times, but was specified 1 times"#]]
        .assert_eq(&error(vec![pair(1)]));
    expect![[r#"missing required block "pair""#]].assert_eq(&error(vec![]));
}

#[test]
fn one_of_blocks_of_an_object_are_a_list_of_objects_with_one_member() {
    let drop = object([("drop", object([("user", Value::from("u"))]))]);
    let keep = object([("keep", object([("retries", Value::Int(2))]))]);
    let read = |stages: Vec<Value>| Exact::from_value(&object([("stage", Value::from(stages))]));
    let args = read(vec![drop, keep]).expect("decodes");
    assert!(matches!(&args.stages[..], [Stage::Drop(a), Stage::Keep(Common { retries: 2 })]
        if a.user == "u"));
    let again = Exact::from_value(&args.to_value()).expect("decodes what it shows");
    assert_eq!(again, args);
    let error = |stages| {
        let error = read(stages).expect_err("an error");
        format!("{:?} {}", error.path, error.message)
    };
    expect![[r#"[Field("stage"), Index(0), Field("hold")] does not have field named "hold""#]]
        .assert_eq(&error(vec![object([("hold", Value::Null)])]));
    expect![[r#"[Field("stage"), Index(0)] object must have exactly 1 keys, got 0"#]]
        .assert_eq(&error(vec![object([])]));
}

#[test]
fn the_language_of_texts_is_known_without_decoding() {
    /// Texts in several languages.
    #[derive(Block, Clone, Debug, Default, PartialEq)]
    struct Texts {
        /// By its type.
        #[args(optional)]
        limit: Option<ByteSize>,
        /// By what the struct says.
        #[args(optional, syntax = "regex")]
        names: Vec<String>,
        /// Of none.
        #[args(default = "")]
        free: String,
    }

    let schema = <Texts as crate::structure::Structure>::structure();
    let languages: Vec<_> = schema.fields.iter().map(Field::syntax).collect();
    assert_eq!(languages, [Some("bytes"), Some("regex"), None]);
}
