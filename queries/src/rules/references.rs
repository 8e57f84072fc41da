//! Rules about references between blocks.

use alloy_syntax::{Applicability, Severity};

use super::{Rule, codes};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: codes::UNRESOLVED_REFERENCE,
        name: "unresolved-reference",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds references to blocks that do not exist or are in another module.",
        why: "A reference is the name and label of a block and then the field it exports, such as \
              `local.file.token.content`. A module sees its own blocks and arguments only.",
        bad: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.mian.receiver]
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.main.receiver]
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
        code: codes::CYCLE,
        name: "reference-cycle",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks that refer to each other in a circle.",
        why: "A block is evaluated after those that it refers to, so none of a circle could ever \
              be the first.",
        bad: r#"prometheus.relabel "first" {
	forward_to = [prometheus.relabel.second.receiver]
}

prometheus.relabel "second" {
	forward_to = [prometheus.relabel.first.receiver]
}
"#,
        good: r#"prometheus.relabel "first" {
	forward_to = [prometheus.relabel.second.receiver]
}

prometheus.relabel "second" {
	forward_to = [prometheus.remote_write.main.receiver]
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
        code: codes::SELF_REFERENCE,
        name: "self-reference",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks that refer to themselves.",
        why: "What a block exports is known only after its arguments have been evaluated.",
        bad: r#"prometheus.relabel "first" {
	forward_to = [prometheus.relabel.first.receiver]
}
"#,
        good: r#"prometheus.relabel "first" {
	forward_to = [prometheus.remote_write.main.receiver]
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
        code: codes::UNKNOWN_EXPORT,
        name: "unknown-export",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds references to fields that the component does not export.",
        why: "The component that refers to it would fail when it is evaluated, and the \
              configuration would not start.",
        bad: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.main.reciever]
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.main.receiver]
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
        code: codes::WRONG_EXPORT_KIND,
        name: "wrong-export-kind",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds receivers of one kind of telemetry where those of another kind are needed.",
        why: "Metrics, logs, traces and profiles take different ways; a component that sends \
              metrics cannot send to a receiver of logs.",
        bad: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [otelcol.processor.batch.main.input]
}

otelcol.processor.batch "main" {
	output { }
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.main.receiver]
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        reported: true,
    },
];
