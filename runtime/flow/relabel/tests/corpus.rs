//! Recorded results of relabel rules, and which rules are refused.

#![expect(clippy::expect_used, reason = "a malformed corpus fails the test")]

use alloy_corpus::{Report, Set};
use alloy_flow_relabel::{Keep, Names, Program, Rule, RuleConfig};
use alloy_telemetry::Labels;
use serde_json::Value;

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_relabel", relabel),
        Set::new("corpus_relabel_config_errors", config_errors),
    ])
}

fn relabel(corpus: &std::path::Path, report: &mut Report) {
    let recorded = alloy_corpus::json(&corpus.join("metrics/relabel.json"));
    for case in recorded["cases"].as_array().expect("a list of cases") {
        report.case(alloy_corpus::text(case, "name"), || {
            let rules: Result<Vec<_>, _> =
                read_rules(alloy_corpus::text(case, "rules")).into_iter().collect();
            let rules = rules?;
            for io in case["io"].as_array().expect("inputs") {
                apply(&rules, io, Names::Utf8)?;
                apply(&rules, io, Names::Legacy)?;
            }
            Ok(())
        });
    }
}

/// `Names::Utf8` is how `discovery.relabel` applies rules, `Names::Legacy` how `prometheus.relabel`
/// does; the latter was recorded for inputs that are series.
fn apply(rules: &[RuleConfig], io: &Value, names: Names) -> Result<(), String> {
    let input = io["in"].as_object().expect("labels");
    let is_series = input.contains_key("__name__") && input.values().all(|value| value != "");
    let recorded = match (names, io.get("out_prometheus_relabel")) {
        (Names::Legacy, _) if !is_series => return Ok(()),
        (Names::Legacy, Some(differs)) => differs,
        _ => &io["out"],
    };
    let program = Program::compile(rules, names).map_err(|error| error.to_string())?;
    let pairs =
        input.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    let mut labels = Labels::new(pairs).to_builder();
    let got = match program.apply(&mut labels) {
        Keep::No => Value::Null,
        Keep::Yes => {
            labels.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
        }
    };
    alloy_corpus::equal(&format!("labels by {names:?} for {input:?}"), &got, recorded)
}

fn config_errors(corpus: &std::path::Path, report: &mut Report) {
    let recorded = alloy_corpus::json(&corpus.join("metrics/relabel.json"));
    for case in recorded["config_errors"].as_array().expect("a list of cases") {
        report.case(alloy_corpus::text(case, "name"), || {
            let rule = read_rules(alloy_corpus::text(case, "rule")).remove(0);
            // A value of another type is the decoder's error.
            let decoded = match rule {
                Ok(rule) => Rule::compile(&rule).map(drop).map_err(|error| error.to_string()),
                Err(_) => return alloy_corpus::equal("refused", case["error"].is_string(), true),
            };
            match (decoded, case["error"].as_str()) {
                (Ok(()), None) => Ok(()),
                (Err(error), Some(recorded)) if recorded.ends_with(&error) => Ok(()),
                (got, recorded) => Err(format!("got {got:?}, recorded {recorded:?}")),
            }
        });
    }
}

/// Reads `rule` blocks: one attribute a line, literals that JSON shares.
fn read_rules(text: &str) -> Vec<Result<RuleConfig, String>> {
    let mut rules = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line {
            "rule {" => rules.push(Ok(RuleConfig::default())),
            "}" => {}
            _ => {
                let last = rules.last_mut().expect("an attribute stands in a block");
                if let Ok(rule) = last
                    && let Err(error) = set(rule, line)
                {
                    *last = Err(error);
                }
            }
        }
    }
    rules
}

fn set(rule: &mut RuleConfig, line: &str) -> Result<(), String> {
    let (name, literal) = line.split_once(" = ").expect("an attribute");
    let value: Value = serde_json::from_str(literal).expect("a literal");
    // Numbers decode into text.
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match name {
        "source_labels" => {
            rule.source_labels = value.as_array().map(|all| all.iter().map(text).collect());
        }
        "separator" => rule.separator = text(&value),
        "regex" => rule.regex = text(&value),
        "target_label" => rule.target_label = text(&value),
        "replacement" => rule.replacement = text(&value),
        "action" => rule.action = text(&value),
        "modulus" => rule.modulus = modulus(&value)?,
        other => panic!("unknown attribute {other}"),
    }
    Ok(())
}

/// Numbers convert as the decoder converts them: negative ones wrap, fractions are cut off.
fn modulus(value: &Value) -> Result<u64, String> {
    let Value::Number(number) = value else { return Err("not a number".to_owned()) };
    let whole = number.as_u64().or_else(|| number.as_i64().map(|n| n as u64));
    Ok(whole.unwrap_or_else(|| number.as_f64().unwrap_or_default() as u64))
}
