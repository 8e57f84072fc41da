//! The process against what the reference printed, returned and answered (`corpus/cli`,
//! `corpus/http`), and what `validate` reports (`corpus/validate`,
//! `corpus/configs`) and what `schema` knows (`catalog`).

#![expect(clippy::expect_used, reason = "a set ends at what it did not expect")]

mod case;
mod catalog;
#[path = "../support/collector.rs"]
#[expect(dead_code, reason = "the black-box tests use all of it")]
mod collector;
mod configs;
mod help;
mod http;
mod lints;
mod mutation;
mod process;
mod rules;
mod validate;

use std::path::Path;
use std::process::ExitCode;

use alloy_corpus::{Report, Set};
use case::Case;

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_cli_fmt", |corpus, report| group(corpus, report, &["fmt"])),
        Set::new("corpus_cli_help", |corpus, report| {
            group(corpus, report, &["help", "root", "completion"]);
        }),
        Set::new("corpus_cli_validate", |corpus, report| group(corpus, report, &["validate"])),
        Set::new("corpus_cli_run", |corpus, report| group(corpus, report, &["run"])),
        Set::new("corpus_cli_run_lifecycle", |corpus, report| {
            group(corpus, report, &["run_lifecycle"]);
        }),
        Set::new("corpus_validate_txtar", validate::archives),
        Set::new("corpus_validate_components", validate::components),
        Set::new("corpus_configs_validate", configs::verdicts),
        Set::new("corpus_configs_check", configs::no_false_errors),
        Set::new("corpus_lints", lints::lints),
        Set::new("corpus_mutations", mutation::mutations),
        Set::new("corpus_catalog", catalog::catalog),
        Set::new("corpus_http_component_detail", http::component_detail),
        Set::new("corpus_http_web_api", http::web_api),
        Set::new("corpus_http_operational", http::operational),
        Set::new("corpus_http_metrics", http::metrics),
    ])
}

fn group(corpus: &Path, report: &mut Report, groups: &[&str]) {
    for value in alloy_corpus::cases(&corpus.join("cli/cases.json")) {
        let case = Case::new(&value);
        if !groups.contains(&case.group()) {
            continue;
        }
        if let Some(rule) = rules::skip(&case) {
            report.skip(rule);
            continue;
        }
        match rules::difference(&case) {
            Some(reason) => report.known_difference(case.name, reason, || case.check()),
            None => report.case(case.name, || case.check()),
        }
    }
}
