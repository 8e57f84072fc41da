//! Rules about text that is no configuration.

use alloy_syntax::{Applicability, Severity};

use super::{Rule, codes};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: codes::SYNTAX,
        name: "syntax-error",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds text that does not follow the grammar.",
        why: "A file that cannot be read keeps the whole configuration from running, and hides what \
              else may be wrong with it. The message names the place where reading stopped; what \
              is missing often belongs just before it. These findings cannot be suppressed.",
        bad: r#"logging {
	level =
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::INVALID_LABEL,
        name: "invalid-label",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds labels that are not an identifier in double quotes.",
        why: "A label becomes part of the names by which other blocks refer to a block, so it \
              consists of letters, digits and underscores and does not start with a digit.",
        bad: r#"prometheus.remote_write "long-term" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.remote_write "long_term" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
];
