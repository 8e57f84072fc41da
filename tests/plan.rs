//! `alloy plan`, the history of reloads, and `alloy why`: what they say is what happens.

use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value as Json;

use crate::support::alloy::Alloy;
use crate::support::{SOON, directory, http, wait_for};

const OLD: &str = r#"
local.file "greeting" {
	filename = "greeting.txt"
}

prometheus.remote_write "backend" {
	endpoint {
		url          = "http://127.0.0.1:1/write"
		bearer_token = "old-canary"
	}
}

prometheus.scrape "api" {
	targets         = [{"__address__" = "127.0.0.1:1", "text" = local.file.greeting.content}]
	forward_to      = [prometheus.remote_write.backend.receiver]
	scrape_interval = "15s"
}

prometheus.echo "unused" { }
"#;

/// The same with every kind of change.
fn new() -> String {
    OLD.replace("15s", "30s")
        .replace("old-canary", "new-canary")
        .replace("prometheus.echo \"unused\" { }", "prometheus.echo \"more\" { }")
}

/// Runs the command; exit code, standard output and standard error.
fn run(dir: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(args)
        .env_remove("ALLOY_ADDR")
        .current_dir(dir)
        .output()
        .expect("run the binary under test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("an exit code");
    (code, text(&output.stdout), text(&output.stderr))
}

fn check(dir: &std::path::Path, args: &[&str], expected: Expect) {
    let (code, out, err) = run(dir, args);
    let shown = format!("exit {code}\n{out}--\n{err}");
    assert!(!shown.contains("canary"), "{shown}");
    expected.assert_eq(&shown);
}

fn json(url: &str) -> Json {
    serde_json::from_str(&http::ok(url).expect("an answer")).expect("JSON")
}

#[test]
fn two_configurations_are_compared_without_a_process() {
    let dir = directory();
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("write a configuration");
    };
    write("old.alloy", OLD);
    write("new.alloy", &new());
    write("wrong.alloy", "prometheus.scrape \"x\" {\n\ttargets = nope.x\n}\n");
    check(
        dir.path(),
        &["plan", "old.alloy", "new.alloy"],
        expect![[r#"
        exit 0
        ~ prometheus.remote_write.backend
            @@ -1,4 +1,4 @@
             endpoint {
             	url          = "http://127.0.0.1:1/write"
            -	bearer_token = (secret)
            +	bearer_token = (secret) (changed)
             }
        + prometheus.echo.more
        ~ prometheus.scrape.api: reads local.file.greeting, prometheus.remote_write.backend; known once they run
            @@ -1,3 +1,3 @@
             targets         = [{"__address__" = "127.0.0.1:1", "text" = local.file.greeting.content}]
             forward_to      = [prometheus.remote_write.backend.receiver]
            -scrape_interval = "15s"
            +scrape_interval = "30s"
        - prometheus.echo.unused
        1 created, 2 updated, 0 recreated, 1 removed, 1 untouched
        --
    "#]],
    );
    check(
        dir.path(),
        &["plan", "--detailed-exitcode", "old.alloy", "old.alloy"],
        expect![[r#"
        exit 0
        0 created, 0 updated, 0 recreated, 0 removed, 4 untouched
        --
    "#]],
    );
    let (code, ..) = run(dir.path(), &["plan", "--detailed-exitcode", "old.alloy", "new.alloy"]);
    assert_eq!(code, 3, "there are changes");
    check(
        dir.path(),
        &["plan", "old.alloy", "wrong.alloy"],
        expect![[r#"
        exit 1
        --
        error[AL301 unresolved-reference]: there is nothing called "nope.x" here
         --> wrong.alloy:2:12
          |
        2 |     targets = nope.x
          |               ^^^^^^

        Error: the configuration would be refused: error during the initial load: wrong.alloy:2:12: component "nope.x" does not exist or is out of scope
    "#]],
    );
    check(
        dir.path(),
        &["plan", "wrong.alloy", "old.alloy"],
        expect![[r#"
        exit 2
        --
        error[AL301 unresolved-reference]: there is nothing called "nope.x" here
         --> wrong.alloy:2:12
          |
        2 |     targets = nope.x
          |               ^^^^^^

        Error: wrong.alloy is no configuration that could run
    "#]],
    );
    check(
        dir.path(),
        &["plan", "old.alloy", "missing.alloy"],
        expect![[r#"
        exit 2
        --
        Error: stat missing.alloy: no such file or directory
    "#]],
    );
    check(
        dir.path(),
        &["plan"],
        expect![[r#"
        exit 2
        --
        Error: which configurations? Give the old and the new one, or the new one only
    "#]],
    );
    check(
        dir.path(),
        &["plan", "--addr=http://127.0.0.1:1", "a", "b"],
        expect![[r#"
        exit 2
        --
        Error: --addr says what runs already; give the new configuration only
    "#]],
    );
    let args = ["plan", "--output-format=json", "old.alloy", "wrong.alloy"];
    let (code, out, _) = run(dir.path(), &args);
    let answer: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["version"], &answer["outcome"]), (1, &1.into(), &"refused".into()));
    assert_eq!(answer["diagnostics"][0]["file"], "wrong.alloy");
}

#[test]
fn plans_of_a_running_alloy_are_what_the_next_reload_does() {
    let alloy = Alloy::start_with("", &["--server.http.ui-path-prefix=/ui"], &[]);
    alloy.write("greeting.txt", "hello");
    alloy.write("config.alloy", OLD);
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    alloy.write("new.alloy", &new());

    let addr = format!("--addr={}", alloy.url(""));
    let plan = |args: &[&str]| run(alloy.dir.path(), &[&["plan", &addr], args].concat());
    check(
        alloy.dir.path(),
        &["plan", &addr, "new.alloy"],
        expect![[r#"
        exit 0
        ~ prometheus.remote_write.backend
            @@ -1,4 +1,4 @@
             endpoint {
             	url          = "http://127.0.0.1:1/write"
            -	bearer_token = (secret)
            +	bearer_token = (secret) (changed)
             }
        + prometheus.echo.more
        ~ prometheus.scrape.api
            @@ -3,4 +3,4 @@
             	text        = "hello",
             }]
             forward_to      = [prometheus.remote_write.backend.receiver]
            -scrape_interval = "15s"
            +scrape_interval = "30s"
        - prometheus.echo.unused
        1 created, 2 updated, 0 recreated, 1 removed, 1 untouched
        --
    "#]],
    );
    let (code, out, err) = plan(&["--ui-path-prefix=/ui", "--output-format=json", "new.alloy"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let planned: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!(planned["outcome"], "accepted");
    assert_eq!(plan(&["--detailed-exitcode", "new.alloy"]).0, 3);
    assert_eq!(plan(&["--detailed-exitcode", "config.alloy"]).0, 0);

    alloy.write("wrong.alloy", "nope.nope \"x\" { }\n");
    check(
        alloy.dir.path(),
        &["plan", &addr, "wrong.alloy"],
        expect![[r#"
        exit 1
        --
        error: wrong.alloy:1:1: cannot find the definition of component name "nope.nope"
        Error: the configuration would be refused: error during the initial load: wrong.alloy:1:1: cannot find the definition of component name "nope.nope"
    "#]],
    );
    alloy.write("config.alloy", "nope.nope \"x\" { }\n");
    assert_eq!(alloy.reload().0, 400);
    alloy.write("config.alloy", &new());
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");

    let reloads = json(&alloy.url("/api/v1/reloads"));
    let shown = reloads.to_string();
    assert!(!shown.contains("canary"), "{shown}");
    let entries = reloads["reloads"].as_array().expect("a list");
    let summary = |entry: &Json| {
        let field = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let kind = entry["trigger"]["kind"].as_str().unwrap_or_default();
        format!(
            "{} {} {} {kind} {}",
            entry["number"],
            entry["revision"],
            field("outcome"),
            field("error")
        )
    };
    let entries_text: Vec<String> = entries.iter().map(summary).collect();
    assert_eq!(
        entries_text,
        [
            "4 3 applied http ",
            "3 2 refused http error during the initial load: config.alloy:1:1: cannot find the \
             definition of component name \"nope.nope\"",
            "2 2 applied http ",
            "1 1 applied start ",
        ]
    );
    assert_eq!(entries[0]["plan"], planned["plan"]);
    assert_eq!(entries[1]["diagnostics"][0]["line"], 1);
    assert!(entries[0]["durations"]["total_seconds"].as_f64().is_some_and(|total| total > 0.0));
    assert_eq!(json(&alloy.url("/ui/api/v1/reloads"))["reloads"], reloads["reloads"]);
}

#[test]
fn plans_are_refused_that_do_not_come_from_a_client() {
    let alloy = Alloy::start("");
    let url = alloy.url("/api/v1/plan");
    let post = |body: &str, content_type: &str| {
        http::post_text(&url, body, content_type).expect("an answer")
    };
    assert_eq!(http::get(&url).expect("an answer").0, 405);
    let error = |text: &str| serde_json::json!({ "error": text }).to_string() + "\n";
    assert_eq!(
        post("{\"sources\": []}", "text/plain"),
        (415, error("the configuration must be sent as application/json")),
        "a form of another site"
    );
    let (status, text) = post("{", "application/json");
    assert_eq!(status, 400);
    assert!(text.contains("the body is not the expected JSON: "), "{text}");
    let twice = r#"{"sources": [{"name": "a", "text": ""}, {"name": "a", "text": ""}]}"#;
    assert_eq!(post(twice, "application/json"), (400, error("two sources have the same name")));
    assert_eq!(post("{\"sources\": []}", "application/json; charset=utf-8").0, 200);
    let long =
        format!("{{\"sources\": [{{\"name\": \"a\", \"text\": \"{}\"}}]}}", " ".repeat(17 << 20));
    // The server may close the connection while the rest is on its way, which is an error here.
    let answer = http::post_text(&url, &long, "application/json");
    assert!(answer.as_ref().map_or(true, |answer| answer.0 == 413), "{answer:?}");
    let (code, _, err) = run(alloy.dir.path(), &["plan", "--addr=127.0.0.1:1", "config.alloy"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn evaluations_say_why() {
    let alloy = Alloy::start("");
    alloy.write("greeting.txt", "hello");
    alloy.write("config.alloy", OLD);
    assert_eq!(alloy.reload().0, 200);
    alloy.write("config.alloy", &OLD.replace("15s", "30s"));
    assert_eq!(alloy.reload().0, 200);
    alloy.write("greeting.txt", "good morning");
    let url = alloy.url("/api/v1/trace/prometheus.scrape.api");
    let newest = || json(&url)["evaluations"][0].clone();
    wait_for("the file to be read", SOON, || match newest()["triggers"][0]["kind"].as_str() {
        Some("export") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let trigger = &newest()["triggers"][0];
    assert_eq!(
        (&trigger["id"], &trigger["fields"]),
        (&"local.file.greeting".into(), &serde_json::json!(["content"]))
    );
    let addr = format!("--addr={}", alloy.url(""));
    let why = |args: &[&str]| run(alloy.dir.path(), &[&["why", &addr], args].concat());
    let (code, out, err) = why(&["prometheus.scrape.api"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(!out.contains("canary"), "{out}");
    let lines: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("    because") || line.starts_with("    result"))
        .collect();
    let reload = "    because  reload of config.alloy:13 (http)";
    let created = "    because  created by a load of config.alloy:13 (http)";
    assert_eq!(lines[0], "    because  export of local.file.greeting field content");
    assert_eq!(lines[1], "    result   updated with new arguments");
    assert!(lines.contains(&reload) && lines.contains(&created), "{out}");
    assert!(out.contains("ran      parsed > block_hir"), "{out}");
    let (_, out, _) = why(&["--output-format=json", "--last=1", "prometheus.scrape.api"]);
    let answer: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&answer["version"], &answer["id"]), (&1.into(), &"prometheus.scrape.api".into()));
    assert_eq!(answer["evaluations"].as_array().map(Vec::len), Some(1));
    assert_eq!(why(&["nope.nope.x"]).0, 1);
    assert_eq!(why(&["--last=0", "prometheus.scrape.api"]).0, 2);
    let error = |text: &str| serde_json::json!({ "error": text }).to_string() + "\n";
    for id in ["nope", "nope/nope", "remotecfg/local.file.greeting", "local%2Efile.nope"] {
        assert_eq!(
            http::get(&alloy.url(&format!("/api/v1/trace/{id}?last=1"))).expect("an answer"),
            (404, error("there is no such component")),
            "{id}"
        );
    }
    for last in ["x", "-1", "", "1.5"] {
        assert_eq!(
            http::get(&format!("{url}?last={last}")).expect("an answer"),
            (400, error("last must be a whole number")),
            "{last}"
        );
    }
    let shown = |query: &str| {
        json(&format!("{url}{query}"))["evaluations"].as_array().map(Vec::len).unwrap_or_default()
    };
    assert_eq!((shown("?last=0"), shown("?last=1"), shown("?last=1&last=2")), (0, 1, 2));
    for path in ["/api/v1/trace/local.file.greeting", "/api/v1/reloads"] {
        let answer = http::post(&alloy.url(path)).expect("an answer");
        assert_eq!(answer, (405, "Method Not Allowed\n".to_owned()), "{path}");
    }
}
