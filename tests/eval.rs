//! `alloy eval`: values, failures, the scope of a configuration, exports of a running Alloy.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};

use crate::support::alloy::Alloy;
use crate::support::directory;

const CONFIG: &str = r#"
local.file "greeting" {
	filename = "greeting.txt"
}

local.file "token" {
	filename  = "greeting.txt"
	is_secret = true
}
"#;

struct Eval {
    dir: tempfile::TempDir,
}

impl Eval {
    fn new() -> Self {
        let dir = directory();
        std::fs::write(dir.path().join("config.alloy"), CONFIG).expect("write a config");
        Self { dir }
    }

    fn check(&self, args: &[&str], expected: Expect) {
        self.check_with("", args, expected);
    }

    fn check_with(&self, input: &str, args: &[&str], expected: Expect) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .arg("eval")
            .args(args)
            .env_remove("ALLOY_ADDR")
            .env("GREETING", "hello")
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the binary under test");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that reads no input may be gone already.
        let _gone = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the end of the binary under test");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().expect("an exit code");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        expected.assert_eq(&format!("exit {code}\n{out}--\n{err}"));
    }
}

#[test]
fn values_print_as_expressions() {
    let eval = Eval::new();
    eval.check(
        &["1 + 2 * 3"],
        expect![[r#"
        exit 0
        7
        --
    "#]],
    );
    eval.check(
        &["--type", r#"{b = [1, 2.5], "a b" = null}"#],
        expect![[r#"
        exit 0
        {
        	"a b" = null,
        	b     = [1, 2.5],
        } // object
        --
    "#]],
    );
    eval.check(
        &[r#"string.to_upper(sys.env("GREETING")) + "\x00\n""#],
        expect![[r#"
        exit 0
        "HELLO\x00\n"
        --
    "#]],
    );
    eval.check(
        &["--type", "sys.env"],
        expect![[r#"
        exit 0
        function // function
        --
    "#]],
    );
    eval.check_with(
        "[\n\ttrue,\n\t// more\n\t18446744073709551615,\n]\n",
        &[],
        expect![[r#"
        exit 0
        [true, 18446744073709551615]
        --
    "#]],
    );
    eval.check(
        &["-c", "config.alloy", "module_path == \"\""],
        expect![[r#"
        exit 0
        false
        --
    "#]],
    );
}

#[test]
fn failures_point_into_the_expression() {
    let eval = Eval::new();
    eval.check(
        &["1 +"],
        expect![[r#"
        exit 1
        --
        error[AL001 syntax-error]: expected a value, found the end of the file
         --> <expression>:1:4
          |
        1 | 1 +
          |    ^

    "#]],
    );
    eval.check(
        &["[1,\n\"a\" + 2]"],
        expect![[r#"
            exit 1
            --
            error[AL205 type-mismatch]: expected a string, found a number
             --> <expression>:2:7
              |
            2 | "a" + 2]
              |       ^

        "#]],
    );
    eval.check(
        &["1\nb = 2"],
        expect![[r#"
            exit 1
            --
            error: the expression ends before this
             --> <expression>:2:1
              |
            2 | b = 2
              | ^

        "#]],
    );
    eval.check(
        &["nope.at.all"],
        expect![[r#"
            exit 1
            --
            error[AL301 unresolved-reference]: there is nothing called "nope.at.all" here
             --> <expression>:1:1
              |
            1 | nope.at.all
              | ^^^^^^^^^^^

        "#]],
    );
    eval.check(&["array.group_by([], \"a\", true)"], expect![[r#"
        exit 1
        --
        error[AL105 stability-level]: array.group_by is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
         --> <expression>:1:1
          |
        1 | array.group_by([], "a", true)
          | ^^^^^^^^^^^^^^

    "#]]);
    eval.check(
        &["--stability.level=experimental", "array.group_by([], \"a\", true)"],
        expect![[r#"
        exit 0
        []
        --
    "#]],
    );
}

#[test]
fn bad_usage_exits_with_2() {
    let eval = Eval::new();
    eval.check(
        &["--nope", "1"],
        expect![[r#"
        exit 2
        --
        Error: unknown flag: --nope
    "#]],
    );
    eval.check(
        &["1", "2"],
        expect![[r#"
        exit 2
        --
        Error: accepts between 0 and 1 arg(s), received 2
    "#]],
    );
    eval.check(
        &["--output-format=yaml", "1"],
        expect![[r#"
        exit 2
        --
        Error: unknown output format "yaml"
    "#]],
    );
    eval.check(
        &["-i"],
        expect![[r#"
        exit 2
        --
        Error: -i/--interactive needs a terminal
    "#]],
    );
    eval.check(
        &["-c", "missing.alloy", "1"],
        expect![[r#"
        exit 2
        --
        Error: stat missing.alloy: no such file or directory
    "#]],
    );
    eval.check(
        &["--addr=http://127.0.0.1:1", "1"],
        expect![[r#"
        exit 2
        --
        Error: --addr needs -c: the configuration whose components it runs
    "#]],
    );
}

#[test]
fn json_has_value_type_and_diagnostics() {
    let eval = Eval::new();
    eval.check(
        &["--output-format=json", r#"{a = [1, true], f = sys.env}"#],
        expect![[r#"
        exit 0
        {
          "diagnostics": [],
          "type": "object",
          "value": {
            "a": [
              1,
              true
            ],
            "f": "function"
          },
          "version": 1
        }
        --
    "#]],
    );
    eval.check(
        &["--output-format=json", r#""ä" + true"#],
        expect![[r#"
            exit 1
            {
              "diagnostics": [
                {
                  "code": "AL205",
                  "file": "<expression>",
                  "message": "the operator `+` does not take true or false",
                  "range": {
                    "end": {
                      "byte": 11,
                      "column": 11,
                      "line": 1
                    },
                    "start": {
                      "byte": 7,
                      "column": 7,
                      "line": 1
                    }
                  },
                  "severity": "error"
                }
              ],
              "type": null,
              "value": null,
              "version": 1
            }
            --
        "#]],
    );
}

#[test]
fn exports_are_unknown_without_a_running_alloy() {
    let eval = Eval::new();
    let content = "local.file.greeting.content + \"!\"";
    eval.check(&[content], expect![[r#"
        exit 1
        --
        error[AL301 unresolved-reference]: there is nothing called "local.file.greeting.content" here
         --> <expression>:1:1
          |
        1 | local.file.greeting.content + "!"
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^

    "#]]);
    eval.check(&["-c", "config.alloy", content], expect![[r#"
        exit 1
        --
        error: the exports of local.file.greeting are not known: nothing runs here; --addr names an Alloy that runs the configuration
         --> <expression>:1:1
          |
        1 | local.file.greeting.content + "!"
          | ^^^^^^^^^^^^^^^^^^^

    "#]]);
    eval.check(
        &["-c", "config.alloy", "local.file.other.content"],
        expect![[r#"
        exit 1
        --
        error[AL301 unresolved-reference]: there is nothing called "local.file.other.content" here
         --> <expression>:1:1
          |
        1 | local.file.other.content
          | ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: did you mean "local.file.token.content"?

    "#]],
    );
}

#[test]
fn exports_of_a_running_alloy_are_live() {
    let eval = Eval::new();
    let path = eval.dir.path().join("greeting.txt");
    std::fs::write(&path, "hello").expect("write a test file");
    let config = CONFIG.replace("greeting.txt", &path.display().to_string());
    let alloy = Alloy::start(&config);
    let addr = alloy.url("");
    let live = |expression: &str, expected: Expect| {
        eval.check(&["-c", "config.alloy", "--addr", &addr, "--type", expression], expected);
    };
    live(
        "local.file.greeting.content + \"!\"",
        expect![[r#"
        exit 0
        "hello!" // string
        --
    "#]],
    );
    live(
        "local.file.token.content",
        expect![[r#"
            exit 0
            (secret) // secret
            --
            warning: local.file.token exports a secret, whose text only the running Alloy knows: here it is "(secret)"
             --> <expression>:1:1
              |
            1 | local.file.token.content
              | ^^^^^^^^^^^^^^^^

        "#]],
    );
    live(
        "string.format(\"%s\", local.file.token.content)",
        expect![[r#"
            exit 0
            (secret) // secret
            --
            warning: local.file.token exports a secret, whose text only the running Alloy knows: here it is "(secret)"
             --> <expression>:1:21
              |
            1 | string.format("%s", local.file.token.content)
              |                     ^^^^^^^^^^^^^^^^

        "#]],
    );
    live(
        "1",
        expect![[r#"
        exit 0
        1 // number
        --
    "#]],
    );
    // A component that the other one does not have.
    let more = format!("{CONFIG}\nlocal.file \"more\" {{\n\tfilename = \"x\"\n}}\n");
    std::fs::write(eval.dir.path().join("config.alloy"), more).expect("write a config");
    let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(["eval", "-c", "config.alloy", "--addr", &addr, "local.file.more.content"])
        .current_dir(eval.dir.path())
        .output()
        .expect("start the binary under test");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("runs no such component"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_alloy_that_does_not_answer_exits_with_2() {
    let eval = Eval::new();
    let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(["eval", "-c", "config.alloy", "local.file.token.content"])
        .env("ALLOY_ADDR", "127.0.0.1:1")
        .current_dir(eval.dir.path())
        .output()
        .expect("start the binary under test");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("GET http://127.0.0.1:1/api/v0/web/components/"), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
}
