//! Selectors of `stage.match` (`corpus/logs/logql_match.json`): what is one, and the messages about
//! what is none.

#![expect(clippy::expect_used, reason = "a set ends at what it did not expect")]

use std::path::Path;
use std::process::ExitCode;

use alloy_corpus::{Report, Set, equal, json, text};
use alloy_flow_logql::parse;

fn main() -> ExitCode {
    alloy_corpus::run(vec![Set::new("corpus_logs_logql", selectors)])
}

fn selectors(corpus: &Path, report: &mut Report) {
    let set = json(&corpus.join("logs/logql_match.json"));
    for case in set["cases"].as_array().expect("a list of cases") {
        let selector = text(case, "selector");
        if selector.is_empty() {
            report.skip("the stage needs a selector before it is parsed");
            continue;
        }
        report.case(text(case, "name"), || {
            let found = parse(selector).map(drop).map_err(|error| error.to_string());
            let frame = case["error"].as_str();
            let said = |error: &str| {
                let error = error.split("invalid stage config ").nth(1).expect("a message");
                error.trim_start_matches("invalid selector syntax for match stage: ").to_owned()
            };
            equal("verdict", found, frame.map_or(Ok(()), |error| Err(said(error))))
        });
    }
}
