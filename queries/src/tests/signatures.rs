//! Every function of the library: too few arguments, too many, wrong ones and right ones.

use alloy_syntax::Span;

use super::*;
use crate::library;
use crate::rules::codes;

/// A function, calls that are right, and calls that are wrong, with the wrong part between `«»`.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

/// `$` is something whose value is not known.
const ROWS: &[Row] = &[
    (
        "array.combine_maps",
        &[r#"array.combine_maps([{"a" = 1}], [$], ["a"])"#, "array.combine_maps($, $, [$], true)"],
        &[
            "«array.combine_maps»($, $)",
            "array.combine_maps($, $, $, true, «$»)",
            r#"array.combine_maps(«"a"», $, ["a"])"#,
            r#"array.combine_maps($, [«1»], ["a"])"#,
            "array.combine_maps($, $, [«1»])",
            r#"array.combine_maps($, $, ["a"], «"true"»)"#,
        ],
    ),
    (
        "array.concat",
        &["array.concat()", r#"array.concat([1], ["a"], $)"#, "array.concat(test.source.s.items)"],
        &[
            r#"array.concat($, «"a"»)"#,
            "array.concat($, «null»)",
            "array.concat($, «test.source.s.text»)",
            "array.concat($, «sys.env(\"A\")»)",
        ],
    ),
    (
        "array.group_by",
        &[r#"array.group_by([{"a" = "x"}, $], "a", false)"#],
        &[
            r#"«array.group_by»($, "a")"#,
            r#"array.group_by($, "a", true, «$»)"#,
            r#"array.group_by(«{}», "a", true)"#,
            "array.group_by($, «1», true)",
            r#"array.group_by($, "a", «1»)"#,
        ],
    ),
    ("coalesce", &["coalesce()", r#"coalesce($, "a", 1, [])"#], &[]),
    (
        "convert.nonsensitive",
        &["convert.nonsensitive($)", r#"convert.nonsensitive("a")"#],
        &["«convert.nonsensitive»()", "convert.nonsensitive($, «$»)", "convert.nonsensitive(«1»)"],
    ),
    ("encoding.from_URLbase64", &["encoding.from_URLbase64($)"], TEXT_OF_FROM_URL),
    ("encoding.from_base64", &[r#"encoding.from_base64("YQ==")"#], TEXT_OF_FROM),
    (
        "encoding.from_json",
        &["encoding.from_json($)", "encoding.from_json(encoding.from_base64($))"],
        &[
            "«encoding.from_json»()",
            "encoding.from_json($, «$»)",
            "encoding.from_json(«{}»)",
            "encoding.from_json([«true»])",
        ],
    ),
    (
        "encoding.from_yaml",
        &["encoding.from_yaml($)"],
        &["«encoding.from_yaml»()", "encoding.from_yaml($, «$»)", "encoding.from_yaml(«false»)"],
    ),
    (
        "encoding.to_URLbase64",
        &["encoding.to_URLbase64($)"],
        &[
            "«encoding.to_URLbase64»()",
            "encoding.to_URLbase64($, «$»)",
            "encoding.to_URLbase64(«{}»)",
        ],
    ),
    (
        "encoding.to_base64",
        &["encoding.to_base64(1)"],
        &["«encoding.to_base64»()", "encoding.to_base64($, «$»)", "encoding.to_base64(«true»)"],
    ),
    (
        "encoding.to_json",
        &["encoding.to_json($)", r#"encoding.to_json({"a" = $})"#],
        &["«encoding.to_json»()", "encoding.to_json($, «$»)"],
    ),
    (
        "encoding.url_decode",
        &["encoding.url_decode($)"],
        &["«encoding.url_decode»()", "encoding.url_decode($, «$»)", "encoding.url_decode(«{}»)"],
    ),
    (
        "encoding.url_encode",
        &["encoding.url_encode($)"],
        &["«encoding.url_encode»()", "encoding.url_encode($, «$»)", "encoding.url_encode(«true»)"],
    ),
    (
        "file.path_join",
        &["file.path_join()", r#"file.path_join($, "a", 1)"#],
        &[r#"file.path_join($, "a", «true»)"#],
    ),
    (
        "json_path",
        &[r#"json_path($, ".a")"#],
        &[r#"«json_path»($)"#, "json_path($, $, «$»)", r#"json_path(«{}», ".a")"#],
    ),
    (
        "string.format",
        &[r#"string.format("%v %v %v", 1, true, $)"#, "string.format($)"],
        &["«string.format»()", "string.format(«{}», $)", "string.format(«true»)"],
    ),
    (
        "string.join",
        &[r#"string.join(["a", 1, $], ",")"#, "string.join(test.source.s.items, $)"],
        &[
            "«string.join»($)",
            "string.join($, $, «$»)",
            r#"string.join(«"a"», ",")"#,
            r#"string.join([$, «true»], ",")"#,
            "string.join(«test.source.s.text», $)",
            "string.join(«test.source.s.labels», $)",
            "string.join($, «test.source.s.items»)",
        ],
    ),
    (
        "string.replace",
        &[r#"string.replace($, "a", "b")"#],
        &["«string.replace»($, $)", "string.replace($, $, $, «$»)", "string.replace($, «{}», $)"],
    ),
    (
        "string.split",
        &[r#"string.split($, ",")"#, "string.split(string.join($, $), $)"],
        &[
            "«string.split»($)",
            "string.split($, $, «$»)",
            "string.split($, «true»)",
            r#"string.split(«string.split($, ",")», ",")"#,
        ],
    ),
    (
        "string.to_lower",
        &["string.to_lower($)"],
        &["«string.to_lower»()", "string.to_lower($, «$»)", "string.to_lower(«true»)"],
    ),
    (
        "string.to_upper",
        &["string.to_upper($)"],
        &["«string.to_upper»()", "string.to_upper($, «$»)", "string.to_upper(«{}»)"],
    ),
    (
        "string.trim",
        &["string.trim($, $)"],
        &["«string.trim»($)", "string.trim($, $, «$»)", "string.trim($, «true»)"],
    ),
    (
        "string.trim_prefix",
        &[r#"string.trim_prefix($, "a")"#],
        &[
            "«string.trim_prefix»($)",
            "string.trim_prefix($, $, «$»)",
            "string.trim_prefix(«true», $)",
        ],
    ),
    (
        "string.trim_space",
        &["string.trim_space($)"],
        &["«string.trim_space»()", "string.trim_space($, «$»)", "string.trim_space(«{}»)"],
    ),
    (
        "string.trim_suffix",
        &[r#"string.trim_suffix($, "a")"#],
        &[
            "«string.trim_suffix»($)",
            "string.trim_suffix($, $, «$»)",
            "string.trim_suffix($, «true»)",
        ],
    ),
    (
        "sys.env",
        &[r#"sys.env("A")"#, "sys.env($)"],
        &["«sys.env»()", r#"sys.env("A", «"b"»)"#, "sys.env(«true»)"],
    ),
];

const TEXT_OF_FROM_URL: &[&str] = &[
    "«encoding.from_URLbase64»()",
    "encoding.from_URLbase64($, «$»)",
    "encoding.from_URLbase64(«true»)",
];
const TEXT_OF_FROM: &[&str] =
    &["«encoding.from_base64»()", "encoding.from_base64($, «$»)", "encoding.from_base64(«true»)"];

/// The parts of a call that a check reports, with their codes.
fn reported(call: &str) -> Vec<(String, &'static str)> {
    // Nothing is known of a member of what the environment has.
    let before = "test.source \"s\" { }\n\ntest.node \"a\" {\n  any = ";
    let text = format!("{before}{}\n}}\n", call.replace('$', "sys.env(\"A\").b"));
    let options = Options { stability: Stability::Experimental, community: true };
    let sources = sources(&[("main.alloy", &text)]);
    let found = Engine::check(&REGISTRY, HostFacts::default(), options, sources);
    let lines = alloy_syntax::LineIndex::new(&text);
    let part = |span: &Span| {
        let place = span.locate(&text, &lines).expect("a finding has a place");
        text[place.start.byte as usize..place.end.byte as usize].to_owned()
    };
    let errors = found.iter().filter(|d| d.severity == alloy_syntax::Severity::Error);
    errors.map(|d| (part(&d.span), d.code.unwrap_or_default())).collect()
}

#[test]
fn calls_are_checked_against_signatures() {
    for (name, right, wrong) in ROWS {
        for call in *right {
            assert_eq!(reported(call), [], "{call}");
            assert!(call.contains(name), "{call}");
        }
        for marked in *wrong {
            let call = marked.replace(['«', '»'], "");
            let (_, part) = marked.split_once('«').unwrap();
            let (part, _) = part.split_once('»').unwrap();
            let part = part.replace('$', "sys.env(\"A\").b");
            let found = reported(&call);
            assert_eq!(found.iter().map(|(part, _)| part).collect::<Vec<_>>(), [&part], "{call}");
            assert!(
                found
                    .iter()
                    .all(|(_, code)| [codes::EVALUATION, codes::TYPE_MISMATCH].contains(code)),
                "{call}: {found:?}"
            );
        }
    }
}

#[test]
fn every_function_has_calls() {
    for item in library().iter().filter(|item| item.signature.contains('(')) {
        assert!(ROWS.iter().any(|(name, ..)| *name == item.name), "{}", item.name);
    }
}

#[test]
fn deprecated_names_have_the_same_signatures() {
    assert_eq!(reported("split(\"a\")"), [("split".to_owned(), codes::EVALUATION)]);
    assert_eq!(reported("join(true, \",\")"), [("true".to_owned(), codes::TYPE_MISMATCH)]);
}
