//! Rules about blocks as such: what they are called and where they may be.

use alloy_syntax::{Applicability, Severity};

use super::{Rule, codes};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: codes::UNKNOWN_COMPONENT,
        name: "unknown-component",
        severity: Severity::Error,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds blocks whose name no component, declared component or config block has.",
        why: "Such a configuration is refused. Usually the name is misspelt, or the declare or \
              import block that defines it is missing.",
        bad: r#"prometheus.remote_wirte "main" {
	endpoint {
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
        code: codes::DUPLICATE_BLOCK,
        name: "duplicate-block",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks that have the same name and label as an earlier one.",
        why: "References could not tell the two apart, so the configuration is refused. This also \
              happens across the files of a directory, which make one configuration.",
        bad: r#"logging {
	level = "debug"
}

logging {
	format = "json"
}
"#,
        good: r#"logging {
	level  = "debug"
	format = "json"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::MISSING_LABEL,
        name: "missing-label",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds components and other blocks without the label that they need.",
        why: "There may be several components of one kind, so each has a label. It is also how \
              other blocks refer to it.",
        bad: r#"prometheus.remote_write {
	endpoint {
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
        code: codes::NOT_ALLOWED_HERE,
        name: "not-allowed-here",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds attributes and blocks in a place where there are none of their kind.",
        why: "A configuration consists of blocks, so an attribute outside of one means nothing. \
              argument and export blocks describe a module and belong into a declare block or an \
              imported file; logging, tracing and services exist once and belong outside of them.",
        bad: r#"level = "debug"
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::STABILITY,
        name: "stability-level",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds components, blocks and functions that are less stable than allowed.",
        why: "What is experimental or in public preview may change or go away. It has to be allowed \
              with --stability.level, for a check as well as for a run.",
        bad: r#"prometheus.scrape "nodes" {
	targets    = array.combine_maps([{"__address__" = "a:9100"}], [{"__address__" = "a:9100", "zone" = "b"}], ["__address__"])
	forward_to = [prometheus.remote_write.main.receiver]
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "a:9100", "zone" = "b"}]
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
        code: codes::COMMUNITY,
        name: "community-component",
        severity: Severity::Error,
        fix: None,
        since: "0.1.0",
        summary: "Finds community components while those are not allowed.",
        why: "Community components are made and kept up by the community alone. They have to be \
              allowed with --feature.community-components.enabled, for a check as well as for a \
              run.",
        bad: r#"otelcol.receiver.otlp "apps" {
	grpc { }

	output {
		traces = [otelcol.exporter.splunkhec.main.input]
	}
}

otelcol.exporter.splunkhec "main" {
	client {
		endpoint = "https://splunk.example.com:8088/services/collector"
	}

	splunk {
		token = sys.env("SPLUNK_TOKEN")
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
        code: codes::NOT_IN_THIS_VERSION,
        name: "not-in-this-version",
        severity: Severity::Info,
        fix: None,
        since: "0.1.0",
        summary: "Finds components that this version knows by name only.",
        why: "Their arguments cannot be checked, and a configuration with them does not run here. \
              A later version may know more of them.",
        bad: r#"beyla.ebpf "services" { }
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
];
