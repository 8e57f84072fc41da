//! Behaviour that spans modules: hostile text, trees, one-line forms.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use crate::*;

fn messages(text: &str) -> String {
    let lines = LineIndex::new(text);
    let diagnostics = parse_file(text).diagnostics().to_vec();
    let lines = diagnostics.into_iter().map(|d| d.resolve(None, &lines).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

fn check_errors(text: &str, expected: &Expect) {
    expected.assert_eq(&messages(text));
}

fn check_tree(text: &str, expected: &Expect) {
    expected.assert_eq(&format!("{:#?}", parse_file(text).syntax()));
}

#[test]
fn trivia_stays_outside_of_nodes() {
    check_tree(
        "// c\na = f(1) // d\n",
        &expect![[r#"
        SourceFile@0..19
          Comment@0..4 "// c"
          Whitespace@4..5 "\n"
          Attribute@5..13
            Ident@5..6 "a"
            Whitespace@6..7 " "
            Assign@7..8 "="
            Whitespace@8..9 " "
            CallExpr@9..13
              IdentExpr@9..10
                Ident@9..10 "f"
              ArgList@10..13
                LParen@10..11 "("
                LiteralExpr@11..12
                  Number@11..12 "1"
                RParen@12..13 ")"
          Whitespace@13..14 " "
          Comment@14..18 "// d"
          Whitespace@18..19 "\n"
    "#]],
    );
}

#[test]
fn recovery_stops_at_the_next_statement() {
    check_tree(
        "= 1\nb = 2",
        &expect![[r#"
            SourceFile@0..9
              Error@0..3
                Assign@0..1 "="
                Whitespace@1..2 " "
                Number@2..3 "1"
              Whitespace@3..4 "\n"
              Attribute@4..9
                Ident@4..5 "b"
                Whitespace@5..6 " "
                Assign@6..7 "="
                Whitespace@7..8 " "
                LiteralExpr@8..9
                  Number@8..9 "2"
        "#]],
    );
}

#[test]
fn deep_nesting_is_one_error() {
    let nested = |open: &str, close: &str| {
        format!("a = {}1{}\nb = 2\n", open.repeat(300), close.repeat(300))
    };
    for text in [nested("[", "]"), nested("(", ")"), nested("{x=", "}"), nested("f(", ")")] {
        let errors = messages(&text);
        assert!(errors.ends_with(": nesting is deeper than 256 levels"), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert_eq!(parse_file(&text).file().body().attributes().count(), 2);
    }
    let blocks = format!("{}{}\nb = 2\n", "a {\n".repeat(300), "}\n".repeat(300));
    check_errors(&blocks, &expect!["257:3: nesting is deeper than 256 levels"]);
}

#[test]
fn long_chains_are_one_error() {
    for link in ["+1", ".a", "[0]", "()", "^2", "==1", "+-1"] {
        let text = format!("a = b{}\nb = 2\n", link.repeat(300));
        let errors = messages(&text);
        assert!(errors.ends_with(": nesting is deeper than 256 levels"), "{link}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(messages(&format!("a = b{}\n", link.repeat(200))).is_empty(), "{link}");
    }
    for prefix in ["-", "!"] {
        let errors = messages(&format!("a = {}b", prefix.repeat(300)));
        assert_eq!(errors, "1:261: nesting is deeper than 256 levels");
    }
}

#[test]
fn deepest_text_formats() {
    let nested =
        |open: &str, close: &str| format!("a = {}x{}\n", open.repeat(255), close.repeat(255));
    let texts = [
        nested("[\n", ",\n]"),
        nested("(", ")"),
        nested("{\nx=", ",\n}"),
        nested("f(\n", ",\n)"),
        nested("-", ""),
        nested("1+", ""),
        nested("", ".a"),
        format!("{}{}", "a {\n".repeat(255), "}\n".repeat(255)),
    ];
    for text in texts {
        assert!(parse_file(&text).is_ok(), "{text}");
        fuzzing::format(text.as_bytes());
    }
}

#[test]
fn trees_stay_shallow_whatever_nests() {
    let unit = "(x{a=[-f(g{b=1+2}.y.z)]}.c.d)+";
    let text = format!("a = {}1", unit.repeat(400));
    let nested = format!("a = {}", "(x { b = ".repeat(400));
    let chained = format!("a = {}1{}", "(x { b = ".repeat(200), "\n}.c.c.c.c)".repeat(200));
    for text in [text, nested, chained] {
        let root = parse_file(&text).syntax();
        let deepest = root.descendants().map(|node| node.ancestors().count()).max();
        // A level of the language is at most four nodes: attribute, error, block body, argument list.
        assert!(deepest < Some(4 * MAX_DEPTH as usize), "{deepest:?}");
    }
}

/// Gate G11 of design/engine.md §13, with room for unoptimised code.
#[test]
fn ten_megabytes_of_hostile_text_parse() {
    let length = 10 << 20;
    for unit in
        ["[", "a {", "-", "(", "x.", "\"\\", "/*", "a\n", "{x=[", "\u{feff}", "1+", "`", "#"]
    {
        let text = unit.repeat(length / unit.len() / 16);
        let start = Instant::now();
        assert_eq!(usize::from(parse_file(&text).syntax().text_range().len()), text.len());
        assert_eq!(split(&text).last().map(|item| item.range.end), Some(text.len()));
        assert!(start.elapsed() < Duration::from_secs(20), "{unit:?} took {:?}", start.elapsed());
    }
}

#[test]
fn lists_of_diagnostics_have_one_line_forms() {
    assert_eq!(summary(&[]), "no errors");
    let error = |message: &str| Diagnostic::error(Span::None, message);
    assert_eq!(summary(&[error("one")]), "-: one");
    assert_eq!(
        summary(&[error("one").with_file("f"), error("two"), error("three")]),
        "f: one (and 2 more diagnostics)",
    );
}

#[test]
fn report_in_colour() {
    let text = "a = \n";
    let lines = LineIndex::new(text);
    let file: std::sync::Arc<str> = "f".into();
    let warning = Diagnostic::warning(Span::Bytes { start: 0, end: Some(1) }, "odd")
        .resolve(Some(&file), &lines);
    assert_eq!(
        render(&[warning], |_| Some(text), Color::Always),
        "\u{1b}[33;1mWarning: \u{1b}[0m\u{1b}[1mf:1:1: odd\n\u{1b}[0m\n1 | a = \n  | ^\n2 | \n",
    );
    assert_eq!(render(&[], |_| None, Color::Always), "");
}

#[test]
fn positions_of_blocks_and_keys() {
    let parse = parse_file("prometheus.scrape \"a\" {\n  x = {`k` = 1, \"\" = 2}\n}");
    let block = parse.file().body().blocks().next().unwrap();
    assert_eq!((block.name().as_str(), block.label().as_str()), ("prometheus.scrape", "a"));
    assert_eq!(block.name_range(), TextRange::new(0.into(), 17.into()));
    assert_eq!(block.header_range(), TextRange::new(0.into(), 23.into()));
    let attribute = block.body().unwrap().attributes().next().unwrap();
    let Some(ast::Expr::Object(object)) = attribute.value() else { panic!("not an object") };
    let keys: Vec<String> = object.fields().map(|field| field.key()).collect();
    assert_eq!(keys, ["k", "\"\""]);
}

/// Message, words for users and the text after the fix, of everything that is wrong.
fn worded(text: &str) -> String {
    let mut out = String::new();
    for diagnostic in parse_file(text).diagnostics().iter() {
        let code = diagnostic.code.unwrap();
        out += &format!("{code} {} | {}\n", diagnostic.message, diagnostic.wording());
        for fix in &diagnostic.fixes {
            let edit = &fix.edits[0];
            let mut fixed = text.to_owned();
            let span = edit.span.start as usize..edit.span.end as usize;
            fixed.replace_range(span, &edit.text);
            out += &format!("  {}: {fixed}\n", fix.title);
        }
    }
    out
}

#[test]
fn syntax_errors_have_words_that_users_know() {
    let texts = [
        "a b { }",
        "a \"1-x\" { }",
        "a `b` { }",
        "a.b = 1",
        "a \"b\" = 1",
        "a = [1 2]",
        "a = {b = 1 c = 2}",
        "a = f(1 2)",
        "a = {1 = 2}",
        "a {\nb = \n}",
        "a {\nb = 1",
        "a = 1 2",
        "a",
        "a \"b\"",
        "a = x.1",
        "a = b { }",
        "a = [\"a very long string that nobody wants to see again\" 1]",
    ];
    expect![[r#"
        AL001 expected block label, got IDENT | expected `=`, `{` or a label in double quotes, found `b`
        AL002 expected block label to be a valid identifier, but got "1-x" | the label "1-x" has other characters than letters, digits and underscores, or starts with a digit
          write it as "_1_x": a "_1_x" { }
        AL002 expected block label to be a double quoted string, but got "`b`" | a label is written in double quotes
          write it as "b": a "b" { }
        AL001 attribute names may only consist of a single identifier with no "." | the name of an attribute has no dots
        AL001 attribute names may not have labels | an attribute has no label
        AL001 missing ',' in expression list | missing `,` after the element, found `2`
        AL001 missing ',' in field list | missing `,` after the field, found `c`
        AL001 missing ',' in expression list | missing `,` after the argument, found `2`
        AL001 expected field name (string or identifier), got NUMBER | expected the name of a field, found `1`
        AL001 expected expression, got } | expected a value, found `}`
        AL001 expected }, got EOF | expected `}`, found the end of the file
        AL001 expected TERMINATOR, got NUMBER | expected the end of the line, found `2`
        AL001 expected block label, got TERMINATOR | expected `=`, `{` or a label in double quotes, found the end of the line
        AL001 expected block body, got TERMINATOR | expected `{`, found the end of the line
        AL001 expected TERMINATOR, got FLOAT | expected the end of the line, found `.1`
        AL001 cannot use a block as an expression | a block cannot be a value
        AL001 missing ',' in expression list | missing `,` after the element, found `1`
    "#]]
    .assert_eq(&texts.map(worded).concat());
}
