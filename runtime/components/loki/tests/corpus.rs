//! The recorded configurations of `loki.*`: those that are refused, and where, and those that are
//! taken.

use std::path::Path;

use alloy_corpus::{Report, Set, text};
use alloy_loki::{process, relabel, source_file, source_syslog, write};
use alloy_queries::testing::decode;
use alloy_value::Args;
use serde_json::Value;

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_loki_process_config_errors", process_errors),
        Set::new("corpus_loki_process_stages_decode", stages),
        Set::new("corpus_loki_relabel_configs", relabel),
        Set::new("corpus_loki_source_file_configs", files),
        Set::new("corpus_loki_source_syslog_configs", syslog),
        Set::new("corpus_loki_write_configs", endpoints),
    ])
}

/// What an error must mention for its case to wait, and for what.
const WAITING: &[(&str, &str)] = &[
    ("JMES expression", "needs the JMESPath parser"),
    ("pipeline_template", "needs the template parser"),
    ("location specified", "needs the time zones of the machine"),
    ("no such file", "needs the database when the pipeline is built"),
];

/// Compares the outcome of decoding `body`, which stands from line 2 of a file on, with a case.
fn check<A: Args + Clone>(case: &Value, body: &str) -> Result<(), String> {
    let got = decode::<A>(body).map(drop);
    let expected = case["error"].as_str().filter(|error| !error.is_empty());
    let defect = case["defect"].as_str().is_some_and(|defect| defect.contains("refused"));
    match (got, expected) {
        (Ok(()), None) if !defect => Ok(()),
        (Ok(()), _) => Err("is taken, must be refused".to_owned()),
        (Err(_), None) if defect => Ok(()),
        (Err(error), None) => Err(format!("is refused: {error}")),
        (Err(error), Some(expected)) => same(&error, expected),
    }
}

/// The same place and, where it names what is wrong, the same beginning.
fn same(got: &str, expected: &str) -> Result<(), String> {
    let expected =
        expected.strip_prefix("error during the initial load: FILE:").unwrap_or(expected);
    let got = got.strip_prefix("decoding configuration: ").unwrap_or(got);
    let got = got.strip_prefix("main.alloy:").unwrap_or(got);
    let agree = match expected.strip_prefix("1:1: ") {
        // About a whole block: no place, and a text of our own around the reason.
        Some(reason) => {
            !got.starts_with(|c: char| c.is_ascii_digit()) && got.contains(words(reason))
        }
        None => got == expected,
    };
    if agree { Ok(()) } else { Err(format!("got {got}\nexpected {expected}")) }
}

/// The words of a reason that ours must hold: behind what names the phase of the load; of those on
/// an expression what is wrong with it, of others the first few.
fn words(reason: &str) -> &str {
    const PHASES: [&str; 3] =
        ["decoding configuration: ", "invalid stage config ", "failed to create cliens: "];
    let mut rest = reason;
    for phase in PHASES {
        rest = rest.rsplit_once(phase).map_or(rest, |(_, rest)| rest);
    }
    if let Some(at) = rest.find("error parsing regexp") {
        return &rest[at..];
    }
    let end = rest.match_indices(' ').nth(5).map_or(rest.len(), |(end, _)| end);
    &rest[..end]
}

fn cases(file: &Value) -> impl Iterator<Item = &Value> {
    file["cases"].as_array().into_iter().flatten()
}

fn process_errors(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/config_errors.json"))) {
        let error = case["error"].as_str().unwrap_or_default();
        if let Some((_, rule)) = WAITING.iter().find(|(part, _)| error.contains(part)) {
            report.skip(rule);
            continue;
        }
        report.case(text(case, "name"), || {
            check::<process::ProcessArgs>(
                case,
                &format!("  forward_to = []\n{}", text(case, "pipeline")),
            )
        });
    }
}

fn stages(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/stages.json"))) {
        report.case(text(case, "name"), || {
            let body = format!("forward_to = []\n{}", text(case, "pipeline"));
            decode::<process::ProcessArgs>(&body).map(drop)
        });
    }
}

fn relabel(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/relabel.json"))) {
        report.case(text(case, "name"), || {
            check::<relabel::RelabelArgs>(
                case,
                &format!("  forward_to = []\n{}", text(case, "rules")),
            )
        });
    }
}

fn files(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/file_tail.json"))) {
        report.case(text(case, "name"), || {
            let body = format!("forward_to = []\n{}", text(case, "config"));
            decode::<source_file::SourceFileArgs>(&body).map(drop)
        });
    }
}

fn syslog(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/syslog.json"))) {
        report.case(text(case, "name"), || {
            let body = match case["listener"].as_str() {
                Some(listener) => format!("listener {{\naddress = \"127.0.0.1:0\"\n{listener}\n}}"),
                None => case["config"].as_str().unwrap_or_default().to_owned(),
            };
            check::<source_syslog::SourceSyslogArgs>(case, &format!("  forward_to = []\n{body}"))
        });
    }
}

fn endpoints(corpus: &Path, report: &mut Report) {
    for case in cases(&alloy_corpus::json(&corpus.join("logs/loki_write.json"))) {
        report.case(text(case, "name"), || {
            let config = ["USERSINK", "SINK2", "SINK"]
                .iter()
                .fold(text(case, "config").to_owned(), |config, sink| {
                    config.replace(sink, "http://127.0.0.1:1/loki")
                });
            check::<write::WriteArgs>(case, &config)
        });
    }
}
