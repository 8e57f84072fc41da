//! Reads help and usage texts by content: what they list, not how they word it.

use serde_json::{Map, Value, json};

/// Commands and flags of ours, which the reference doesn't list.
const OURS: &[&str] = &[
    "check",
    "components",
    "docs",
    "eval",
    "explain",
    "plan",
    "schema",
    "why",
    "--check",
    "--config.reload",
    "--config.watch",
    "--diff",
    "--server.http.allowed-hosts",
    "--stdin-filename",
];
/// Commands of the reference that come later.
const LATER: &[&str] = &["convert", "gql", "tools"];

/// Compares `text` with the content that `want` describes.
pub(crate) fn check(text: &str, want: &Value) -> Result<(), String> {
    let got = content(text);
    for part in ["usage", "aliases", "commands", "flags"] {
        let Some(want) = want.get(part).and_then(Value::as_array) else { continue };
        let want: Vec<&Value> = want.iter().filter(|v| !is_named(v, LATER)).collect();
        let got: Vec<&Value> = got[part].as_array().into_iter().flatten().collect();
        let got: Vec<&Value> = got.into_iter().filter(|v| !is_named(v, OURS)).collect();
        if got != want {
            return Err(format!("{part} of the help differ\n    got: {got:?}\n   want: {want:?}"));
        }
    }
    Ok(())
}

fn is_named(value: &Value, names: &[&str]) -> bool {
    let name = value.as_str().or_else(|| value["long"].as_str()).unwrap_or_default();
    names.contains(&name)
}

fn content(text: &str) -> Value {
    let mut sections: Map<String, Value> = Map::new();
    for name in ["usage", "aliases", "commands", "flags"] {
        sections.insert(name.to_owned(), json!([]));
    }
    let mut section = "";
    for line in text.lines() {
        match line {
            "Usage:" => section = "usage",
            "Aliases:" => section = "aliases",
            "Available Commands:" => section = "commands",
            "Flags:" => section = "flags",
            "" => section = "",
            _ => {
                let entries = match section {
                    "usage" => vec![json!(line.trim())],
                    "aliases" => line.trim().split(", ").map(|alias| json!(alias)).collect(),
                    "commands" => {
                        line.split_whitespace().next().map(|c| json!(c)).into_iter().collect()
                    }
                    "flags" => vec![flag(line)],
                    _ => Vec::new(),
                };
                if let Some(Value::Array(list)) = sections.get_mut(section) {
                    list.extend(entries);
                }
            }
        }
    }
    Value::Object(sections)
}

/// `  -h, --help   text (default x)`
fn flag(line: &str) -> Value {
    let mut out = Map::new();
    let (head, text) = line.trim().split_once("   ").unwrap_or((line.trim(), ""));
    for word in head.split_whitespace() {
        let word = word.trim_end_matches(',');
        let key = match word {
            long if long.starts_with("--") => "long",
            short if short.starts_with('-') => "short",
            _ => "type",
        };
        out.insert(key.to_owned(), json!(word));
    }
    if let Some((_, default)) = text.trim().rsplit_once("(default ") {
        out.insert("default".to_owned(), json!(default.trim_end_matches(')')));
    }
    Value::Object(out)
}
