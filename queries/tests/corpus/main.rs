//! Expressions and blocks of the shared corpus: what they evaluate and decode to, their errors, and
//! what the static check says about them.

mod blocks;
#[path = "../../../syntax/value/tests/notation/mod.rs"]
mod notation;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use alloy_corpus::{Report, Set};
use alloy_queries::{Diagnostic, ExpressionScope, HostFacts, evaluate_expression};
use alloy_value::{Object, Str, Value};
use serde_json::Value as Json;

use notation::{describe, forget, from_json, kind, matches};

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_eval", |corpus, report| eval(corpus, "eval.json", report)),
        Set::new("corpus_derived_eval", |corpus, report| eval(corpus, "derived_eval.json", report)),
        Set::new("corpus_ref_eval", |corpus, report| eval(corpus, "ref_eval.json", report)),
        Set::new("corpus_decode_blocks", blocks::decode_blocks),
        Set::new("corpus_ref_blocks", blocks::ref_blocks),
        Set::new("corpus_typecheck", blocks::typecheck),
    ])
}

fn eval(corpus: &Path, file: &str, report: &mut Report) {
    for case in alloy_corpus::cases(&corpus.join("syntax").join(file)) {
        let name = alloy_corpus::text(&case, "name");
        if tainted(&case) {
            report.known_difference(
                name,
                "text that holds a secret stays a secret (language.md §9, Ours)",
                || check(&case),
            );
            continue;
        }
        report.case(name, || check(&case));
    }
}

/// True for calls that write a sensitive value into plain text in the reference.
fn tainted(case: &Json) -> bool {
    let expr = alloy_corpus::text(case, "expr");
    let sensitive = |(name, value): (&String, &Json)| {
        let is_secret = value.get("$secret").is_some()
            || value.get("is_secret").and_then(Json::as_bool) == Some(true);
        is_secret && mentions(expr, name)
    };
    let flattens = expr.contains("format(") || expr.contains("to_json(");
    let wrapped = expr.contains("nonsensitive(");
    let variables = case.get("scope").and_then(Json::as_object);
    flattens && !wrapped && variables.is_some_and(|vars| vars.iter().any(sensitive))
}

fn mentions(expr: &str, name: &str) -> bool {
    // What stands between quotes is text.
    let code: String = expr.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

fn scope(case: &Json) -> ExpressionScope {
    let members = |name| case.get(name).and_then(Json::as_object).into_iter().flatten();
    let variables: Object = members("scope")
        .map(|(name, value)| (Str::from(name.as_str()), from_json(value)))
        .collect();
    let env: BTreeMap<String, String> = members("env")
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let host = HostFacts {
        hostname: "host".into(),
        os: "linux".into(),
        arch: "amd64".into(),
        version: "v1.2.3".into(),
    };
    ExpressionScope { variables, env, host }
}

fn check(case: &Json) -> Result<(), String> {
    let expr = alloy_corpus::text(case, "expr");
    let any = Json::from("any");
    let ty = case.get("decode").unwrap_or(&any);
    forget();
    let ty = describe(ty);
    let result = evaluate_expression(expr, &scope(case), |value| ty.decode(value));
    if let Some(expected) = case.get("parse_error").and_then(Json::as_str) {
        let got = result.err().map(|d| alloy_queries::summary(&d)).unwrap_or_default();
        return alloy_corpus::equal("parse error", got.as_str(), expected);
    }
    match (result, case.get("error").and_then(Json::as_str)) {
        (Ok(value), None) => expect(case, &value),
        (Ok(value), Some(expected)) => Err(format!("got {value:?}, expected error {expected:?}")),
        (Err(diagnostics), None) => Err(format!("{expr}: {}", shown(&diagnostics))),
        (Err(diagnostics), Some(expected)) => expect_error(case, &diagnostics, expected),
    }
}

fn expect(case: &Json, value: &Value) -> Result<(), String> {
    let expr = alloy_corpus::text(case, "expr");
    let unordered = case.get("unordered").and_then(Json::as_bool).unwrap_or(false);
    let Some(expected) = case.get("expect") else { return Ok(()) };
    if !matches(value, expected, unordered) {
        return Err(format!("{expr}: got {value:?}, expected {expected}"));
    }
    match case.get("expect_kind").and_then(Json::as_str) {
        Some(expected) if kind(value) != expected => {
            Err(format!("{expr}: got a {}, expected a {expected}", kind(value)))
        }
        _ => Ok(()),
    }
}

fn expect_error(case: &Json, diagnostics: &[Diagnostic], expected: &str) -> Result<(), String> {
    let expr = alloy_corpus::text(case, "expr");
    let got = shown(diagnostics);
    // Errors of functions that check their own arguments are bare in the corpus.
    let bare = diagnostics.first().map(|d| d.message.as_str()).unwrap_or_default();
    let fits = match alloy_corpus::text(case, "match") {
        "contains" => got.contains(expected),
        _ => got == expected || (got.starts_with("-: ") && bare == expected),
    };
    let same_text = |text: &str| text.split_once(": ").map(|(_, message)| message.to_owned());
    // The reference names the last of several equal operands; we name the right one.
    let by_identity = case.get("quirk").is_some() && same_text(&got) == same_text(expected);
    if !fits && !by_identity {
        return Err(format!("{expr}: got {got:?}, expected {expected:?}"));
    }
    let Some(end) = case.get("end").and_then(Json::as_array).filter(|_| fits) else {
        return Ok(());
    };
    let got = diagnostics.first().and_then(Diagnostic::end);
    let got = got.map(|position| (u64::from(position.line), u64::from(position.column)));
    let number = |i: usize| end.get(i).and_then(Json::as_u64).unwrap_or(0);
    alloy_corpus::equal(&format!("end of {expr}"), got, Some((number(0), number(1))))
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map(ToString::to_string).unwrap_or_default()
}
