//! Reports for terminals.

use alloy_syntax::{Applicability, Color, Diagnostic, Edit, Fix, LineIndex, Related, Span};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::render_full;

fn check_rich(text: &str, expected: Expect) {
    let diagnostics = Engine::check(
        &REGISTRY,
        HostFacts::default(),
        Options::default(),
        sources(&[("main.alloy", text)]),
    );
    expected.assert_eq(&render_full(&diagnostics, |_| Some(text), Color::Never));
}

#[test]
fn suggestions_are_shown_as_changes() {
    check_rich(
        "// ä\n\ntest.node \"a\" {\n\titem = [\"ä\"]\n\tcolour = 1\n}\n",
        expect![[r#"
            error[AL201 unknown-attribute]: "test.node" has no attribute "item"
             --> main.alloy:4:2
              |
            4 |     item = ["ä"]
              |     ^^^^^^^^^^^^
              |
            help: change it to "items" (unsafe fix)
              |
            4 |     items = ["ä"]
              |         +

            error[AL201 unknown-attribute]: "test.node" has no attribute "colour"
             --> main.alloy:5:2
              |
            5 |     colour = 1
              |     ^^^^^^^^^^

        "#]],
    );
}

#[test]
fn blocks_over_several_lines() {
    check_rich(
        "test.node \"a\" {\n\trule {\n\t\tevery = \"1m\"\n\t}\n\trule = {source = \"x\", every = \"1m\"}\n}\n",
        expect![[r#"
            error[AL203 missing-attribute]: "rule" needs the attribute "source"
             --> main.alloy:2:2
              |
            2 | /     rule {
            3 | |         every = "1m"
            4 | |     }
              | |_____^

            error[AL208 attribute-or-block]: "rule" is a block, not an attribute
             --> main.alloy:5:2
              |
            5 |     rule = {source = "x", every = "1m"}
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
            help: write it as a block (safe fix)
              |
            5 ~     rule {
            6 ~         source = "x"
            7 ~         every = "1m"
            8 ~     }
              |

        "#]],
    );
}

#[test]
fn syntax_errors_at_the_end_of_a_text() {
    check_rich(
        "test.node \"a\" {\n\ttext = \n",
        expect![[r#"
            error[AL001 syntax-error]: expected a value, found the end of the file
             --> main.alloy:2:10
              |
            2 |     text = 
              |            ^

        "#]],
    );
}

#[test]
fn brackets_that_are_not_closed_are_shown() {
    check_rich(
        "test.node \"a\" {\n\titems = [\n\t\t\"x\",\n\ttext = \"y\"\n}\n",
        expect![[r#"
            error[AL001 syntax-error]: expected `]`, found the end of the file
             --> main.alloy:5:3
              |
            2 |     items = [
              |             - this bracket is not closed
            ...
            5 | }
              |  ^

        "#]],
    );
    check_rich(
        "test.node \"a\" {\n\trule {\n\t\tsource = \"x\"\n}\n\ntest.node \"b\" {\n\ttext = \"x\"\n}\n",
        expect![[r#"
            error[AL001 syntax-error]: expected `}`, found the end of the file
             --> main.alloy:8:3
              |
            2 |     rule {
              |          - this bracket is not closed
            ...
            8 | }
              |  ^

        "#]],
    );
    check_rich(
        "test.node \"a\" {\n\ttext = \"y\"\n",
        expect![[r#"
            error[AL001 syntax-error]: expected `}`, found the end of the file
             --> main.alloy:2:13
              |
            1 | test.node "a" {
              |               - this bracket is not closed
            2 |     text = "y"
              |               ^

        "#]],
    );
}

#[test]
fn colours() {
    let text = "a = 1\n";
    let lines = LineIndex::new(text);
    let file = Arc::from("a.alloy");
    let diagnostic = Diagnostic::warning(Span::at(0), "no").with_code("AL104");
    let report =
        render_full(&[diagnostic.resolve(Some(&file), &lines)], |_| Some(text), Color::Always);
    assert!(report.contains("\u{1b}["), "{report:?}");
    assert!(report.contains("AL104 not-allowed-here"), "{report:?}");
}

#[test]
fn places_without_a_text() {
    let nowhere = Diagnostic::error(Span::None, "what is wrong").with_note("a note");
    let at = alloy_syntax::Position { line: 3, column: 4 };
    let unread = Diagnostic::error(Span::Lines { start: at, end: None }, "what is wrong")
        .with_file("other.alloy");
    expect![[r#"
        error: what is wrong
         |
         = note: a note

        error: what is wrong
        --> other.alloy:3:4

    "#]]
    .assert_eq(&render_full(&[nowhere, unread], |_| None, Color::Never));
}

#[test]
fn related_places_in_other_files() {
    let (a, b) = ("x = 1\ny = 2\n", "z = 3\n");
    let related = Related {
        file: Some(Arc::from("b.alloy")),
        span: Span::Lines {
            start: alloy_syntax::Position { line: 1, column: 1 },
            end: Some(alloy_syntax::Position { line: 1, column: 5 }),
        },
        message: "first here".into(),
    };
    let diagnostic = Diagnostic::error(Span::Bytes { start: 6, end: Some(7) }, "again")
        .with_code("AL102")
        .resolve(Some(&Arc::from("a.alloy")), &LineIndex::new(a))
        .with_related(related);
    let source = |file: &str| Some(if file == "a.alloy" { a } else { b });
    expect![[r#"
        error[AL102 duplicate-block]: again
         --> a.alloy:2:1
          |
        2 | y = 2
          | ^
          |
         ::: b.alloy:1:1
          |
        1 | z = 3
          | ----- first here

    "#]]
    .assert_eq(&render_full(&[diagnostic], source, Color::Never));
}

proptest! {
    #[test]
    fn any_spans_and_texts_are_shown(
        text in "[a ä\t\r\n\u{b}\u{1b}\u{200b}\u{feff}\u{1f600}\"{}]{0,40}",
        start in 0_u32..60,
        length in 0_u32..60,
        other in 0_u32..60,
        new in "[a\nä]{0,5}",
    ) {
        let file: Arc<str> = Arc::from("f");
        let lines = LineIndex::new(&text);
        let edit = Edit { span: start..start + length, text: new };
        let fix = Fix { title: "t".into(), applicability: Applicability::Safe, edits: vec![edit] };
        let related = Related { file: None, span: Span::at(other), message: "m\n".into() };
        let diagnostic =
            Diagnostic::error(Span::Bytes { start, end: Some(start + length) }, &*text)
                .with_related(related)
                .with_fix(fix)
                .resolve(Some(&file), &lines);
        prop_assert!(!render_full(&[diagnostic], |_| Some(&text), Color::Never).is_empty());
    }
}

#[test]
fn brackets_skipped_after_an_error_are_not_missed() {
    check_rich(
        "test.node \"a\" {\n\trule { a = \"x\" b = \"y\" }\n}\n",
        expect![[r#"
            error[AL001 syntax-error]: expected the end of the line, found `b`
             --> main.alloy:2:17
              |
            2 |     rule { a = "x" b = "y" }
              |                    ^

        "#]],
    );
}
