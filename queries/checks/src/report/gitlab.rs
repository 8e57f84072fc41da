//! GitLab Code Quality.

use alloy_syntax::Severity;
use serde_json::{Value, json};

use super::located::{all, relative};
use crate::checker::Checked;
use crate::fingerprint;

pub(super) fn document(checked: &[Checked]) -> Result<String, serde_json::Error> {
    let mut used: Vec<String> = Vec::new();
    let mut findings: Vec<Value> = Vec::new();
    for found in all(checked) {
        let severity = match found.diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "minor",
        };
        // Equal findings need fingerprints of their own, or only one is shown.
        let base = format!("{}-{}", fingerprint(found.diagnostic), relative(found.file));
        let times = used.iter().filter(|known| **known == base).count();
        let shown = match times {
            0 => fingerprint(found.diagnostic),
            _ => format!("{}-{times}", fingerprint(found.diagnostic)),
        };
        used.push(base);
        findings.push(json!({
            "description": found.diagnostic.wording(),
            "check_name": format!("{} {}", found.code(), found.name()).trim_end(),
            "fingerprint": shown,
            "severity": severity,
            "location": {
                "path": relative(found.file),
                "lines": {"begin": found.range.as_ref().map_or(1, |range| range.start.line)},
            },
        }));
    }
    let mut text = serde_json::to_string_pretty(&findings)?;
    text.push('\n');
    Ok(text)
}
