//! Rules about what is inside of blocks.

use alloy_syntax::{Applicability, Severity};

use super::{Rule, codes};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: codes::UNKNOWN_ATTRIBUTE,
        name: "unknown-attribute",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds attributes that the block, or the object, does not have.",
        why: "An attribute that nobody reads is nearly always a misspelt one, and what it was meant \
              to set would silently keep its default. So it is refused.",
        bad: r#"logging {
	levle = "debug"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::UNKNOWN_BLOCK,
        name: "unknown-block",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds nested blocks that the block around them does not have.",
        why: "Such a configuration is refused. Usually the name is misspelt, or the block belongs \
              one level further in or out.",
        bad: r#"prometheus.remote_write "main" {
	endpiont {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::MISSING_ATTRIBUTE,
        name: "missing-attribute",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks and objects that lack an attribute they cannot do without.",
        why: "There is no default that would make sense for it.",
        bad: r#"prometheus.remote_write "main" {
	endpoint { }
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::MISSING_BLOCK,
        name: "missing-block",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks that lack a nested block they cannot do without.",
        why: "There is no default that would make sense for it.",
        bad: r#"otelcol.receiver.otlp "apps" {
	grpc { }
}
"#,
        good: r#"otelcol.receiver.otlp "apps" {
	grpc { }

	output { }
}
"#,
        reported: true,
    },
    Rule {
        code: codes::TYPE_MISMATCH,
        name: "type-mismatch",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds values of another type than the one that is needed.",
        why: "Few types are converted into each other: numbers become strings, and strings that \
              read as a number become numbers. Everything else is refused.",
        bad: r#"logging {
	level = ["debug"]
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::INVALID_ENUM_VALUE,
        name: "invalid-enum-value",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds strings that are none of those that the attribute allows.",
        why: "Such an attribute chooses between a few behaviours, and each has a fixed name.",
        bad: r#"logging {
	level = "verbose"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::INVALID_VALUE,
        name: "invalid-value",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds values of the right type that the component refuses.",
        why: "Some attributes exclude each other, or have to be in a range. Such a component would \
              not start.",
        bad: r#"prometheus.remote_write "main" {
	endpoint {
		url               = "https://metrics.example.com/api/v1/write"
		bearer_token_file = "/etc/alloy/token"

		basic_auth {
			username      = "alloy"
			password_file = "/etc/alloy/password"
		}
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"

		basic_auth {
			username      = "alloy"
			password_file = "/etc/alloy/password"
		}
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::ATTRIBUTE_OR_BLOCK,
        name: "attribute-or-block",
        severity: Severity::Error,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds blocks that are written as an attribute, and attributes written as a block.",
        why: "A block is written as name and braces, an attribute as name, equals sign and value. \
              Which of the two a name is belongs to the component.",
        bad: r#"prometheus.remote_write "main" {
	endpoint = {
		url = "https://metrics.example.com/api/v1/write",
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::REPEATED,
        name: "repeated-name",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds attributes and nested blocks that are there more often than allowed.",
        why: "Only one of them could be in effect. Some blocks may be there several times; their \
              component says so.",
        bad: r#"logging {
	level = "debug"
	level = "info"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::MALFORMED_TEXT,
        name: "malformed-text",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds strings that cannot be read as the duration, size, address or expression \
                  that is needed.",
        why: "Durations are numbers with units (`1m30s`), sizes numbers with a unit of bytes \
              (`10MiB`), and regular expressions follow RE2.",
        bad: r#"prometheus.scrape "nodes" {
	targets         = [{"__address__" = "localhost:9100"}]
	forward_to      = [prometheus.remote_write.main.receiver]
	scrape_interval = "15 seconds"
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets         = [{"__address__" = "localhost:9100"}]
	forward_to      = [prometheus.remote_write.main.receiver]
	scrape_interval = "15s"
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::EVALUATION,
        name: "evaluation-failure",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds expressions that cannot be computed.",
        why: "A division by zero, an index behind the end of an array or a call that fails leaves \
              the component without arguments.",
        bad: r#"prometheus.scrape "nodes" {
	targets      = [{"__address__" = "localhost:9100"}]
	forward_to   = [prometheus.remote_write.main.receiver]
	sample_limit = 1000 / 0
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets      = [{"__address__" = "localhost:9100"}]
	forward_to   = [prometheus.remote_write.main.receiver]
	sample_limit = 1000 / 2
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::UNEXPECTED_LABEL,
        name: "unexpected-label",
        severity: Severity::Error,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds nested blocks with a label that they must not have.",
        why: "Nothing refers to most nested blocks, so a label on them means nothing.",
        bad: r#"prometheus.remote_write "main" {
	endpoint "mimir" {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		name = "mimir"
		url  = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
];
