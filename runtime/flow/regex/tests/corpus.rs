//! Recorded behaviour of the regular expression dialect.

#![expect(clippy::expect_used, reason = "a malformed corpus fails the test")]

use alloy_corpus::{Report, Set};
use alloy_flow_regex::{Groups, Regex};
use serde_json::Value;

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![Set::new("corpus_regex", regex)])
}

fn regex(corpus: &std::path::Path, report: &mut Report) {
    let recorded = alloy_corpus::json(&corpus.join("metrics/regex.json"));
    for case in recorded["cases"].as_array().expect("a list of cases") {
        report.case(alloy_corpus::text(case, "name"), || check(case));
    }
}

fn check(case: &Value) -> Result<(), String> {
    let compiled = Regex::anchored(alloy_corpus::text(case, "pattern"));
    let regex = match (compiled, case["error"].as_str()) {
        (Ok(regex), None) => regex,
        (Ok(_), Some(error)) => return Err(format!("compiles, recorded {error}")),
        (Err(error), None) => return Err(format!("refused: {error}")),
        (Err(error), Some(recorded)) => {
            return alloy_corpus::equal("error", error.to_string(), recorded.to_owned());
        }
    };
    let mut groups = Groups::default();
    for io in case["io"].as_array().expect("inputs") {
        let input = alloy_corpus::text(io, "in");
        let matched = regex.captures(input, &mut groups);
        alloy_corpus::equal("is_match", regex.is_match(input), matched)?;
        let got = matched.then(|| {
            (0..4).map(|index| groups.get(input, index).unwrap_or_default()).collect::<Vec<_>>()
        });
        let recorded = io["groups"].as_array();
        let recorded: Option<Vec<_>> = recorded
            .map(|all| all.iter().map(|group| group.as_str().unwrap_or_default()).collect());
        alloy_corpus::equal(&format!("groups of {input:?}"), got, recorded)?;
    }
    Ok(())
}
