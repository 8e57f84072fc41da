//! Wrong input: one clear error, exit code 1, nothing half-started.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};

use expect_test::{Expect, expect};

use crate::support::free_port;

struct Wrong {
    dir: tempfile::TempDir,
    port: u16,
}

impl Wrong {
    /// A directory with `config.alloy`.
    fn new(config: &[u8]) -> Self {
        let dir = tempfile::tempdir().expect("create a temporary directory");
        std::fs::write(dir.path().join("config.alloy"), config).expect("write a config");
        Self { dir, port: free_port() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_alloy"))
            .arg("run")
            .arg(format!("--server.http.listen-addr=127.0.0.1:{}", self.port))
            .arg("--storage.path=data")
            .args(args)
            .current_dir(self.path())
            .output()
            .expect("start the binary under test")
    }

    /// Fails with `expected` on standard error, apart from log lines; and runs nothing.
    fn check(&self, args: &[&str], expected: Expect) {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let report: String =
            stderr.split_inclusive('\n').filter(|line| !line.starts_with("ts=")).collect();
        expected.assert_eq(&report);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(!stderr.contains("Alloy is running"), "{stderr}");
    }
}

fn config(text: &str) -> Wrong {
    Wrong::new(text.as_bytes())
}

#[test]
fn missing_file() {
    config("").check(
        &["nope.alloy"],
        expect![[r#"
            Error: reading config path "nope.alloy": stat nope.alloy: no such file or directory
        "#]],
    );
}

#[test]
fn bad_flags() {
    config("").check(
        &["config.alloy", "--nope"],
        expect![[r#"
            Error: unknown flag: --nope
        "#]],
    );
    config("").check(
        &["config.alloy", "--stability.level=ga"],
        expect![[r#"
            Error: invalid argument "ga" for "--stability.level" flag: invalid stability level "ga"
        "#]],
    );
}

#[test]
fn a_flag_whose_feature_comes_later_is_refused_only_if_it_asks_for_something() {
    for (flag, report) in [
        (
            "--cluster.enabled=true",
            expect![[r#"
                Error: --cluster.enabled: clustering is not in this version yet; remove the flag
            "#]],
        ),
        (
            "--config.format=prometheus",
            expect![[r#"
                Error: reading config path "config.alloy": --config.format=prometheus: converting configurations is not in this version yet
            "#]],
        ),
    ] {
        config("").check(&["config.alloy", flag], report);
    }
}

#[test]
fn storage_path_that_is_a_file() {
    let wrong = config("");
    std::fs::write(wrong.path().join("data"), "").expect("write a file");
    wrong.check(
        &["config.alloy"],
        expect![[r#"
            Error: failed to create the remotecfg service: mkdir data: not a directory
        "#]],
    );
}

#[test]
fn taken_port() {
    let wrong = config("");
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, wrong.port)).expect("take the port");
    let output = wrong.run(&["config.alloy"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or_default();
    let address = format!("127.0.0.1:{}", wrong.port);
    let wanted = format!(
        "level=error msg=\"failed to listen on {address}\" service=http \
         err=\"listen tcp {address}: bind: address already in use\""
    );
    assert!(last.ends_with(&wanted), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    assert!(!wrong.path().join("data").exists(), "nothing is created before the port is there");
}

#[test]
fn nesting_of_300_levels() {
    let value = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let wrong = config(&format!("local.file \"x\" {{\n  filename = {value}\n}}\n"));
    let output = wrong.run(&["config.alloy"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("Error: config.alloy:2:"), "{stderr}");
    assert!(
        stderr.ends_with("Error: could not perform the initial load successfully\n"),
        "{stderr}"
    );
}

#[test]
fn invalid_utf_8() {
    Wrong::new(b"logging {\n  level = \"\xff\"\n}\n").check(
        &["config.alloy"],
        expect![[r#"
            Error: reading config path "config.alloy": unknown encoding for config
        "#]],
    );
}

#[test]
fn unknown_component() {
    config("prometheus.scrap \"x\" { }\n").check(
        &["config.alloy"],
        expect![[r#"
            Error: config.alloy:1:1: cannot find the definition of component name "prometheus.scrap"

            1 | prometheus.scrap "x" { }
              | ^^^^^^^^^^^^^^^^
            2 | 
            Error: could not perform the initial load successfully
        "#]],
    );
}

#[test]
fn components_that_this_version_cannot_run() {
    let text = "discovery.kuma \"x\" {\n  server = \"http://localhost\"\n}\n\n\
                prometheus.operator.probes \"a\" {\n  forward_to = []\n}\n\n\
                prometheus.operator.probes \"b\" {\n  forward_to = []\n}\n";
    let wrong = config(text);
    wrong.check(
        &["config.alloy"],
        expect![[r#"
            Error: config.alloy:1:1: this version cannot run discovery.kuma (config.alloy:1:1), prometheus.operator.probes (config.alloy:5:1); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them

            1 | discovery.kuma "x" {
              | ^^^^^^^^^^^^^^
            2 |   server = "http://localhost"
            Error: could not perform the initial load successfully
        "#]],
    );
    for command in [&["check", "--min-severity=error"][..], &["validate"]] {
        let accepted = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(command)
            .arg("config.alloy")
            .current_dir(wrong.path())
            .status();
        assert!(accepted.expect("start the binary under test").success(), "{command:?}");
    }
}

#[test]
fn everything_that_cannot_run_is_named_at_once_also_in_modules_and_imports() {
    // What runs here is left out of the search, in its place.
    let text = "local.file \"plain\" {\n  filename = \"ä\"\n}\n\n\
                discovery.kuma \"top\" {\n  server = \"http://localhost\"\n}\n\n\
                declare \"own\" {\n  prometheus.operator.probes \"a\" {\n    forward_to = []\n  }\n}\n\n\
                own \"x\" { }\n\n\
                foreach \"zone\" {\n  collection = []\n  var = \"zone\"\n\n  template {\n    \
                beyla.ebpf \"a\" { }\n  }\n}\n\n\
                import.file \"lib\" {\n  filename = file.path_join(module_path, \"lib.alloy\")\n}\n\n\
                lib.outer \"x\" { }\n\n\
                import.string \"text\" {\n  content = `declare \"m\" { faro.receiver \"a\" { } }\n\
                declare \"n\" { discovery.nerve \"a\" { } }`\n}\n\n\
                text.n \"x\" { }\n\nlib.outer \"again\" { }\n";
    let wrong = config(text);
    // What a module declares and nobody uses needs nothing.
    let lib = "import.string \"deep\" {\n  content = \"declare \\\"m\\\" {\\n  prometheus.operator.podmonitors \\\"a\\\" { }\\n}\"\n}\n\n\
               declare \"outer\" {\n  deep.m \"x\" { }\n  prometheus.operator.servicemonitors \"a\" {\n    forward_to = []\n  }\n}\n\n\
               declare \"unused\" {\n  discovery.triton \"a\" { }\n}\n";
    std::fs::write(wrong.path().join("lib.alloy"), lib).expect("write a module");
    wrong.check(&["--stability.level=experimental", "config.alloy"], expect![[r#"
        Error: config.alloy:5:1: this version cannot run discovery.kuma (config.alloy:5:1), prometheus.operator.probes (config.alloy:10:3), beyla.ebpf (config.alloy:22:5), prometheus.operator.servicemonitors (lib.alloy:7:3), discovery.nerve (config.alloy:34:15), prometheus.operator.podmonitors (lib.alloy:2:13: line 2, column 3 of the text); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them

        4 | 
        5 | discovery.kuma "top" {
          | ^^^^^^^^^^^^^^
        6 |   server = "http://localhost"
        Error: could not perform the initial load successfully
    "#]]);
}

#[test]
fn wrong_type_through_a_reference() {
    let wrong = config(
        "local.file \"interval\" {\n  filename = \"interval.txt\"\n}\n\n\
         prometheus.scrape \"x\" {\n  targets    = local.file.interval.content\n  \
         forward_to = []\n}\n",
    );
    std::fs::write(wrong.path().join("interval.txt"), "10s").expect("write a file");
    wrong.check(
        &["config.alloy"],
        expect![[r#"
            Error: config.alloy:6:16: local.file.interval.content should be array, got capsule

            5 | prometheus.scrape "x" {
            6 |   targets    = local.file.interval.content
              |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            7 |   forward_to = []
            Error: could not perform the initial load successfully
        "#]],
    );
}
