//! Secrets stay where they are: every secret attribute of every component and config block, filled
//! with a text of its own, shows up nowhere.

use std::process::Command;

use alloy_queries::{Engine, Load, Options, Source};
use alloy_reference::{Attribute, Entry, configuration};
use alloy_value::json::Statements;
use alloy_value::{ArcArgs, Stability};

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
