//! `alloy explain` (spec/cli.md §11), and the same texts for `alloy check --explain`.

use std::fmt::Write as _;

use alloy_queries::rules::{FAMILIES, Rule, rule, severity_name, similar_rules};
use alloy_value::quote;
use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

/// Version of the JSON forms.
const JSON_VERSION: u32 = 1;
const UNKNOWN_RULE: u8 = 1;
const BAD_USAGE: u8 = 2;

#[derive(Clone, Copy)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let outcome = format(parsed).and_then(|format| match parsed.bool("list") {
        true if !parsed.positionals.is_empty() => bail!("--list takes no rule"),
        true => Ok(list(format)),
        false => match parsed.positionals.as_slice() {
            [] => Err(anyhow!("which rule? Give its code or name, or --list")),
            [name, ..] => Ok(explain_as(&name.to_string_lossy(), format)),
        },
    });
    outcome.or_else(|error| {
        err(&format!("Error: {error:#}\n"));
        Ok(Outcome::Code(BAD_USAGE))
    })
}

fn format(parsed: &Parsed) -> Result<Format> {
    match parsed.text("output-format") {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        other => bail!("unknown output format {}; use text or json", quote(other)),
    }
}

/// Prints what a rule finds, or that there is none of this name, which is bad usage of a check.
pub(crate) fn explain(name: &str) -> Outcome {
    match explain_as(name, Format::Text) {
        Outcome::Code(_) => Outcome::Code(BAD_USAGE),
        done => done,
    }
}

/// Prints all rules.
pub(crate) fn list_rules() -> Outcome {
    list(Format::Text)
}

fn explain_as(name: &str, format: Format) -> Outcome {
    let Some(rule) = rule(name) else {
        let mut message = format!("Error: there is no rule {}", quote(name));
        let near: Vec<String> = similar_rules(name).into_iter().map(quote).collect();
        message.push_str(&match near.as_slice() {
            [] => "; `alloy explain --list` names all".to_owned(),
            near => format!("; did you mean {}?", near.join(" or ")),
        });
        err(&format!("{message}\n"));
        return Outcome::Code(UNKNOWN_RULE);
    };
    match format {
        Format::Text => out(&rule.explanation()),
        Format::Json => print_json(&json!({ "version": JSON_VERSION, "rule": json_of(rule) })),
    }
    Outcome::Done
}

fn list(format: Format) -> Outcome {
    let all = || FAMILIES.iter().flat_map(|family| family.rules);
    match format {
        Format::Text => {
            let width = all().map(|rule| rule.name.len()).max().unwrap_or(0);
            let mut text = String::new();
            for rule in all() {
                let severity = severity_name(rule.severity);
                let later = if rule.reported { "" } else { " (not in this version yet)" };
                // Writing to a string cannot fail.
                let _ok = writeln!(
                    text,
                    "{}  {:width$}  {severity:7}  {:6}  {}  {}{later}",
                    rule.code,
                    rule.name,
                    rule.fix_text(),
                    rule.since,
                    rule.summary
                );
            }
            out(&text);
        }
        Format::Json => {
            let rules: Vec<Value> = all().map(json_of).collect();
            print_json(&json!({ "version": JSON_VERSION, "rules": rules }));
        }
    }
    Outcome::Done
}

fn json_of(rule: &Rule) -> Value {
    json!({
        "code": rule.code,
        "name": rule.name,
        "severity": severity_name(rule.severity),
        "fix": rule.fix_text(),
        "since": rule.since,
        "reported": rule.reported,
        "summary": rule.summary,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
        "url": rule.url(),
    })
}

fn print_json(value: &Value) {
    out(&format!("{value:#}\n"));
}

#[cfg(test)]
mod tests {
    use alloy_checks::Checker;
    use alloy_queries::rules::codes;
    use alloy_queries::{Diagnostic, Options, Source};
    use alloy_syntax::Applicability;

    use super::*;

    fn check(text: &str) -> Vec<Diagnostic> {
        let source = Source { name: "example.alloy".into(), text: text.into() };
        let checker = Checker::new(alloy::registry::registry(), Options::default());
        checker.check(vec![source]).diagnostics
    }

    /// True for rules about what runs but may be a mistake, style and comments: small examples of
    /// other rules break some of them, such as that of the component that nobody uses.
    fn is_lint(code: &str) -> bool {
        code >= "AL4"
    }

    /// Every bad example has the problem of its rule, and no example has a problem of another kind.
    /// A rule says whether it is reported, so a new check has to say so here.
    #[test]
    fn examples_show_their_rule() {
        let mut later = 0;
        let mut wrong = String::new();
        for rule in FAMILIES.iter().flat_map(|family| family.rules) {
            // Only a fix that is refused, or a file that is missing, shows these.
            if matches!(rule.code, codes::FIX_REFUSED | codes::IMPORT_NOT_READ) {
                continue;
            }
            let (bad, good) = (check(rule.bad), check(rule.good));
            let has = |found: &[Diagnostic]| found.iter().any(|d| d.code == Some(rule.code));
            if !rule.reported {
                later += 1;
                if has(&bad) {
                    wrong.push_str(&format!("{}: is reported now, say so\n", rule.code));
                }
                continue;
            }
            let is_other =
                |d: &&Diagnostic| d.code.is_none_or(|code| code != rule.code && !is_lint(code));
            if !has(&bad) || bad.iter().any(|d| is_other(&d)) {
                wrong.push_str(&format!("{} bad: {bad:?}\n", rule.code));
            }
            let offered = |d: &Diagnostic| d.fixes.iter().map(|fix| fix.applicability).collect();
            let offered: Vec<Vec<Applicability>> =
                bad.iter().filter(|d| d.code == Some(rule.code)).map(offered).collect();
            let exceeds = |fix: &Applicability| match (rule.fix, fix) {
                (None, _) => true,
                (Some(Applicability::Unsafe), fix) => *fix == Applicability::Safe,
                (Some(Applicability::Safe), _) => false,
            };
            if offered.iter().flatten().any(exceeds) {
                wrong.push_str(&format!("{}: fixes that are better than it says\n", rule.code));
            }
            if has(&good) || good.iter().any(|d| is_other(&d)) {
                wrong.push_str(&format!("{} good: {good:?}\n", rule.code));
            }
            let mut own = bad.iter().filter(|d| d.code == Some(rule.code));
            if !own.all(|d| d.severity == rule.severity) {
                wrong.push_str(&format!("{}: another severity\n", rule.code));
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        eprintln!("{later} rules are not reported yet");
    }

    /// Examples are formatted, those about layout and syntax excepted.
    #[test]
    fn examples_are_formatted() {
        for rule in FAMILIES.iter().flat_map(|family| family.rules) {
            for text in [rule.bad, rule.good] {
                let Ok(formatted) = alloy_syntax::format(text) else {
                    assert!(rule.code.starts_with("AL0"), "{} does not parse", rule.code);
                    continue;
                };
                let is_layout = rule.code == alloy_queries::rules::codes::UNFORMATTED;
                assert!(is_layout || formatted == text, "{}:\n{formatted}", rule.code);
            }
        }
    }
}
