//! Rules of the components' arguments that no recorded case covers.

use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::{Expect, expect};

use crate::{
    relabel, secretfilter, source_docker, source_file, source_journal, source_kafka,
    source_kubernetes_events, source_syslog, write,
};

/// Outcomes of several bodies, one a line; each stands behind `common`.
#[track_caller]
fn check<A: Args + Clone>(common: &str, bodies: &[&str], expected: &Expect) {
    let outcome = |body: &&str| match decode::<A>(&format!("{common}\n{body}")) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&bodies.iter().map(outcome).collect::<String>());
}

const TARGETS: &str = "targets = []\nforward_to = []";

#[test]
fn files() {
    check::<source_file::SourceFileArgs>(
        TARGETS,
        &[
            "",
            "on_positions_file_error = \"ask\"",
            "decompression {\nenabled = true\nformat = \"zip\"\n}",
            "decompression { enabled = true }",
            "file_match { sync_period = \"0s\" }",
        ],
        &expect![[r#"
            ok
            decoding configuration: main.alloy:4:27: "ask" unknown OnPositionsFileError value: ask
            decoding configuration: main.alloy:6:10: "zip" unsupported compression format: "zip" - please use one of "gz, z, bz2"
            decoding configuration: missing required attribute "format"
            decoding configuration: file_match: sync_period must be greater than 0
        "#]],
    );
    let args: source_file::SourceFileArgs = decode(TARGETS).unwrap();
    assert_eq!(args.file_watch.max_poll_frequency.as_millis(), 250);
    assert_eq!(
        args.on_positions_file_error,
        source_file::OnPositionsFileError::RestartFromBeginning
    );
}

#[test]
fn journal() {
    check::<source_journal::SourceJournalArgs>(
        "forward_to = []",
        &["legacy_position {\nfile = \"f\"\nname = \"n\"\n}", "legacy_position { }"],
        &expect![[r#"
            ok
            decoding configuration: missing required attribute "file"
        "#]],
    );
}

#[test]
fn docker() {
    check::<source_docker::SourceDockerArgs>(
        TARGETS,
        &[
            "host = \"unix:///var/run/docker.sock\"",
            "host = \"localhost\"",
            "host = \"\"",
            "host = \"tcp://h:1\"\nhttp_client_config {\nbearer_token = \"a\"\nbearer_token_file = \"b\"\n}",
        ],
        &expect![[r#"
            ok
            decoding configuration: cannot parse the host "localhost": write it as "unix:///path", "tcp://host:port" or "http://host:port"
            decoding configuration: host must not be empty
            decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
        "#]],
    );
}

#[test]
fn kafka() {
    check::<source_kafka::SourceKafkaArgs>(
        "brokers = []\ntopics = []\nforward_to = []",
        &[
            "",
            "assignor = \"sticky\"",
            "assignor = \"cooperative\"",
            "authentication { type = \"mtls\" }",
            "authentication {\ntype = \"sasl\"\nsasl_config { mechanism = \"plain\" }\n}",
            "authentication {\ntls_config { cert_file = \"c\" }\n}",
            "authentication {\nsasl_config {\noauth_config { }\n}\n}",
        ],
        &expect![[r#"
            ok
            ok
            decoding configuration: unsupported assignor "cooperative": use one of range, roundrobin, sticky
            decoding configuration: unsupported authentication type "mtls": use one of none, ssl, sasl
            decoding configuration: unsupported sasl_config mechanism "plain": use one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER
            decoding configuration: exactly one of key or key_file must be configured when a client certificate is configured
            decoding configuration: missing required attribute "token_provider"
        "#]],
    );
    let kafka = "brokers = []\ntopics = []\nforward_to = []
        authentication {\nsasl_config { password = \"canary\" }\n}";
    let kafka: source_kafka::SourceKafkaArgs = decode(kafka).unwrap();
    assert!(!format!("{kafka:?}").contains("canary"));
}

#[test]
fn kubernetes_events() {
    check::<source_kubernetes_events::SourceKubernetesEventsArgs>(
        "forward_to = []",
        &["", "job_name = \"\"", "log_format = \"xml\"", "clustering { }"],
        &expect![[r#"
            ok
            decoding configuration: job_name must not be empty
            decoding configuration: unknown log_format "xml": use "logfmt" or "json"
            decoding configuration: missing required attribute "enabled"
        "#]],
    );
}

#[test]
fn secretfilter() {
    check::<secretfilter::SecretfilterArgs>(
        "forward_to = []",
        &["", "rate = 0", "rate = 1.5"],
        &expect![[r#"
            ok
            ok
            decoding configuration: rate must be between 0.0 and 1.0, got 1.5
        "#]],
    );
}

#[test]
fn syslog() {
    let listener = |body: &str| format!("listener {{\naddress = \"h:1\"\n{body}\n}}");
    let bodies = [
        listener("syslog_format = null"),
        listener("syslog_format = \"rfc3164\"\nrfc3164_cisco_components { }"),
        listener("syslog_format = \"raw\"\nrfc5424_allow_empty_msg = true"),
        listener(
            "syslog_format = \"raw\"\nraw_format_options { use_null_terminator_delimiter = true }",
        ),
        listener("tls_config { key_file = \"k\" }"),
    ];
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    check::<source_syslog::SourceSyslogArgs>(
        "forward_to = []",
        &bodies,
        &expect![[r#"
        decoding configuration:  unknown syslog format: ""
        decoding configuration: rfc3164_cisco_components enables nothing: set one of its attributes
        decoding configuration: "rfc5424_allow_empty_msg" has no effect when syslog format is set to "raw"
        ok
        decoding configuration: exactly one of cert or cert_file must be configured when a client key is configured
    "#]],
    );
}

#[test]
fn relabel() {
    check::<relabel::RelabelArgs>(
        "forward_to = []",
        &["", "max_cache_size = 0"],
        &expect![[r#"
            ok
            decoding configuration: max_cache_size must be greater than 0
        "#]],
    );
}

#[test]
fn write() {
    let endpoint = "endpoint {\nurl = \"http://h/a\"\n}";
    check::<write::WriteArgs>(
        endpoint,
        &[
            "",
            "endpoint {\nurl = \"http://h/b\"\n}",
            endpoint,
            "wal { max_read_frequency = \"250ms\" }",
        ],
        &expect![[r#"
            ok
            ok
            decoding configuration: duplicate endpoint configs are not allowed, found duplicate for name: 
            decoding configuration: WAL min read frequency should be lower than max read frequency
        "#]],
    );
    let error = decode::<write::WriteArgs>("endpoint {\nurl = \"http://u:canary@h:port\"\n}");
    let error = error.unwrap_err();
    assert!(error.contains("failed to parse remote url") && !error.contains("canary"), "{error}");
}
