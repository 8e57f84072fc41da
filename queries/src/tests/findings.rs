//! What is reported, and where.

use alloy_syntax::{Color, render};
use expect_test::{Expect, expect};

use super::*;

fn check_load(text: &str, expected: Expect) {
    expected.assert_eq(&load(&mut engine(), text));
}

/// The report of a check, as the command prints it.
fn check_report(text: &str, expected: Expect) {
    let diagnostics = Engine::validate(
        &REGISTRY,
        HostFacts::default(),
        Options::default(),
        sources(&[("main.alloy", text)]),
    );
    expected.assert_eq(&render(&diagnostics, |_| Some(text), Color::Never));
}

#[test]
fn blocks_that_cannot_be() {
    check_load(
        r#"
other.thing "x" { }
test.node { }
loki.write "x" { }
test.new "x" { }
test.community "x" { }
import.file "lib" { }
lib.thing "x" { }
argument "x" { }
cluster { }
http { }
tracing { }
"#,
        expect![[r#"
            main.alloy:10:1: Failed to evaluate service: service "cluster" does not support being configured
            main.alloy:11:1: http blocks are not supported by this version yet
            main.alloy:7:1: import.file blocks are not supported by this version yet
            main.alloy:9:1: argument blocks only allowed inside a module
            main.alloy:12:1: tracing blocks are not supported by this version yet
            main.alloy:2:1: cannot find the definition of component name "other.thing"
            main.alloy:3:1: component "test.node" must have a label
            main.alloy:5:1: component "test.new" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
            main.alloy:6:1: the component "test.community" is a community component. Use the --feature.community-components.enabled command-line flag to enable community components
        "#]],
    );
}

#[test]
fn names_are_unique() {
    check_report(
        "test.node \"a\" { }\n\ntest.node \"a\" {\n\ttext = \"x\"\n}\n",
        expect![[r#"
            Error: main.alloy:3:1: block test.node.a already declared at main.alloy:1:1

            2 | 
            3 | test.node "a" {
              | ^^^^^^^^^^^
            4 |     text = "x"
        "#]],
    );
}

#[test]
fn cycles_and_self_references_when_running() {
    check_load(
        r#"
test.node "a" { text = test.node.b.text }
test.node "b" { text = test.node.c.text }
test.node "c" { text = test.node.a.text }
test.node "d" { text = test.node.d.text }
"#,
        expect![[r#"
            -: cycle: test.node.a, test.node.b, test.node.c
            -: self reference: test.node.d
        "#]],
    );
}

#[test]
fn cycles_and_self_references_when_checking() {
    check_report(
        "test.node \"a\" { text = test.node.b.x }\ntest.node \"b\" { text = test.node.a.x }\ntest.node \"c\" { text = test.node.c.x }\n",
        expect![[r#"
            Error: main.alloy:1:1: cycle detected: test.node.a, test.node.b

            1 | test.node "a" { text = test.node.b.x }
              | ^^^^^^^^^^^^^^^
            2 | test.node "b" { text = test.node.a.x }

            Error: main.alloy:2:1: cycle detected: test.node.a, test.node.b

            1 | test.node "a" { text = test.node.b.x }
            2 | test.node "b" { text = test.node.a.x }
              | ^^^^^^^^^^^^^^^
            3 | test.node "c" { text = test.node.c.x }

            Error: main.alloy:3:1: cannot reference self

            2 | test.node "b" { text = test.node.a.x }
            3 | test.node "c" { text = test.node.c.x }
              | ^^^^^^^^^^^^^^^
            4 | 
        "#]],
    );
}

#[test]
fn unknown_references_name_the_whole_chain() {
    check_load(
        "test.node \"a\" {\n\ttext = string.join([test.nope.b.c, sys.env(x[0])], \"\")\n}\n",
        expect![[r#"
            main.alloy:2:22: component "test.nope.b.c" does not exist or is out of scope
            main.alloy:2:45: component "x" does not exist or is out of scope
        "#]],
    );
}

#[test]
fn library_names_warn() {
    check_load(
        "sys \"env\" { }\ntest.node \"a\" {\n\ttext = coalesce(sys.env.text, env(\"HOME\"), \"z\")\n}\n",
        expect![[r#"
            warning main.alloy:3:18: a component is shadowing an existing stdlib name
            warning main.alloy:3:32: this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives
            added sys.env: 
            added test.node.a: decoding configuration: main.alloy:3:26: field "text" does not exist
        "#]],
    );
}

#[test]
fn a_stray_attribute_ends_the_file() {
    check_load(
        "colour = 1\nother.thing \"x\" { }\n",
        expect![[r#"
            main.alloy:1:1: unrecognized attribute colour
        "#]],
    );
}

#[test]
fn syntax_errors_hide_everything_else() {
    check_load(
        "test.node \"a\" {\n\ttext = \n}\nother.thing \"x\" { }\n",
        expect![[r#"
            main.alloy:3:1: expected expression, got }
        "#]],
    );
}

#[test]
fn evaluation_errors_have_positions() {
    let cases = [
        ("text = [1][3]", "main.alloy:2:12: 3 index 3 is out of range of array with length 1"),
        ("items = [\"a\", true]", "main.alloy:2:15: true should be string, got bool"),
        ("text = 1\nrule {\nevery = \"1m\"\n}", "missing required attribute \"source\""),
        (
            "rule {\nsource = \"x\"\nevery = \"soon\"\n}",
            "main.alloy:4:9: \"soon\" time: invalid duration \"soon\"",
        ),
        ("number = null.x", " cannot access field \"x\" on value of type null"),
        ("limit { }\nlimit { }", "main.alloy:2:1: block \"limit\" may only be specified once"),
        (
            "token = encoding.from_base64(\"aGk=\")",
            "main.alloy:2:9: encoding.from_base64(\"(secret)\") should be capsule, got array",
        ),
    ];
    for (body, expected) in cases {
        let mut engine = engine();
        engine.load(load_of(&format!("test.node \"a\" {{\n{body}\n}}\n"))).unwrap();
        let error = engine.evaluate(engine.find("test.node.a").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), format!("decoding configuration: {expected}"), "{body}");
    }
}

#[test]
fn errors_come_in_source_order() {
    let cases = [
        ("colour = nope()\ntext = 1 + true", "unrecognized attribute name \"colour\""),
        ("text = \"a\"\ntext = 1 + true", "attribute \"text\" may only be provided once"),
        (
            "text = 1 + true\ncolour = 1",
            "true should be one of [number string capsule] for binop +, got bool",
        ),
        ("number = true\ntext = 1 + true", "true should be number, got bool"),
        (
            "rule {\nevery = 1 + true\n}",
            "true should be one of [number string capsule] for binop +, got bool",
        ),
        ("rule { }\ntext = 1 + true", "missing required attribute \"source\""),
        ("limit {\nbytes = -1\n}\ntext = 1 + true", "bytes must not be negative"),
    ];
    for (body, expected) in cases {
        let mut engine = engine();
        let text = format!("test.node \"a\" {{\n{body}\n}}\n");
        let text = text.replace("nope()", "sys.env()");
        engine.load(load_of(&text)).unwrap();
        let error = engine.evaluate(engine.find("test.node.a").unwrap()).unwrap_err();
        assert_eq!(error.message(), expected, "{body}");
    }
}

#[test]
fn reports_of_failed_evaluations() {
    let mut engine = engine();
    engine
        .load(load_of(
            "test.node \"a\" {\n\tnumber = true\n}\ntest.node \"b\" {\n\trule { }\n}\ntest.node \"c\" {\n\tlimit {\n\t\tbytes = -1\n\t}\n}\nlogging {\n\tnumber = true\n}\n",
        ))
        .unwrap();
    let report = |id: &str| {
        let error = engine.evaluate(engine.find(id).unwrap()).unwrap_err();
        let end = error.diagnostic().end().unwrap();
        format!("{} to {end}\n", error.diagnostic())
    };
    expect![[r#"
        main.alloy:2:11: true should be number, got bool to 2:14
        main.alloy:4:1: Failed to build component: decoding configuration: missing required attribute "source" to 6:1
        main.alloy:7:1: Failed to build component: decoding configuration: bytes must not be negative to 11:1
        main.alloy:12:1: Failed to evaluate node for config block: decoding configuration: main.alloy:13:11: true should be number, got bool to 14:1
    "#]]
    .assert_eq(&["test.node.a", "test.node.b", "test.node.c", "logging"].map(report).concat());
}

#[test]
fn a_check_reports_all_that_is_wrong_with_a_block() {
    check_report(
        r#"test.node "a" {
	colour = 1
	number = "x"
	items  = ["a", true, nope, -"b"]
	rule {
		every = "soon"
	}
	limit { }
	limit { }
	text "x" { }
	rule   = 1
}
"#,
        expect![[r#"
            Error: main.alloy:2:2: unrecognized attribute name "colour"

            1 | test.node "a" {
            2 |     colour = 1
              |     ^^^^^^^^^^
            3 |     number = "x"

            Error: main.alloy:3:11: expected number, got string

            2 |     colour = 1
            3 |     number = "x"
              |              ^^^
            4 |     items  = ["a", true, nope, -"b"]

            Error: main.alloy:4:17: expected string, got bool

            3 |     number = "x"
            4 |     items  = ["a", true, nope, -"b"]
              |                    ^^^^
            5 |     rule {

            Error: main.alloy:4:30: expected number, got string

            3 |     number = "x"
            4 |     items  = ["a", true, nope, -"b"]
              |                                 ^^^
            5 |     rule {

            Error: main.alloy:6:11: time: invalid duration "soon"

            5 |     rule {
            6 |         every = "soon"
              |                 ^^^^^^
            7 |     }

            Error: main.alloy:5:2: missing required attribute "source"

            4 |       items  = ["a", true, nope, -"b"]
            5 |       rule {
              |  _____^^^^^^
            6 | |         every = "soon"
            7 | |     }
              | |_____^
            8 |       limit { }

            Error: main.alloy:8:2: block "limit" may only be specified once

            7 |     }
            8 |     limit { }
              |     ^^^^^^^^^
            9 |     limit { }

            Error: main.alloy:9:2: block "limit" may only be specified once

             8 |     limit { }
             9 |     limit { }
               |     ^^^^^^^^^
            10 |     text "x" { }

            Error: main.alloy:10:2: "text" must be an attribute, but is used as a block

             9 |     limit { }
            10 |     text "x" { }
               |     ^^^^^^^^^^^^
            11 |     rule   = 1

            Error: main.alloy:11:2: "rule" must be a block, but is used as an attribute

            10 |     text "x" { }
            11 |     rule   = 1
               |     ^^^^^^^^^^
            12 | }

            Error: main.alloy:4:23: component "nope" does not exist or is out of scope

            3 |     number = "x"
            4 |     items  = ["a", true, nope, -"b"]
              |                          ^^^^
            5 |     rule {
        "#]],
    );
}

#[test]
fn objects_are_checked_against_their_struct() {
    let text = "test.node \"a\" {\n\tobject = {every = \"soon\", other = 1}\n\tobjects = [{source = sys.env(\"A\")}, {}]\n}\n";
    check_report(
        text,
        expect![[r#"
        Error: main.alloy:2:20: time: invalid duration "soon"

        1 | test.node "a" {
        2 |     object = {every = "soon", other = 1}
          |                       ^^^^^^
        3 |     objects = [{source = sys.env("A")}, {}]

        Error: main.alloy:2:28: unrecognized attribute name "other"

        1 | test.node "a" {
        2 |     object = {every = "soon", other = 1}
          |                               ^^^^^^^^^
        3 |     objects = [{source = sys.env("A")}, {}]

        Error: main.alloy:2:11: missing required attribute "source"

        1 | test.node "a" {
        2 |     object = {every = "soon", other = 1}
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        3 |     objects = [{source = sys.env("A")}, {}]

        Error: main.alloy:3:38: missing required attribute "source"

        2 |     object = {every = "soon", other = 1}
        3 |     objects = [{source = sys.env("A")}, {}]
          |                                         ^^
        4 | }
    "#]],
    );
}

#[test]
fn objects_decode_into_their_struct() {
    let text = |body: &str| format!("test.node \"a\" {{\n{body}\n}}\n");
    let error = |body: &str| {
        let mut engine = engine();
        engine.load(load_of(&text(body))).unwrap();
        let error = engine.evaluate(engine.find("test.node.a").unwrap()).unwrap_err();
        error.diagnostic().to_string()
    };
    expect![[r#"
        main.alloy:2:19: 1 + 1 does not have field named "other"
        main.alloy:2:10: 5 should be object, got number
        main.alloy:2:35: "soon" time: invalid duration "soon""#]]
    .assert_eq(
        &[
            error("object = {other = 1 + 1}"),
            error("object = 5"),
            error("objects = [{source = \"x\", every = \"soon\"}]"),
        ]
        .join("\n"),
    );
}

/// What a check says beside messages, one line each, and the text after each fix.
fn helped(text: &str) -> String {
    let diagnostics = Engine::check(
        &REGISTRY,
        HostFacts::default(),
        Options::default(),
        sources(&[("main.alloy", text)]),
    );
    let mut out = String::new();
    for diagnostic in diagnostics {
        let code = diagnostic.code.unwrap_or("no code");
        let place = diagnostic.start().map(|at| at.to_string()).unwrap_or_default();
        writeln!(out, "{code} {place}: {}", diagnostic.wording()).unwrap();
        for note in &diagnostic.notes {
            writeln!(out, "  {note}").unwrap();
        }
        for related in &diagnostic.related {
            if let alloy_syntax::Span::Lines { start, .. } = related.span {
                writeln!(out, "  {start}: {}", related.message).unwrap();
            }
        }
        for fix in &diagnostic.fixes {
            let mut fixed = text.to_owned();
            for edit in fix.edits.iter().rev() {
                fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            writeln!(out, "  {:?} fix: {}", fix.applicability, fix.title).unwrap();
            for line in fixed.lines() {
                writeln!(out, "    {line}").unwrap();
            }
        }
    }
    out
}

#[test]
fn misspelt_names_are_suggested() {
    expect![[r#"
        AL201 3:2: "test.node" has no attribute "item"
          did you mean "items"?
          Unsafe fix: change it to "items"
            // ä
            test.node "a" {
            	items = ["a"]
            	rul {
            		source = "x"
            	}
            	colour = 1
            }
        AL202 4:2: "test.node" has no block "rul"
          did you mean "rule"?
          Unsafe fix: change it to "rule"
            // ä
            test.node "a" {
            	item = ["a"]
            	rule {
            		source = "x"
            	}
            	colour = 1
            }
        AL201 7:2: "test.node" has no attribute "colour"
    "#]]
    .assert_eq(&helped("// ä\ntest.node \"a\" {\n\titem = [\"a\"]\n\trul {\n\t\tsource = \"x\"\n\t}\n\tcolour = 1\n}\n"));
}

#[test]
fn blocks_and_attributes_are_turned_into_each_other() {
    expect![[r#"
        AL208 2:2: "rule" is a block, not an attribute
          Safe fix: write it as a block
            test.node "a" {
            	rule {
            		source = "x"
            		every = "1m"
            	}
            	limit = {}
            	object {
            		source = "x"
            	}
            	text { }
            	rule = 1
            }
        AL208 3:2: "limit" is a block, not an attribute
          Safe fix: write it as a block
            test.node "a" {
            	rule = {source = "x", every = "1m"}
            	limit { }
            	object {
            		source = "x"
            	}
            	text { }
            	rule = 1
            }
        AL208 4:2: "object" is an attribute, not a block
          Safe fix: write it as an attribute
            test.node "a" {
            	rule = {source = "x", every = "1m"}
            	limit = {}
            	object = {
            		source = "x",
            	}
            	text { }
            	rule = 1
            }
        AL208 7:2: "text" is an attribute, not a block
        AL208 8:2: "rule" is a block, not an attribute
    "#]]
    .assert_eq(&helped("test.node \"a\" {\n\trule = {source = \"x\", every = \"1m\"}\n\tlimit = {}\n\tobject {\n\t\tsource = \"x\"\n\t}\n\ttext { }\n\trule = 1\n}\n"));
}

#[test]
fn components_that_were_meant() {
    expect![[r#"
        AL101 2:1: there is no component "test.nod"
          did you mean "test.node"?
          Unsafe fix: change it to "test.node"
            declare "wrapper" { }
            test.node "a" { }
            wraper "b" { }
            test.none { }
            nope "x" { }
        AL101 3:1: there is no component "wraper"
          did you mean "wrapper"?
          Unsafe fix: change it to "wrapper"
            declare "wrapper" { }
            test.nod "a" { }
            wrapper "b" { }
            test.none { }
            nope "x" { }
        AL103 4:1: component "test.none" must have a label
        AL101 5:1: there is no component "nope"
    "#]]
    .assert_eq(&helped(
        "declare \"wrapper\" { }\ntest.nod \"a\" { }\nwraper \"b\" { }\ntest.none { }\nnope \"x\" { }\n",
    ));
}

#[test]
fn references_that_were_meant() {
    expect![[r#"
        AL301 3:9: there is nothing called "test.source.frist.text" here
          did you mean "test.source.first.text"?
          Unsafe fix: change it to "test.source.first.text"
            test.source "first" { }
            test.node "a" {
            	text = test.source.first.text
            	items = [string.jion(["a"], ""), constants.hostnam, json_pth("", "")]
            	any = module_pth
            }
        AL301 4:11: the standard library has no "string.jion"
          did you mean "string.join"?
          Unsafe fix: change it to "string.join"
            test.source "first" { }
            test.node "a" {
            	text = test.source.frist.text
            	items = [string.join(["a"], ""), constants.hostnam, json_pth("", "")]
            	any = module_pth
            }
        AL301 4:35: the standard library has no "constants.hostnam"
          did you mean "constants.hostname"?
          Unsafe fix: change it to "constants.hostname"
            test.source "first" { }
            test.node "a" {
            	text = test.source.frist.text
            	items = [string.jion(["a"], ""), constants.hostname, json_pth("", "")]
            	any = module_pth
            }
        AL301 4:54: there is nothing called "json_pth" here
          did you mean "json_path"?
          Unsafe fix: change it to "json_path"
            test.source "first" { }
            test.node "a" {
            	text = test.source.frist.text
            	items = [string.jion(["a"], ""), constants.hostnam, json_path("", "")]
            	any = module_pth
            }
        AL301 5:8: there is nothing called "module_pth" here
          did you mean "module_path"?
          Unsafe fix: change it to "module_path"
            test.source "first" { }
            test.node "a" {
            	text = test.source.frist.text
            	items = [string.jion(["a"], ""), constants.hostnam, json_pth("", "")]
            	any = module_path
            }
    "#]]
    .assert_eq(&helped(
        "test.source \"first\" { }\ntest.node \"a\" {\n\ttext = test.source.frist.text\n\titems = [string.jion([\"a\"], \"\"), constants.hostnam, json_pth(\"\", \"\")]\n\tany = module_pth\n}\n",
    ));
}

#[test]
fn exports_that_were_meant() {
    expect![[r#"
        AL304 3:23: "test.source" does not export "txt"
          did you mean "text"?
          it exports "text", "items", "labels"
          1:1: this is what the reference leads to
          Unsafe fix: change it to "text"
            test.source "a" { }
            test.node "b" {
            	text = test.source.a.text
            	any = test.source.a.labels.x
            }
    "#]]
    .assert_eq(&helped(
        "test.source \"a\" { }\ntest.node \"b\" {\n\ttext = test.source.a.txt\n\tany = test.source.a.labels.x\n}\n",
    ));
}

#[test]
fn exports_of_another_type() {
    expect![[r#"
        AL205 3:9: expected a string, found a list of strings
          1:1: this component exports it
        AL205 4:10: expected a list of strings, found a string
          1:1: this component exports it
        AL205 5:12: expected a number, found a component as a whole
          Unsafe fix: read its export "text"
            test.source "a" { }
            test.node "b" {
            	text = test.source.a.items
            	items = test.source.a.text
            	number = (test.source.a.text)
            	object = {source = string.split("a", "b"), every = test.source.a.labels}
            	rule {
            		source = test.source.a.items
            	}
            	token = test.source.a.text
            	any = test.source.a
            }
            test.node "c" {
            	text = test.source.a
            	items = [test.source.a.text, sys.env("A")]
            }
        AL205 6:21: expected a string, found a list of strings
        AL205 6:53: expected a duration, found an object of strings
          1:1: this component exports it
        AL205 8:12: expected a string, found a list of strings
          1:1: this component exports it
        AL205 14:9: expected a string, found a component as a whole
          Unsafe fix: read its export "text"
            test.source "a" { }
            test.node "b" {
            	text = test.source.a.items
            	items = test.source.a.text
            	number = (test.source.a)
            	object = {source = string.split("a", "b"), every = test.source.a.labels}
            	rule {
            		source = test.source.a.items
            	}
            	token = test.source.a.text
            	any = test.source.a
            }
            test.node "c" {
            	text = test.source.a.text
            	items = [test.source.a.text, sys.env("A")]
            }
    "#]]
    .assert_eq(&helped(
        "test.source \"a\" { }\ntest.node \"b\" {\n\ttext = test.source.a.items\n\titems = test.source.a.text\n\tnumber = (test.source.a)\n\tobject = {source = string.split(\"a\", \"b\"), every = test.source.a.labels}\n\trule {\n\t\tsource = test.source.a.items\n\t}\n\ttoken = test.source.a.text\n\tany = test.source.a\n}\ntest.node \"c\" {\n\ttext = test.source.a\n\titems = [test.source.a.text, sys.env(\"A\")]\n}\n",
    ));
}

#[test]
fn exports_of_declared_components() {
    expect![[r#"
        AL107 2:2: argument blocks are not supported by this version yet
        AL107 3:2: export blocks are not supported by this version yet
        AL201 8:2: "x" has no argument "frist"
          did you mean "first"?
          Unsafe fix: change it to "first"
            declare "x" {
            	argument "first" { }
            	export "second" {
            		value = argument.first.value
            	}
            }
            x "a" {
            	first = 1
            }
            x "b" {
            	first = x.a.secnd
            }
            x "c" { }
        AL304 11:14: "x" does not export "secnd"
          did you mean "second"?
          it exports "second"
          1:1: this is what the reference leads to
          Unsafe fix: change it to "second"
            declare "x" {
            	argument "first" { }
            	export "second" {
            		value = argument.first.value
            	}
            }
            x "a" {
            	frist = 1
            }
            x "b" {
            	first = x.a.second
            }
            x "c" { }
        AL203 13:1: "x" needs the argument "first"
          2:2: the argument is declared here
    "#]]
    .assert_eq(&helped(
        "declare \"x\" {\n\targument \"first\" { }\n\texport \"second\" {\n\t\tvalue = argument.first.value\n\t}\n}\nx \"a\" {\n\tfrist = 1\n}\nx \"b\" {\n\tfirst = x.a.secnd\n}\nx \"c\" { }\n",
    ));
}

#[test]
fn former_names_are_replaced_where_nothing_hides_the_new_ones() {
    expect![[r#"
        AL401 2:9: "env" is a former name of "sys.env"
          Safe fix: call it "sys.env"
            test.node "a" {
            	text = sys.env("A")
            }
    "#]]
    .assert_eq(&helped("test.node \"a\" {\n\ttext = env(\"A\")\n}\n"));
    expect![[r#"
        AL401 3:9: "env" is a former name of "sys.env"
    "#]]
    .assert_eq(&helped("sys \"x\" { }\ntest.node \"a\" {\n\ttext = env(\"A\")\n}\n"));
}

#[test]
fn circles_and_duplicates_are_reported_once() {
    expect![[r#"
        AL302 1:1: blocks refer to each other in a circle: test.node.a, test.node.b
          2:1: is part of the circle
        AL303 3:1: the block refers to itself
        AL102 5:1: the block logging is declared twice
          4:1: first declared here
        AL209 8:2: block "limit" may only be specified once
          7:2: it is there already
        AL209 10:2: attribute "text" may only be provided once
          9:2: it is there already
    "#]]
    .assert_eq(&helped(
        "test.node \"a\" { text = test.node.b.x }\ntest.node \"b\" { text = test.node.a.x }\ntest.node \"c\" { text = test.node.c.x }\nlogging { }\nlogging { }\ntest.node \"d\" {\n\tlimit { }\n\tlimit { }\n\ttext = 1\n\ttext = 2\n}\n",
    ));
}

#[test]
fn consequences_are_not_reported() {
    expect![[r#"
        AL101 1:1: there is no component "test.nod"
          did you mean "test.node"?
          Unsafe fix: change it to "test.node"
            test.node "a" { }
            test.node { }
            test.node "b" {
            	any = [test.node.a.x, test.node.c, test.source.d]
            	rule {
            		sourc = 1
            	}
            }
        AL103 2:1: component "test.node" must have a label
        AL301 4:37: there is nothing called "test.source.d" here
        AL201 6:3: "rule" has no attribute "sourc"
          did you mean "source"?
          Unsafe fix: change it to "source"
            test.nod "a" { }
            test.node { }
            test.node "b" {
            	any = [test.node.a.x, test.node.c, test.source.d]
            	rule {
            		source = 1
            	}
            }
    "#]]
    .assert_eq(&helped(
        "test.nod \"a\" { }\ntest.node { }\ntest.node \"b\" {\n\tany = [test.node.a.x, test.node.c, test.source.d]\n\trule {\n\t\tsourc = 1\n\t}\n}\n",
    ));
}

#[test]
fn broken_blocks_hide_neither_others_nor_themselves() {
    for broken in [
        "test.source x { }",
        "test.source \"x\" {",
        "test.source \"x\" {\n\ttext =",
        "test.source \"x",
        "declare \"x\" {\n\ttest.source \"x\" {",
    ] {
        let text = format!(
            "test.node \"a\" {{\n\ttext = test.source.x.text\n\tcolour = 1\n}}\nx \"b\" {{ }}\n{broken}\n"
        );
        let found = helped(&text);
        let codes: Vec<&str> =
            found.lines().filter(|line| line.starts_with("AL")).map(|line| &line[..5]).collect();
        assert!(codes.contains(&"AL001"), "{broken}: {found}");
        let others: Vec<&str> = codes.into_iter().filter(|code| *code != "AL001").collect();
        assert_eq!(others, ["AL201"], "{broken}: {found}");
    }
}

#[test]
fn types_are_named_in_words() {
    expect![[r#"
        AL205 2:11: expected a number, found a string
        AL205 3:16: expected a string, found true
        AL205 3:22: expected a string, found an object
        AL205 4:9: expected a string, found a list
        AL205 5:10: expected a secret or a string, found a number
        AL205 6:11: expected an object, found a number
        AL210 9:11: "soon" is no duration
          a duration is written with units, such as 30s or 1h30m
    "#]]
    .assert_eq(&helped(
        "test.node \"a\" {\n\tnumber = \"x\"\n\titems = [\"a\", true, {}]\n\ttext = [1]\n\ttoken = 5\n\tobject = 1\n\trule {\n\t\tsource = \"x\"\n\t\tevery = \"soon\"\n\t}\n}\n",
    ));
}

#[test]
fn expressions_name_what_was_meant() {
    let scope = crate::ExpressionScope::default();
    let error = |text: &str| {
        let found = crate::evaluate_expression(text, &scope, |value| Ok(value.clone()));
        let diagnostic = found.unwrap_err().remove(0);
        let fix = diagnostic.fixes.first().map_or("none", |fix| &fix.title).to_owned();
        format!("{} {}; {fix}\n", diagnostic.code.unwrap_or_default(), diagnostic.wording())
    };
    expect![[r#"
        AL304 field "frist" does not exist; change it to "first"
        AL301 there is nothing called "strng" here; change it to "string"
        AL301 there is nothing called "True" here; change it to "true"
        AL304 field "jion" does not exist; change it to "join"
        AL205 expected a number, found a string; none
        AL205 {a = 1}.a cannot access field "b" on value of type number; none
        AL211 2 index 2 is out of range of array with length 1; none
    "#]]
    .assert_eq(
        &[
            "{first = 1}.frist",
            "strng.join",
            "True",
            "string.jion",
            "1 + \"a\"",
            "{a = 1}.a.b",
            "[1][2]",
        ]
        .map(error)
        .concat(),
    );
}

#[test]
fn arguments_are_evaluated_as_far_as_they_are_known() {
    expect![[r#"
        AL207 2:2: bytes must not be negative
        AL211 7:9: encoding.from_base64 illegal base64 data at input byte 0
        AL205 14:10: expected a list of strings, found a string
        AL304 17:16: field "b" does not exist
    "#]]
    .assert_eq(&helped(
        "test.node \"a\" {\n\tlimit {\n\t\tbytes = -1\n\t}\n}\ntest.node \"b\" {\n\ttext = encoding.from_base64(\"?\")\n}\ntest.node \"c\" {\n\tlimit {\n\t\tbytes = sys.env(\"A\")\n\t}\n\ttext = constants.hostname\n\titems = string.join([1], 2)\n}\ntest.node \"d\" {\n\tany = {a = 1}.b\n}\n",
    ));
}

#[test]
fn labels_of_nested_blocks_and_repeated_attributes_are_removed() {
    expect![[r#"
        AL212 2:2: the block "limit" has no label
          Safe fix: remove the label
            test.node "a" {
            	limit {
            		bytes = 1
            	}
            	text = string.join(["a"], "")
            	text  = string.join( ["a"], "" )
            	text = "b"
            }
        AL209 6:2: attribute "text" may only be provided once
          5:2: it is there already
          Safe fix: remove it
            test.node "a" {
            	limit "x" {
            		bytes = 1
            	}
            	text = string.join(["a"], "")
            	text = "b"
            }
        AL209 7:2: attribute "text" may only be provided once
          5:2: it is there already
    "#]]
    .assert_eq(&helped(
        "test.node \"a\" {\n\tlimit \"x\" {\n\t\tbytes = 1\n\t}\n\ttext = string.join([\"a\"], \"\")\n\ttext  = string.join( [\"a\"], \"\" )\n\ttext = \"b\"\n}\n",
    ));
}
