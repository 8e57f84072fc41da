//! `alloy check` from the outside: what it finds, what it writes, how it ends.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use alloy_checks::Checker;
use alloy_queries::rules::{codes, rules};
use alloy_queries::{Imported, Importer, Options, Source};
use alloy_value::{ArcArgs, Stability};
use expect_test::{Expect, expect};

/// A directory to check in.
struct Dir(tempfile::TempDir);

impl Dir {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = Self(tempfile::tempdir().expect("create a temporary directory"));
        for (name, text) in files {
            dir.write(name, text);
        }
        dir
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("create directories");
        std::fs::write(path, text).expect("write a file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("read a file")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alloy"));
        command.arg("check").args(args).current_dir(self.path());
        command.env_remove("ALLOY_CHECK_OUTPUT_FORMAT");
        command
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        shown(&self.command(args).output().expect("start the binary under test"))
    }

    /// Standard output and exit code, with the concise form.
    fn concise(&self, args: &[&str], code: i32, expected: Expect) {
        let (found, out, err) = self.run(&[args, &["--output-format=concise"]].concat());
        expected.assert_eq(&out);
        assert_eq!(found, code, "{out}{err}");
    }
}

fn shown(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

const WRITE: &str = "prometheus.remote_write \"main\" {\n\tendpoint {\n\t\turl = \
                     \"https://metrics.example.com/api/v1/write\"\n\t}\n}\n";

/// A configuration with one warning.
const NOWHERE: &str = "prometheus.scrape \"a\" {\n\ttargets    = [{\"__address__\" = \
                       \"localhost:9100\"}]\n\tforward_to = []\n}\n";

/// Reads nothing.
#[derive(Debug)]
struct NoFiles;

impl Importer for NoFiles {
    fn import(&self, args: &ArcArgs) -> Imported {
        match args.downcast_ref::<alloy_config_blocks::ImportStringArgs>() {
            Some(args) => Imported::Modules {
                files: vec![Source { name: "text".into(), text: args.content.expose().into() }],
                module_path: None,
                inline: true,
            },
            None => Imported::Failed("there are no files".to_owned()),
        }
    }
}

#[test]
fn every_rule_finds_its_example_and_not_the_corrected_one() {
    let options = Options { stability: Stability::Experimental, community: true };
    let mut checker = Checker::new(alloy::registry::registry(), options);
    checker.importer = Some(Arc::new(NoFiles));
    let strict = Checker { options: Options::default(), ..checker.clone() };
    let found = |code: &str, text: &str| {
        let source = || vec![Source { name: "a.alloy".into(), text: text.into() }];
        let is_gate = [codes::STABILITY, codes::COMMUNITY].contains(&code);
        let checker = if is_gate { &strict } else { &checker };
        checker.check(source()).diagnostics.iter().any(|d| d.code == Some(code))
    };
    let mut wrong = Vec::new();
    // Refused fixes are found by --fix alone.
    for rule in rules().filter(|rule| rule.code != codes::FIX_REFUSED) {
        if found(rule.code, rule.bad) != rule.reported {
            wrong.push(format!("{}: reported should be {}", rule.code, !rule.reported));
        }
        if found(rule.code, rule.good) {
            wrong.push(format!("{}: is found in its good example", rule.code));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn exit_codes() {
    let dir = Dir::new(&[("warn.alloy", NOWHERE), ("ok.alloy", WRITE), ("bad.alloy", "a = {")]);
    for (args, code) in [
        (&["warn.alloy"][..], 1),
        (&["warn.alloy", "--min-severity=error"], 0),
        (&["warn.alloy", "--min-severity=error", "--deny-warnings"], 1),
        (&["warn.alloy", "--exit-zero"], 0),
        (&["warn.alloy", "--ignore=AL5"], 0),
        (&["warn.alloy", "--error=AL502", "--min-severity=error"], 1),
        (&["bad.alloy", "--ignore=all"], 1),
        (&["nope.alloy"], 2),
        (&["--nope"], 2),
        (&["warn.alloy", "--select=AL999"], 2),
        (&["warn.alloy", "--min-severity=bad"], 2),
        (&["warn.alloy", "--output-format=xml"], 2),
        (&["warn.alloy", "--check-config=nope.toml"], 2),
        (&["warn.alloy", "--fix", "--add-ignore"], 2),
        (&["-", "--fix"], 2),
    ] {
        let (found, out, err) = dir.run(args);
        assert_eq!(found, code, "{args:?}: {out}{err}");
        assert_eq!(code == 2, err.starts_with("Error: "), "{args:?}: {err}");
        assert!(code != 2 || out.is_empty(), "{args:?}: {out}");
    }
}

#[test]
fn an_interrupt_has_a_code_of_its_own() {
    use std::io::Write as _;
    use std::os::unix::process::ExitStatusExt as _;
    let dir = Dir::new(&[]);
    let mut command = dir.command(&["-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("start the binary under test");
    let mut input = child.stdin.take().expect("a pipe");
    // More than a pipe holds: once it is written, the check reads and waits for more.
    input.write_all(&vec![b'\n'; 1 << 20]).expect("write to the check");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("send a signal");
    let status = child.wait().expect("the check ends");
    assert_eq!((status.code(), status.signal()), (Some(130), None));
}

#[test]
fn rules_are_selected_by_flags() {
    let text = format!("{NOWHERE}\n{WRITE}").replace("forward_to = []", "forward_to=[]");
    let dir = Dir::new(&[("a.alloy", &text)]);
    dir.concise(&["a.alloy"], 1, expect![[r#"
        info[AL601]: a.alloy:3:1: the layout is not that of `alloy fmt`, from here on
        warning[AL502]: a.alloy:3:2: "prometheus.scrape.a" sends to nobody
        warning[AL501]: a.alloy:6:1: nothing uses "prometheus.remote_write.main", and it does nothing else
    "#]]);
    dir.concise(
        &["a.alloy", "--select=AL6"],
        0,
        expect![[r#"
        info[AL601]: a.alloy:3:1: the layout is not that of `alloy fmt`, from here on
    "#]],
    );
    dir.concise(
        &["a.alloy", "--select=AL6", "--warn=unformatted"],
        1,
        expect![[r#"
        warning[AL601]: a.alloy:3:1: the layout is not that of `alloy fmt`, from here on
    "#]],
    );
    dir.concise(
        &["a.alloy", "--ignore=AL5,AL6", "--error=AL502"],
        1,
        expect![[r#"
        error[AL502]: a.alloy:3:2: "prometheus.scrape.a" sends to nobody
    "#]],
    );
}

#[test]
fn the_nearest_configuration_file_counts() {
    let dir = Dir::new(&[
        (
            "alloy-check.toml",
            "[rules]\nAL502 = \"error\"\n[per-file-ignores]\n\"x/*\" = [\"AL5\"]\n",
        ),
        ("a.alloy", NOWHERE),
        ("x/a.alloy", NOWHERE),
        ("y/alloy-check.toml", "[rules]\nAL5 = \"off\"\n"),
        ("y/z/a.alloy", NOWHERE),
        ("broken.toml", "[rules]\nAL502 = 3\n"),
    ]);
    dir.concise(
        &["a.alloy", "x/a.alloy", "y/z/a.alloy"],
        1,
        expect![[r#"
        warning[AL502]: a.alloy:3:2: "prometheus.scrape.a" sends to nobody
    "#]],
    );
    dir.concise(
        &["y/z/a.alloy", "--no-config"],
        1,
        expect![[r#"
        warning[AL502]: y/z/a.alloy:3:2: "prometheus.scrape.a" sends to nobody
    "#]],
    );
    dir.concise(
        &["y/z/a.alloy", "--check-config=alloy-check.toml"],
        1,
        expect![[r#"
        error[AL502]: y/z/a.alloy:3:2: "prometheus.scrape.a" sends to nobody
    "#]],
    );
    dir.concise(&["a.alloy", "--ignore=AL502"], 0, expect![[""]]);
    let (code, _, err) = dir.run(&["a.alloy", "--check-config=broken.toml"]);
    expect![[r#"
        Error: broken.toml: [rules] AL502: needs one of "off", "default", "info", "warning" and "error"
    "#]].assert_eq(&err);
    assert_eq!(code, 2);
}

#[test]
fn the_form_comes_from_the_environment_too_and_goes_into_a_file() {
    let dir = Dir::new(&[("a.alloy", NOWHERE)]);
    let mut command = dir.command(&["a.alloy", "-o", "out.txt", "--statistics"]);
    let output = command.env("ALLOY_CHECK_OUTPUT_FORMAT", "github").output();
    let (code, out, err) = shown(&output.expect("start the binary under test"));
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    expect![[r#"
        ::warning title=alloy (AL502),file=a.alloy,line=3,col=2,endLine=3,endColumn=17::"prometheus.scrape.a" sends to nobody
    "#]].assert_eq(&dir.read("out.txt"));
    expect![[r#"
        AL502      1  empty-forward-to
    "#]]
    .assert_eq(&err);
    let mut command = dir.command(&["a.alloy", "--output-format=concise"]);
    let output = command.env("ALLOY_CHECK_OUTPUT_FORMAT", "xml").output();
    let (code, _, err) = shown(&output.expect("start the binary under test"));
    assert_eq!(code, 1, "the flag wins: {err}");
}

#[test]
fn machine_forms_are_documents_without_findings_too() {
    let dir = Dir::new(&[("a.alloy", "")]);
    for (format, start) in [
        ("json", "{"),
        ("jsonl", ""),
        ("sarif", "{"),
        ("github", ""),
        ("gitlab", "[]"),
        ("junit", "<?xml"),
    ] {
        let (code, out, err) = dir.run(&["a.alloy", &format!("--output-format={format}")]);
        assert_eq!(code, 0, "{err}");
        assert!(out.starts_with(start) && out.is_empty() == start.is_empty(), "{format}: {out}");
        if start.starts_with(['{', '[']) {
            let _document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        }
        assert_eq!(err, "", "{format}");
    }
}

#[test]
fn standard_input_has_a_name() {
    let dir = Dir::new(&[]);
    let mut command =
        dir.command(&["-", "--stdin-filename=conf/a.alloy", "--output-format=concise"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the binary under test");
    let mut input = child.stdin.take().expect("its standard input");
    std::io::Write::write_all(&mut input, NOWHERE.as_bytes()).expect("write to it");
    drop(input);
    let (code, out, _) = shown(&child.wait_with_output().expect("wait for it"));
    expect![[r#"
        warning[AL502]: conf/a.alloy:3:2: "prometheus.scrape.a" sends to nobody
    "#]]
    .assert_eq(&out);
    assert_eq!(code, 1);
}

#[test]
fn comments_suppress_findings_and_are_reported_when_they_do_not() {
    let scrape = NOWHERE.replace("\"a\" {", "\"b\" { // alloy-ignore: AL501");
    let text = format!(
        "// alloy-ignore-file: AL6, AL503\n// alloy-ignore: empty-forward-to -- a test\n{NOWHERE}\n\
         {scrape}\n// alloy-ignore: AL9999\n// alloy-ignore-file: AL5\nlogging {{ }}\n"
    );
    let dir = Dir::new(&[("a.alloy", &text)]);
    dir.concise(
        &["a.alloy"],
        1,
        expect![[r#"
        warning[AL901]: a.alloy:1:1: nothing here is ignored by AL6, AL503
        warning[AL901]: a.alloy:8:25: nothing here is ignored by AL501
        warning[AL502]: a.alloy:10:2: "prometheus.scrape.b" sends to nobody
        warning[AL903]: a.alloy:13:1: the comment ignores "AL9999", which is no rule
        warning[AL901]: a.alloy:14:1: nothing here is ignored by AL5
    "#]],
    );
    let (_, _, err) = dir.run(&["a.alloy", "--fix"]);
    expect![[r#"
        found 2 warnings; 1 suppressed
        fixed 3 findings in 1 files
    "#]]
    .assert_eq(&err);
    expect![[r#"
        // alloy-ignore: empty-forward-to -- a test
        prometheus.scrape "a" {
        	targets    = [{"__address__" = "localhost:9100"}]
        	forward_to = []
        }

        prometheus.scrape "b" {
        	targets    = [{"__address__" = "localhost:9100"}]
        	forward_to = []
        }

        // alloy-ignore: AL9999
        logging { }
    "#]]
    .assert_eq(&dir.read("a.alloy"));
    dir.write("b.alloy", "// alloy-ignore-file: all\nlogging {\n");
    dir.concise(
        &["b.alloy"],
        1,
        expect![[r#"
        error[AL001]: b.alloy:3:1: expected `}`, found the end of the file
    "#]],
    );
}

#[test]
fn added_comments_suppress_everything() {
    let text = format!(
        "{NOWHERE}\nlocal.file \"x\" {{\n  filename=\"y\"\n\tpoll_frequency = \"1m\"\n}}\n"
    );
    let dir = Dir::new(&[("a.alloy", &text)]);
    let (code, out, err) = dir.run(&["--add-ignore"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    expect![[r#"
        // alloy-ignore-file: AL601
        prometheus.scrape "a" {
        	targets    = [{"__address__" = "localhost:9100"}]
        	// alloy-ignore: AL502
        	forward_to = []
        }

        // alloy-ignore: AL501
        local.file "x" {
          filename="y"
        	// alloy-ignore: AL602
        	poll_frequency = "1m"
        }
    "#]]
    .assert_eq(&dir.read("a.alloy"));
    dir.concise(&["--min-severity=info"], 0, expect![[""]]);
}

#[test]
fn a_baseline_hides_what_is_known_wherever_it_moved() {
    let dir = Dir::new(&[("a.alloy", NOWHERE)]);
    let (code, out, err) = dir.run(&["a.alloy", "--write-baseline=known.json"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    expect![[r#"
        {
          "version": 1,
          "findings": [
            {
              "fingerprint": "cfc7183c29510c56fbca7eec809f1720",
              "code": "AL502",
              "component": "prometheus.scrape.a",
              "message": "\"prometheus.scrape.a\" sends to nobody",
              "count": 1
            }
          ]
        }
    "#]]
    .assert_eq(&dir.read("known.json"));
    let more = NOWHERE.replace("\"a\"", "\"b\"");
    dir.write("a.alloy", &format!("\n// moved\n\n{NOWHERE}\n{more}"));
    dir.concise(
        &["a.alloy", "--baseline=known.json", "--ignore=AL6"],
        1,
        expect![[r#"
        warning[AL502]: a.alloy:11:2: "prometheus.scrape.b" sends to nobody
    "#]],
    );
    dir.write("known.json", "{}");
    let (code, _, err) = dir.run(&["a.alloy", "--baseline=known.json"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn fixes_are_shown_or_applied() {
    let text = format!(
        "prometheus.scrape \"a\" {{\n  targets = [{{\"__address__\" = env(\"A\")}}]\n  forward_to = \
         [prometheus.remote_write.main.reciever]\n  scrape_timeout = \"10s\"\n}}\n\n{WRITE}"
    );
    let dir = Dir::new(&[("a.alloy", &text)]);
    let (code, out, err) = dir.run(&["a.alloy", "--diff"]);
    expect![[r#"
        --- a.alloy
        +++ a.alloy
        @@ -1,7 +1,6 @@
         prometheus.scrape "a" {
        -  targets = [{"__address__" = env("A")}]
        -  forward_to = [prometheus.remote_write.main.reciever]
        -  scrape_timeout = "10s"
        +	targets    = [{"__address__" = sys.env("A")}]
        +	forward_to = [prometheus.remote_write.main.reciever]
         }
 
         prometheus.remote_write "main" {
    "#]]
    .assert_eq(&out.replace("\n \n", "\n\n"));
    assert_eq!((code, err.as_str()), (1, ""));
    assert_eq!(dir.read("a.alloy"), text, "nothing is written");

    let (code, out, err) = dir.run(&["a.alloy", "--fix", "--output-format=concise"]);
    expect![[r#"
        error[AL304]: a.alloy:3:45: "prometheus.remote_write" does not export "reciever"
    "#]]
    .assert_eq(&out);
    expect![[r#"
        fixed 3 findings in 1 files
    "#]]
    .assert_eq(&err);
    assert_eq!(code, 1);
    expect![[r#"
        prometheus.scrape "a" {
        	targets    = [{"__address__" = sys.env("A")}]
        	forward_to = [prometheus.remote_write.main.reciever]
        }

        prometheus.remote_write "main" {
        	endpoint {
        		url = "https://metrics.example.com/api/v1/write"
        	}
        }
    "#]]
    .assert_eq(&dir.read("a.alloy"));

    let (code, out, err) = dir.run(&["a.alloy", "--unsafe-fixes", "--output-format=concise"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
}

#[test]
fn findings_do_not_depend_on_the_environment() {
    let text = format!(
        "{NOWHERE}\nlocal.file \"x\" {{\n\tfilename = sys.env(\"HOME\") + constants.hostname\n}}\n"
    );
    let dir = Dir::new(&[("a.alloy", &text), ("b.alloy", WRITE)]);
    let here = dir.command(&["."]).output().expect("start the binary under test");
    let bare = dir.command(&["."]).env_clear().output().expect("start the binary under test");
    assert_eq!(shown(&here), shown(&bare));
    assert_eq!(here.status.code(), Some(1));
}

#[test]
fn arguments_need_their_stability_level() {
    let text = r#"
prometheus.scrape "api" {
	targets        = [{"__address__" = "a:1"}]
	forward_to     = [prometheus.remote_write.main.receiver]
	honor_metadata = true
}

prometheus.scrape "off" {
	targets        = [{"__address__" = "a:2"}]
	forward_to     = [prometheus.remote_write.main.receiver]
	honor_metadata = false
}

prometheus.scrape "unknown" {
	targets        = [{"__address__" = "a:3"}]
	forward_to     = [prometheus.remote_write.main.receiver]
	honor_metadata = encoding.from_json(sys.env("HONOR"))
}

prometheus.remote_write "main" {
	endpoint {
		url              = "http://localhost/v2"
		protobuf_message = "io.prometheus.write.v2.Request"
	}
}

prometheus.receive_http "in" {
	forward_to                              = [prometheus.remote_write.main.receiver]
	accepted_remote_write_protobuf_messages = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]
}

loki.source.syslog "in" {
	listener {
		address       = "localhost:1514"
		syslog_format = "raw"
	}

	listener {
		address       = "localhost:1515"
		syslog_format = "rfc3164"
	}

	forward_to = [loki.write.main.receiver]
}

loki.write "main" {
	endpoint {
		url = "http://localhost/one"

		queue_config {
			capacity = "1MiB"
		}
	}

	endpoint {
		name = "two"
		url  = "http://localhost/two"

		queue_config { }
	}
}
"#;
    let dir = Dir::new(&[("a.alloy", text)]);
    dir.concise(&["a.alloy", "--select=AL105"], 1, expect![[r#"
        error[AL105]: a.alloy:5:2: attribute "honor_metadata" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
        error[AL105]: a.alloy:23:3: "io.prometheus.write.v2.Request" in attribute "protobuf_message" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
        error[AL105]: a.alloy:29:2: "io.prometheus.write.v2.Request" in attribute "accepted_remote_write_protobuf_messages" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
        error[AL105]: a.alloy:35:3: "raw" in attribute "syslog_format" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
        error[AL105]: a.alloy:50:3: block "queue_config" is at stability level "experimental", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "experimental" features
    "#]]);
    dir.concise(&["a.alloy", "--select=AL105", "--stability.level=experimental"], 0, expect![[""]]);
    // The reference finds out when it builds the components.
    let validate = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(["validate", "a.alloy"])
        .current_dir(dir.path())
        .status();
    assert!(validate.expect("start the binary under test").success());
}

#[test]
fn a_baseline_counts_for_fixes_too_and_a_level_of_the_file_is_told() {
    let text = "local.file \"x\" { filename = env(\"A\") }\n";
    let dir = Dir::new(&[("a.alloy", text), ("d/a.alloy", text)]);
    dir.write("d/alloy-check.toml", "stability-level = \"experimental\"\n");
    assert_eq!(dir.run(&["--write-baseline=base.json", "a.alloy"]).0, 0);
    assert_eq!(dir.run(&["--fix", "--baseline=base.json", "a.alloy"]).0, 0);
    assert_eq!(dir.read("a.alloy"), "local.file \"x\" {\n\tfilename = sys.env(\"A\")\n}\n");
    let (_, out, _) = dir.run(&["--output-format=json", "d/a.alloy"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["tool"]["stability_level"], "experimental");
    assert_eq!(dir.run(&["--explain=AL999"]).0, 2);
}

#[test]
fn lints() {
    let text = r#"
local.file "unused" {
	filename = "x"
}

local.file "used" {
	filename       = "x"
	poll_frequency = "60s"
}

discovery.relabel "twice" {
	targets = [{"a" = "b"}]

	rule {
		regex        = "(a"
		target_label = "x"
	}
}

prometheus.scrape "clustered" {
	targets    = discovery.relabel.twice.output
	forward_to = [prometheus.remote_write.main.receiver]

	clustering {
		enabled = true
	}
}

prometheus.scrape "alone" {
	targets         = discovery.relabel.twice.output
	forward_to      = [prometheus.remote_write.main.receiver, loki.write.main.receiver]
	scrape_interval = "5s"
}

prometheus.scrape "types" {
	targets      = prometheus.remote_write.main.receiver
	forward_to   = [prometheus.remote_write.main.receivr, local.file.used.content]
	sample_limit = string.to_upper("a", "b")
	job_name     = coalesce(env("X"), local.file.used.content)
}

prometheus.remote_write "main" {
	endpoint {
		url          = "https://metrics.example.com/api/v1/write"
		bearer_token = "s3cr3t-of-the-test"
		headers      = {"X-Scope-OrgID" = "tenant"}
	}
}

loki.write "main" {
	endpoint {
		url = "https://logs.example.com/loki/api/v1/push"

		basic_auth {
			username = "a"
			password = "<PASSWORD>"
		}
	}
}
"#;
    let dir = Dir::new(&[("a.alloy", text)]);
    dir.concise(&["a.alloy"], 1, expect![[r#"
        info[AL601]: a.alloy:1:1: the layout is not that of `alloy fmt`, from here on
        warning[AL501]: a.alloy:2:1: nothing uses "local.file.unused", and it does nothing else
        info[AL602]: a.alloy:8:2: "poll_frequency" has this value anyway
        error[AL210]: a.alloy:15:19: "regex" is no regular expression: error parsing regexp: missing closing ): `(a`
        warning[AL505]: a.alloy:29:1: "prometheus.scrape.clustered" uses clustering for the same targets, this block does not
        error[AL305]: a.alloy:31:60: expected a receiver of metrics, found a receiver of logs
        warning[AL506]: a.alloy:32:2: a scrape may take 10s (scrape_timeout), but the next one begins after 5s (scrape_interval)
        error[AL205]: a.alloy:36:17: expected a list of targets, found a receiver of metrics
        error[AL304]: a.alloy:37:47: "prometheus.remote_write" does not export "receivr"
        error[AL205]: a.alloy:37:56: expected a receiver of metrics, found a secret or a string
        error[AL211]: a.alloy:38:38: string.to_upper takes 1 argument, found 2
        info[AL603]: a.alloy:39:17: the default of an environment variable uses the former name `env`
        warning[AL401]: a.alloy:39:26: "env" is a former name of "sys.env"
        warning[AL503]: a.alloy:45:18: the secret "bearer_token" is in plain text
    "#]]);
}

#[test]
fn texts_in_other_languages_are_marked_where_they_are_wrong() {
    let dir = Dir::new(&[(
        "a.alloy",
        r#"loki.process "a" {
	forward_to = [loki.write.main.receiver]

	stage.match {
		selector = "{app=\"a\"} | json"
		stage.drop {
			expression = "err(or"
			older_than = "1 day"
			longer_than = "8 kilo"
		}
	}
	stage.match {
		selector = `{app="a" env="b"}`
		stage.match {
			selector = "{app=\"a\"} |~ \"(\""
			action   = "drop"
		}
	}
	stage.regex {
		expression = "(?P<name"
	}
}

loki.relabel "b" {
	forward_to = [loki.write.main.receiver]

	rule {
		source_labels = ["a"]
		regex         = "[z-a]"
		target_label  = "b"
	}
	rule {
		action = "labelmapp"
	}
	rule {
		action = "hashmod"
	}
}

loki.write "main" {
	endpoint {
		url       = "http://local host/"
		proxy_url = "http://[::1"
	}
}

prometheus.exporter.blackbox "c" {
	config = "{ modules: [ }"
}

discovery.http "d" {
	url = encoding.from_json("{\"a\": }").a
}

discovery.file "e" {
	files = encoding.from_yaml("a: [")
}
"#,
    )]);
    dir.concise(&["a.alloy", "--ignore=AL5,AL6"], 1, expect![[r#"
        error[AL210]: a.alloy:5:27: "selector" is no LogQL selector: expected != or !~ or |~ or |=, found |
        error[AL210]: a.alloy:8:17: "1 day" is no duration
        error[AL210]: a.alloy:9:18: units: unknown unit  kilo in 8 kilo
        error[AL210]: a.alloy:13:24: "selector" is no LogQL selector: expected } or ,, found a name
        error[AL210]: a.alloy:15:31: "selector" is no LogQL selector: error parsing regexp: missing closing ): `(`
        error[AL210]: a.alloy:29:21: "regex" is no regular expression: error parsing regexp: invalid character class range: `z-a`
        error[AL206]: a.alloy:33:12: "labelmapp" is none of the allowed values
        error[AL210]: a.alloy:43:15: parse "http://[::1": missing ']' in host
        error[AL210]: a.alloy:48:11: "config" is no YAML: encoding.from_yaml yaml: did not find expected node content
        error[AL211]: a.alloy:52:8: encoding.from_json invalid character '}' looking for beginning of value
        error[AL211]: a.alloy:56:10: encoding.from_yaml yaml: line 1: did not find expected node content
    "#]]);
    let (_, shown, _) = dir.run(&["a.alloy", "--select=malformed-text"]);
    expect![[r#"
        error[AL210 malformed-text]: "selector" is no LogQL selector: expected != or !~ or |~ or |=, found |
         --> a.alloy:5:27
          |
        5 |         selector = "{app=\"a\"} | json"
          |                                 ^

        error[AL210 malformed-text]: "1 day" is no duration
         --> a.alloy:8:17
          |
        8 |             older_than = "1 day"
          |                          ^^^^^^^
          |
          = note: a duration is written with units, such as 30s or 1h30m

        error[AL210 malformed-text]: units: unknown unit  kilo in 8 kilo
         --> a.alloy:9:18
          |
        9 |             longer_than = "8 kilo"
          |                           ^^^^^^^^

        error[AL210 malformed-text]: "selector" is no LogQL selector: expected } or ,, found a name
          --> a.alloy:13:24
           |
        13 |         selector = `{app="a" env="b"}`
           |                              ^^^

        error[AL210 malformed-text]: "selector" is no LogQL selector: error parsing regexp: missing closing ): `(`
          --> a.alloy:15:31
           |
        15 |             selector = "{app=\"a\"} |~ \"(\""
           |                                        ^^^^^

        error[AL210 malformed-text]: "regex" is no regular expression: error parsing regexp: invalid character class range: `z-a`
          --> a.alloy:29:21
           |
        29 |         regex         = "[z-a]"
           |                           ^^^

        error[AL210 malformed-text]: parse "http://[::1": missing ']' in host
          --> a.alloy:43:15
           |
        43 |         proxy_url = "http://[::1"
           |                     ^^^^^^^^^^^^^

        error[AL210 malformed-text]: "config" is no YAML: encoding.from_yaml yaml: did not find expected node content
          --> a.alloy:48:11
           |
        48 |     config = "**************"
           |              ^^^^^^^^^^^^^^^^

    "#]].assert_eq(&shown);
}

/// Starts the binary on a terminal of its own; gives what it writes there.
const ON_A_TERMINAL: &str = r#"
import os, pty, select, signal, sys, time
program, cut, args = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(program, [program] + args)
text, deadline, changed = b"", time.monotonic() + 60, False
while time.monotonic() < deadline:
    ready, _, _ = select.select([terminal], [], [], 1)
    if ready:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    if cut == "-":
        continue
    if not changed and b"sends to nobody" in text:
        changed = True
        with open(cut, "a") as file:
            file.write("\nlogging {\n")
    if changed and b"expected" in text:
        os.kill(pid, signal.SIGINT)
        cut = "-"
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(status))
"#;

fn on_a_terminal(dir: &Dir, changed: &str, args: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .args(["-c", ON_A_TERMINAL, env!("CARGO_BIN_EXE_alloy"), changed, "check"])
        .args(args)
        .current_dir(dir.path())
        .output()
        .expect("start python3");
    let (code, out, err) = shown(&output);
    assert_eq!(err, "");
    (code, out)
}

#[test]
fn a_watch_clears_the_terminal_and_checks_again_after_a_change() {
    let dir = Dir::new(&[("a.alloy", NOWHERE)]);
    let (code, text) = on_a_terminal(&dir, "a.alloy", &["a.alloy", "--watch", "--color=never"]);
    assert_eq!(code, 130, "{text}");
    let screens: Vec<&str> = text.split("\x1b[2J\x1b[H").collect();
    let [before, first, later @ ..] = screens.as_slice() else { panic!("{text:?}") };
    assert_eq!(*before, "");
    assert!(first.contains("sends to nobody") && !first.contains("expected"), "{first}");
    assert!(later.last().is_some_and(|last| last.contains("expected `}`")), "{text}");
}

#[test]
fn a_watch_writes_no_control_characters_into_a_pipe() {
    let dir = Dir::new(&[("a.alloy", NOWHERE)]);
    let mut command = dir.command(&["a.alloy", "--watch", "--output-format=concise"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the binary under test");
    let output = child.stdout.take().expect("its standard output");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(output));
    let mut line = || lines.next().expect("a line").expect("text");
    assert_eq!(line(), "warning[AL502]: a.alloy:3:2: \"prometheus.scrape.a\" sends to nobody");
    dir.write("a.alloy", &format!("\n{NOWHERE}"));
    assert_eq!(
        line(),
        "info[AL601]: a.alloy:1:1: the layout is not that of `alloy fmt`, from here on"
    );
    assert_eq!(line(), "warning[AL502]: a.alloy:4:2: \"prometheus.scrape.a\" sends to nobody");
    child.kill().expect("stop it");
    let (_, _, err) = shown(&child.wait_with_output().expect("wait for it"));
    assert_eq!(err, "");
}

#[test]
fn a_watch_follows_imported_files() {
    let import = "import.file \"lib\" {\n\tfilename = \"lib.alloy\"\n}\n\nlib.a \"x\" { }\n";
    let dir = Dir::new(&[("a.alloy", import), ("lib.alloy", "declare \"b\" { }\n")]);
    let mut command = dir.command(&["a.alloy", "--watch", "--output-format=concise"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("start the binary under test");
    let output = child.stdout.take().expect("its standard output");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(output));
    let mut line = || lines.next().expect("a line").expect("text");
    assert_eq!(line(), "error[AL101]: a.alloy:5:1: the import brings no \"lib.a\"");
    dir.write("lib.alloy", "declare \"a\" {\n\targument \"size\" { }\n}\n");
    assert_eq!(line(), "error[AL203]: a.alloy:5:1: \"lib.a\" needs the argument \"size\"");
    child.kill().expect("stop it");
    child.wait().expect("wait for it");
}

#[test]
fn a_long_check_shows_its_progress_on_a_terminal_only() {
    // So many blocks that a check takes longer than the second that nothing is shown.
    let text: String =
        (0..4000).map(|number| NOWHERE.replace("\"a\"", &format!("\"a{number}\""))).collect();
    let names: Vec<String> = (0..8).map(|number| format!("{number}.alloy")).collect();
    let files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), text.as_str())).collect();
    let dir = Dir::new(&files);
    let args: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .chain(["--ignore=all", "--output-format=concise"])
        .collect();
    let (code, shown) = on_a_terminal(&dir, "-", &args);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("\rchecked ") && shown.contains(" of 8"), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[K"), "the line is removed: {shown:?}");
    let (code, out, err) = dir.run(&args);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
}
