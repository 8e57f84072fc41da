//! Secrets stay where they are: every secret attribute of every component and config block, filled
//! with a text of its own, shows up nowhere.

use std::process::Command;

use alloy_queries::{Engine, Load, Options, Source};
use alloy_reference::{Attribute, Entry, configuration};
use alloy_value::json::Statements;
use alloy_value::{ArcArgs, Stability};

use crate::support::alloy::Alloy;
use crate::support::http;

/// Nothing that is printed may hold this.
const CANARY: &str = "canary-5d2f";

/// Attributes that secrets want to have beside them.
const COMPANIONS: &[(&str, &str)] = &[
    ("proxy_from_environment", "true"),
    ("client_id", "\"6e1b3d1c-5f1d-4a57-9d53-0d5f8f6f6a11\""),
    ("tenant_id", "\"6e1b3d1c-5f1d-4a57-9d53-0d5f8f6f6a11\""),
    ("token_url", "\"http://localhost\""),
    ("client_secret_file", "\"secret.txt\""),
    ("cert_pem", "\"certificate\""),
    ("api_server", "\"http://localhost\""),
    ("access_key", "\"key\""),
    ("host", "\"unix:///var/run/docker.sock\""),
];

const OPTIONS: Options = Options { stability: Stability::Experimental, community: true };

/// A configuration with one secret.
struct Case {
    /// Component, block and attribute.
    name: String,
    block_id: String,
    text: String,
}

fn cases() -> Vec<Case> {
    let catalog = alloy::registry::catalog();
    let mut cases = Vec::new();
    for entry in catalog.components.iter().filter(|entry| entry.checked) {
        let nested = entry.blocks.iter().map(|block| (block.path.as_str(), &block.attributes));
        for (path, attributes) in std::iter::once(("", &entry.attributes)).chain(nested) {
            let secrets = attributes.iter().filter(|a| a.secret || a.ty == "optional_secret");
            cases.extend(secrets.map(|attribute| case(entry, path, attribute)));
        }
    }
    cases
}

fn case(entry: &Entry, path: &str, attribute: &Attribute) -> Case {
    let value = match attribute.ty.as_str() {
        "secret" => format!("{CANARY:?}"),
        // A plain text is none.
        "optional_secret" => "local.file.secret.content".to_owned(),
        "list(secret)" => format!("[{CANARY:?}]"),
        "map(secret)" => format!("{{key = {CANARY:?}}}"),
        "map(list(secret))" => format!("{{key = [{CANARY:?}]}}"),
        other => panic!("no value for a secret of type {other}"),
    };
    let value = match attribute.name {
        // These are checked for their form.
        "data_source_name" if entry.name.ends_with("mysql") => {
            format!("\"user:{CANARY}@(localhost:3306)/\"")
        }
        _ => value,
    };
    let mut with = vec![(path, attribute.name, value.as_str())];
    // What the component wants to have beside it, in the same block or around it.
    let around = path.match_indices(" > ").map(|(end, _)| &path[..end]).chain([path, ""]);
    for at in around {
        with.extend(COMPANIONS.iter().map(|(name, value)| (at, *name, *value)));
    }
    with.retain(|(_, name, _)| match (attribute.name, *name) {
        // One or the other.
        ("proxy_connect_header", "proxy_url") | ("key_pem", "cert_file") => false,
        ("client_secret", "client_secret_file") => false,
        (_, "cert_pem") => attribute.name == "key_pem",
        (_, "proxy_from_environment") => attribute.name == "proxy_connect_header",
        _ => true,
    });
    let text = configuration(entry, &with);
    Case {
        name: format!("{} {path} {}", entry.name, attribute.name),
        block_id: match entry.label {
            "required" => format!("{}.example", entry.name),
            _ => entry.name.to_owned(),
        },
        text: text + SOURCES,
    }
}

/// What the examples refer to.
const SOURCES: &str = "
local.file \"secret\" {
	filename  = \"secret.txt\"
	is_secret = true
}
";

/// The arguments of the case, or why there are none.
fn evaluate(case: &Case) -> Result<ArcArgs, String> {
    let registry = alloy::registry::registry();
    let mut engine = Engine::new(registry, alloy::host::facts(), OPTIONS);
    let sources = vec![source(&case.text)];
    let load = Load { sources, ..Load::default() };
    engine.load(load).map_err(|rejected| rejected.to_string())?;
    if let Some(file) = engine.find("local.file.secret") {
        let content = alloy_value::OptionalSecret::new(CANARY, true);
        let exports: alloy_value::Object =
            [(alloy_value::Str::from("content"), content.into())].into_iter().collect();
        engine.set_exports(file, Some(exports.into()));
    }
    let id = engine.find(&case.block_id).ok_or("not in the graph")?;
    engine.evaluate(id).map_err(|error| error.to_string())
}

fn source(text: &str) -> Source {
    Source { name: "config.alloy".into(), text: text.into() }
}

#[test]
fn no_secret_shows_in_arguments_or_errors() {
    let mut decoded = 0;
    let mut refused = Vec::new();
    for case in cases() {
        let shown = match evaluate(&case) {
            Ok(args) => {
                decoded += 1;
                let body = args.encode();
                let api = serde_json::to_string(&Statements(&body)).expect("JSON");
                assert!(api.contains("(secret)"), "{}: {api}", case.name);
                format!("{args:?} {body:?} {api}")
            }
            Err(error) => {
                refused.push(format!("{}: {error}", case.name));
                error
            }
        };
        assert!(!shown.contains(CANARY), "{} shows in {shown}", case.name);
    }
    // Some attributes need others that the registry does not tie to them.
    assert!(decoded > refused.len() * 20, "{decoded} decoded, refused: {refused:#?}");
}

#[test]
fn no_secret_shows_in_what_check_prints() {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let cases = cases();
    assert!(cases.len() > 100, "{}", cases.len());
    for (number, case) in cases.iter().enumerate() {
        let path = dir.path().join(format!("{number}.alloy"));
        std::fs::write(path, &case.text).expect("write a config");
    }
    // The formatter would change these, so a fix would write everything again.
    let last = cases.len();
    std::fs::write(dir.path().join(format!("{last}.alloy")), HARD).expect("write a config");
    for format in ["full", "classic", "json", "sarif", "github", "gitlab", "junit"] {
        let files = (0..=last).map(|number| format!("{number}.alloy"));
        let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(["check", "--stability.level=experimental"])
            .args(["--feature.community-components.enabled", "--output-format", format])
            .args(files)
            .current_dir(dir.path())
            .output()
            .expect("start the binary under test");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert!(printed.len() > 1000, "{format}: {printed}");
        let at = printed.find(CANARY);
        assert_eq!(at.map(|at| &printed[at.saturating_sub(200)..at + 200]), None, "{format}");
    }
}

/// Secrets in all ways to write them, each on a line with a finding.
const HARD: &str = r#"
prometheus.remote_write "main" {
  endpoint {
    url = "https://user:canary-5d2f@example.com/api/v1/write"; colour = 1
    bearer_token = "<canary-5d2f>"
    basic_auth { password = "canary-5d2f" + env("PASSWORD"); nope = 1 }
    oauth2 { client_secret = coalesce(env("X"), "canary-5d2f ö", `canary-5d2f
       canary-5d2f`); nope = 1 }
    authorization { credentials = (json_path(env("X"), "canary-5d2f")); nope = 1 }
    sigv4 { secret_key = "x" "canary-5d2f" }
  }
}

import.string "lib" {
  content = `
    declare "x" {
      prometheus.remote_write "y" {
        endpoint { url = "http://localhost"; bearer_token = "canary-5d2f"; nope = 1 }
      }
    }
  `
}
"#;

/// As above, with syntax that lints look at.
const CLEAN: &str = r#"
prometheus.remote_write "main" {
  endpoint {
    url          = "https://user:canary-5d2f@example.com/api/v1/write" + env("PATH")
    bearer_token = "<canary-5d2f>" + env("TOKEN")
    basic_auth { password = "canary-5d2f" + env("PASSWORD") }
    oauth2 { client_secret = coalesce(env("X"), "canary-5d2f ö", `canary-5d2f
       canary-5d2f`, env("Y")) }
    authorization { credentials = (json_path(env("X"), "canary-5d2f")) }
    sigv4 { secret_key = "canary-5d2f" }
    http_headers = {"X" = ["canary-5d2f" + env("Z")]}
  }
}

import.string "lib" {
  content = `
    declare "x" {
      prometheus.remote_write "y" {
        endpoint {
          url = "http://localhost"
          bearer_token = "canary-5d2f" + nope.x
        }
      }
    }
  `
}
"#;

#[test]
fn secrets_beside_findings_are_masked() {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    std::fs::write(dir.path().join("a.alloy"), CLEAN).expect("write a config");
    let mut lines = 0;
    for format in ["full", "classic", "json", "sarif"] {
        let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(["check", "a.alloy", "--output-format", format])
            .current_dir(dir.path())
            .output()
            .expect("start the binary under test");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!printed.contains(CANARY), "{format}: {printed}");
        lines += printed.lines().filter(|line| line.contains("*****")).count();
    }
    assert!(lines > 15, "{lines} lines were masked");
}

/// Secrets that are known only while it runs, and literal ones.
const RUNNING: &str = r#"
local.file "secret" {
	filename  = "secret.txt"
	is_secret = true
}

prometheus.remote_write "main" {
	endpoint {
		url          = "http://127.0.0.1:1/write"
		bearer_token = local.file.secret.content + "VERSION"
	}

	endpoint {
		name = "literal"
		url  = "http://127.0.0.1:1/write"

		basic_auth {
			username = "user"
			password = "canary-5d2f-VERSION"
		}
	}
}

prometheus.scrape "api" {
	targets    = [{"__address__" = "127.0.0.1:1"}]
	forward_to = [prometheus.remote_write.main.receiver]

	http_headers = {"X" = [convert.nonsensitive(local.file.secret.content) + "VERSION"]}
}

declare "sender" {
	argument "token" { }

	prometheus.remote_write "inner" {
		endpoint {
			url          = "http://127.0.0.1:1/write"
			bearer_token = argument.token.value
		}
	}
}

sender "x" {
	token = local.file.secret.content
}
"#;

/// What is refused, with a secret in or beside the part that is wrong.
const WRONG: &[&str] = &[
    "bearer_token = \"canary-5d2f\" + nope.x.y",
    "bearer_token = [\"canary-5d2f\"]",
    "bearer_token = \"canary-5d2f\" + 1",
    "bearer_token = string.replace(\"canary-5d2f\", \"a\")",
    "bearer_token = \"canary-5d2f\"[0]",
    "bearer_token = \"canary-5d2f\" \"x\"",
    "basic_auth {\n username = \"a\"\n password = {x = \"canary-5d2f\"}\n}",
];

#[test]
fn plans_histories_and_reasons_show_no_secrets() {
    let version = |text: &str| RUNNING.replace("VERSION", text);
    let alloy = Alloy::start("");
    alloy.write("secret.txt", CANARY);
    alloy.write("config.alloy", &version("one"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    alloy.write("new.alloy", &version("two"));

    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(args)
            .current_dir(alloy.dir.path())
            .output()
            .expect("start the binary under test");
        let printed = [output.stdout, output.stderr].concat();
        (format!("{args:?}"), String::from_utf8_lossy(&printed).into_owned())
    };
    let plan_url = alloy.url("/api/v1/plan");
    let posted = |text: &str| {
        let body = serde_json::json!({ "sources": [{ "name": "config.alloy", "text": text }] });
        let answer = http::post_text(&plan_url, &body.to_string(), "application/json");
        let (status, answer) = answer.expect("an answer");
        (format!("POST {plan_url}: {status}"), answer)
    };
    let addr = format!("--addr={}", alloy.url(""));
    let mut shown = vec![
        run(&["plan", "config.alloy", "new.alloy"]),
        run(&["plan", "--output-format=json", "config.alloy", "new.alloy"]),
        run(&["plan", &addr, "new.alloy"]),
        run(&["plan", &addr, "--output-format=json", "new.alloy"]),
        posted(&version("two")),
    ];
    assert!(shown.iter().all(|(_, text)| text.contains("(secret)")), "{shown:#?}");
    alloy.write("config.alloy", &version("two"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    for wrong in WRONG {
        let text = format!(
            "prometheus.remote_write \"wrong\" {{\n endpoint {{\n  url = \"http://localhost\"\n  \
             {wrong}\n }}\n}}\n"
        );
        alloy.write("wrong.alloy", &text);
        alloy.write("config.alloy", &text);
        let (status, answer) = alloy.reload();
        assert_eq!(status, 400, "{answer}");
        shown.push((format!("reload with {wrong}"), answer));
        shown.push(posted(&text));
        shown.push(run(&["plan", &addr, "wrong.alloy"]));
        shown.push(run(&["plan", "new.alloy", "wrong.alloy"]));
    }
    for id in ["prometheus.remote_write.main", "prometheus.scrape.api", "sender.x"] {
        shown.push(run(&["why", &addr, id]));
        shown.push(run(&["why", &addr, "--output-format=json", id]));
        let url = alloy.url(&format!("/api/v1/trace/{id}"));
        shown.push((url.clone(), http::ok(&url).expect("a trace")));
    }
    let url = alloy.url("/api/v1/reloads");
    shown.push((url.clone(), http::ok(&url).expect("the history")));
    shown.push(("log".to_owned(), alloy.log()));
    for (what, text) in &shown {
        assert!(!text.is_empty(), "{what}");
        let at = text.find(CANARY).map(|at| &text[at.saturating_sub(300)..at + CANARY.len()]);
        assert_eq!(at, None, "{what}");
    }
}
