//! Rules about configurations that run but are probably not what was meant.

use alloy_syntax::{Applicability, Severity};

use super::{Rule, codes};

pub(super) static DEPRECATION: &[Rule] = &[
    Rule {
        code: codes::DEPRECATED_FUNCTION,
        name: "deprecated-function",
        severity: Severity::Warning,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds calls of library functions by a former name.",
        why: "The functions have moved into groups such as `sys` and `string`. The former names \
              still work but may go away.",
        bad: r#"prometheus.remote_write "main" {
	endpoint {
		url = env("REMOTE_WRITE_URL")
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = sys.env("REMOTE_WRITE_URL")
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::DEPRECATED,
        name: "deprecated-argument",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds attributes, blocks and components that are deprecated.",
        why: "They still work but may go away. The note says what to use instead.",
        bad: r#"prometheus.scrape "nodes" {
	targets                     = [{"__address__" = "localhost:9100"}]
	forward_to                  = [prometheus.remote_write.main.receiver]
	enable_protobuf_negotiation = true
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
];

pub(super) static SUSPICIOUS: &[Rule] = &[
    Rule {
        code: codes::UNUSED_COMPONENT,
        name: "unused-component",
        severity: Severity::Warning,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds components whose exports nobody uses and that do nothing else.",
        why: "Such a component costs memory and work for nothing. Often the reference to it was \
              forgotten or names another component.",
        bad: r#"local.file "token" {
	filename = "/etc/alloy/token"
}
"#,
        good: r#"local.file "token" {
	filename  = "/etc/alloy/token"
	is_secret = true
}

prometheus.remote_write "main" {
	endpoint {
		url          = "https://metrics.example.com/api/v1/write"
		bearer_token = local.file.token.content
	}
}

prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [prometheus.remote_write.main.receiver]
}
"#,
        reported: true,
    },
    Rule {
        code: codes::EMPTY_FORWARD_TO,
        name: "empty-forward-to",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds components that collect telemetry and send it to nobody.",
        why: "Everything that they collect is thrown away.",
        bad: r#"prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = []
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
        code: codes::LITERAL_SECRET,
        name: "literal-secret",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds secrets that stand in the configuration in plain text.",
        why: "Configurations are copied, committed and shown to people who need no access. Read \
              secrets from the environment, a file or a secret store.",
        bad: r#"prometheus.remote_write "main" {
	endpoint {
		url          = "https://metrics.example.com/api/v1/write"
		bearer_token = "9f86d081884c7d659a2feaa0c55ad015"
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url          = "https://metrics.example.com/api/v1/write"
		bearer_token = sys.env("REMOTE_WRITE_TOKEN")
	}
}
"#,
        reported: true,
    },
    Rule {
        code: codes::REGEX_NEVER_MATCHES,
        name: "regex-never-matches",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds regular expressions that match no text at all.",
        why: "A rule with such an expression is never applied. Relabel rules match whole values, \
              so an anchor in the middle of an expression cannot hold.",
        bad: r#"prometheus.relabel "drop" {
	forward_to = [prometheus.remote_write.main.receiver]

	rule {
		source_labels = ["__name__"]
		regex         = "go_$gc_.*"
		action        = "drop"
	}
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"prometheus.relabel "drop" {
	forward_to = [prometheus.remote_write.main.receiver]

	rule {
		source_labels = ["__name__"]
		regex         = "go_gc_.*"
		action        = "drop"
	}
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
        code: codes::UNEVEN_CLUSTERING,
        name: "uneven-clustering",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds scrapes of the same targets of which some use clustering and some do not.",
        why: "In a cluster the targets of one are shared out while every instance scrapes those of \
              the other, so their samples are collected several times.",
        bad: r#"discovery.kubernetes "pods" {
	role = "pod"
}

prometheus.scrape "fast" {
	targets         = discovery.kubernetes.pods.targets
	forward_to      = [prometheus.remote_write.main.receiver]
	scrape_interval = "15s"

	clustering {
		enabled = true
	}
}

prometheus.scrape "slow" {
	targets    = discovery.kubernetes.pods.targets
	forward_to = [prometheus.remote_write.main.receiver]
}

prometheus.remote_write "main" {
	endpoint {
		url = "https://metrics.example.com/api/v1/write"
	}
}
"#,
        good: r#"discovery.kubernetes "pods" {
	role = "pod"
}

prometheus.scrape "fast" {
	targets         = discovery.kubernetes.pods.targets
	forward_to      = [prometheus.remote_write.main.receiver]
	scrape_interval = "15s"

	clustering {
		enabled = true
	}
}

prometheus.scrape "slow" {
	targets    = discovery.kubernetes.pods.targets
	forward_to = [prometheus.remote_write.main.receiver]

	clustering {
		enabled = true
	}
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
        code: codes::TIMEOUT_EXCEEDS_INTERVAL,
        name: "timeout-exceeds-interval",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds scrapes that may take longer than the time until the next one.",
        why: "A slow target would still be read while it should be read again.",
        bad: r#"prometheus.scrape "nodes" {
	targets         = [{"__address__" = "localhost:9100"}]
	forward_to      = [prometheus.remote_write.main.receiver]
	scrape_interval = "10s"
	scrape_timeout  = "30s"
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
	scrape_interval = "30s"
	scrape_timeout  = "20s"
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
        code: codes::UNUSED_DECLARE,
        name: "unused-declare",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds declare blocks whose component is used nowhere.",
        why: "Nothing of such a block runs. In a file that others import it is what they import, \
              and not reported.",
        bad: r#"declare "sink" {
	argument "url" { }

	prometheus.remote_write "main" {
		endpoint {
			url = argument.url.value
		}
	}

	export "receiver" {
		value = prometheus.remote_write.main.receiver
	}
}

logging {
	level = "debug"
}
"#,
        good: r#"declare "sink" {
	argument "url" { }

	prometheus.remote_write "main" {
		endpoint {
			url = argument.url.value
		}
	}

	export "receiver" {
		value = prometheus.remote_write.main.receiver
	}
}

sink "main" {
	url = "https://metrics.example.com/api/v1/write"
}

prometheus.scrape "nodes" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [sink.main.receiver]
}
"#,
        reported: true,
    },
    Rule {
        code: codes::SHADOWED_LIBRARY,
        name: "shadowed-library-name",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds blocks whose name hides functions of the standard library.",
        why: "All functions whose names start with that word cannot be called any more where the \
              block is seen.",
        bad: r#"declare "string" {
	export "value" {
		value = "x"
	}
}

string "a" { }

declare "sink" {
	argument "url" { }
}

sink "main" {
	url = string.a.value
}
"#,
        good: r#"declare "text" {
	export "value" {
		value = "x"
	}
}

text "a" { }

declare "sink" {
	argument "url" { }
}

sink "main" {
	url = text.a.value
}
"#,
        reported: true,
    },
];

pub(super) static STYLE: &[Rule] = &[
    Rule {
        code: codes::UNFORMATTED,
        name: "unformatted",
        severity: Severity::Info,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds files that `alloy fmt` would change.",
        why: "One layout makes configurations easy to read and their changes easy to compare.",
        bad: r#"logging {
  level="debug"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::REDUNDANT_DEFAULT,
        name: "redundant-default",
        severity: Severity::Info,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds attributes that are set to what they are anyway.",
        why: "Without it the configuration means the same and shows only what is special about it.",
        bad: r#"logging {
	level  = "info"
	format = "json"
}
"#,
        good: r#"logging {
	format = "json"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::LEGACY_ENV_DEFAULT,
        name: "legacy-env-default",
        severity: Severity::Info,
        fix: Some(Applicability::Unsafe),
        since: "0.1.0",
        summary: "Finds `coalesce(env(...), ...)`, which uses a former name for the environment.",
        why: "`coalesce(sys.env(...), ...)` does the same with the name that will stay. Note that \
              `coalesce` also skips a variable that is set to the empty string.",
        bad: r#"prometheus.remote_write "main" {
	endpoint {
		url = coalesce(env("REMOTE_WRITE_URL"), "http://localhost:9009/api/v1/push")
	}
}
"#,
        good: r#"prometheus.remote_write "main" {
	endpoint {
		url = coalesce(sys.env("REMOTE_WRITE_URL"), "http://localhost:9009/api/v1/push")
	}
}
"#,
        reported: true,
    },
];

pub(super) static SUPPRESSION: &[Rule] = &[
    Rule {
        code: codes::UNUSED_IGNORE,
        name: "unused-ignore",
        severity: Severity::Warning,
        fix: Some(Applicability::Safe),
        since: "0.1.0",
        summary: "Finds suppression comments that suppress nothing.",
        why: "What they were written for is gone, and they would hide the next finding of their \
              kind.",
        bad: r#"// alloy-ignore: unknown-attribute
logging {
	level = "debug"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::FIX_REFUSED,
        name: "fix-refused",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds files that were not fixed because the result would have new errors.",
        why: "Such a file is left as it is. Apply the fixes by hand, one after the other.",
        bad: r#"discovery.relabel "targets" {
	targets = []
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::UNKNOWN_IGNORED_RULE,
        name: "unknown-ignored-rule",
        severity: Severity::Warning,
        fix: None,
        since: "0.1.0",
        summary: "Finds suppression comments that name a rule which does not exist.",
        why: "A misspelt rule suppresses nothing.",
        bad: r#"// alloy-ignore: unknwon-attribute
logging {
	level = "debug"
}
"#,
        good: r#"logging {
	level = "debug"
}
"#,
        reported: true,
    },
    Rule {
        code: codes::IMPORT_NOT_READ,
        name: "import-not-read",
        severity: Severity::Info,
        fix: None,
        since: "0.1.0",
        summary: "Finds imports whose text cannot be read where the check runs.",
        why: "What such an import brings is not checked. The file may exist only where the \
              configuration runs; otherwise its name is wrong. `--resolve-imports` says which \
              imports are read.",
        bad: r#"import.file "lib" {
	filename = "/nowhere/lib.alloy"
}

lib.sink "main" { }
"#,
        good: r#"import.string "lib" {
	content = `
		declare "sink" { }
	`
}

lib.sink "main" { }
"#,
        reported: true,
    },
];
