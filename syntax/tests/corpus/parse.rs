//! Trees: what parses, what doesn't and how it is reported.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy_corpus::{Report, cases, equal, text};
use alloy_syntax::{Color, Diagnostic, LineIndex, SyntaxKind as K, parse_expr, parse_file, split};
use serde_json::{Value, json};

const FILE: &str = "config.alloy";

pub(crate) fn errors(corpus: &Path, report: &mut Report) {
    for set in ["derived_parse_errors", "ref_parse_errors"] {
        for case in cases(&corpus.join("syntax").join(format!("{set}.json"))) {
            let name = format!("{set}/{}", text(&case, "name"));
            report.case(&name, || {
                let input = text(&case, "input");
                let diagnostics = diagnostics(input)?;
                let expected = case.get("diags").cloned().unwrap_or_default();
                equal(&format!("diagnostics of {input:?}"), shown(&diagnostics), expected)?;
                let rendered = alloy_syntax::render(&diagnostics, |_| Some(input), Color::Never);
                equal("report", rendered.as_str(), text(&case, "rendered"))
            });
        }
    }
}

fn diagnostics(input: &str) -> Result<Vec<Diagnostic>, String> {
    let parse = parse_file(input);
    equal("text of the tree", parse.syntax().text().to_string().as_str(), input)?;
    let lines = LineIndex::new(input);
    let file: Arc<str> = FILE.into();
    let diagnostics = parse.diagnostics().iter().cloned();
    Ok(diagnostics.map(|diagnostic| diagnostic.resolve(Some(&file), &lines)).collect())
}

fn shown(diagnostics: &[Diagnostic]) -> Value {
    let one = |diagnostic: &Diagnostic| {
        let start = diagnostic.start().unwrap();
        let mut value = json!({
            "start": [start.line, start.column],
            "message": diagnostic.message,
        });
        if let Some(end) = diagnostic.end() {
            value["end"] = json!([end.line, end.column]);
        }
        value
    };
    diagnostics.iter().map(one).collect()
}

pub(crate) fn expressions(corpus: &Path, report: &mut Report) {
    for case in cases(&corpus.join("syntax/parse_exprs.json")) {
        report.case(text(&case, "name"), || {
            let parse = parse_expr(text(&case, "expr"));
            equal("diagnostics", &**parse.diagnostics(), &[])?;
            equal("has an expression", parse.expr().is_some(), true)
        });
    }
}

/// Files whose comments say which errors are expected where.
pub(crate) fn files(corpus: &Path, report: &mut Report) {
    for folder in ["valid", "invalid"] {
        for path in alloy_files(&corpus.join("syntax/parser").join(folder)) {
            report.case(&path.display().to_string(), || {
                let input = read(&path);
                let found: Vec<String> =
                    diagnostics(&input)?.iter().map(Diagnostic::to_string).collect();
                let expected = expected_errors(&input);
                // What is expected of a message is a part of it.
                let matching = found.len() == expected.len()
                    && found.iter().zip(&expected).all(|(found, want)| found.starts_with(want));
                if matching { Ok(()) } else { equal("diagnostics", found, expected) }
            });
        }
    }
}

/// `/* ERROR "…" */` expects an error at the token before, `/* ERROR HERE "…" */` right behind it.
fn expected_errors(input: &str) -> Vec<String> {
    let lines = LineIndex::new(input);
    let (tokens, _) = alloy_syntax::lex(input);
    let mut last = None;
    let mut errors = Vec::new();
    for token in tokens {
        let source = &input[token.start as usize..token.end as usize];
        match token.kind {
            K::Comment => {
                let Some(rest) = source.strip_prefix("/* ERROR ") else { continue };
                let (_, message) = rest.split_once('"').unwrap();
                let (message, _) = message.rsplit_once('"').unwrap();
                let (start, end) = last.unwrap();
                let at = if rest.starts_with("HERE") { end } else { start };
                // The patterns escape nothing but points.
                let message = message.replace("\\.", ".").replace("\\", "");
                errors.push(format!("{FILE}:{}: {message}", lines.position(at)));
            }
            K::Terminator | K::Whitespace => {}
            _ => last = Some((token.start, token.end)),
        }
    }
    errors
}

pub(crate) fn fuzz_seeds(corpus: &Path, report: &mut Report) {
    let folder = corpus.join("syntax/fuzz/FuzzParser");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        report.case(&path.display().to_string(), || {
            let seed = read(&path);
            let line = seed.lines().nth(1).unwrap();
            let literal =
                line.strip_prefix("[]byte(").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let input = alloy_syntax::unescape(literal);
            alloy_syntax::fuzzing::parse(&input);
            alloy_syntax::fuzzing::format(&input);
            Ok(())
        });
    }
}

/// Real configurations parse, and trees and items keep every byte.
pub(crate) fn configs(corpus: &Path, report: &mut Report) {
    for (name, path) in config_files(corpus) {
        report.case(&name, || {
            let input = read(&path);
            equal("diagnostics", &*diagnostics(&input)?, &[])?;
            let items: Vec<&str> =
                split(&input).into_iter().map(|item| &input[item.range]).collect();
            equal("items", items.concat() == input, true)?;
            for item in items {
                equal(
                    "statements of an item",
                    parse_file(item).file().body().statements().count() <= 1,
                    true,
                )?;
            }
            Ok(())
        });
    }
}

pub(crate) fn config_files(corpus: &Path) -> Vec<(String, PathBuf)> {
    let root = corpus.join("configs");
    let index = alloy_corpus::json(&root.join("INDEX.json"));
    let names = index.as_object().unwrap().keys();
    names.map(|name| (name.clone(), root.join(name))).collect()
}

fn alloy_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "alloy")).collect();
    files.sort();
    files
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
