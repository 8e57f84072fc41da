//! What the checks of arguments refuse.

use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::{Expect, expect};

use crate::filelog::FilelogArgs;
use crate::jaeger::JaegerArgs;
use crate::kafka::KafkaArgs;
use crate::otlp::OtlpArgs;

/// Checks what is said of each body, which gets an `output` block.
#[track_caller]
fn check<A: Args + Clone>(bodies: &[&str], expected: &Expect) {
    let said = bodies.iter().map(|body| match decode::<A>(&format!("{body}\noutput {{ }}")) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.trim_start_matches("decoding configuration: ")),
    });
    expected.assert_eq(&said.collect::<String>());
}

#[test]
fn a_server_listens_at_the_address_of_its_protocol() {
    let args: OtlpArgs = decode("grpc { }\nhttp { }\noutput { }").unwrap();
    assert_eq!(args.grpc.unwrap().endpoint, "0.0.0.0:4317");
    assert_eq!(args.http.unwrap().endpoint, "0.0.0.0:4318");
}

#[test]
fn paths_are_paths() {
    check::<OtlpArgs>(
        &[
            "",
            "http {\ntraces_url_path = \"/t\"\n}",
            "http {\ntraces_url_path = \"\"\n}",
            "http {\nlogs_url_path = \"/%zz\"\n}",
        ],
        &expect![[r#"
            ok
            ok
            traces_url_path cannot be empty
            invalid logs_url_path: parse "/%zz": invalid URL escape "%zz"
        "#]],
    );
}

#[test]
fn jaeger_needs_a_protocol() {
    check::<JaegerArgs>(
        &["protocols { }", "protocols {\nthrift_compact { }\n}"],
        &expect![[r#"
        at least one protocol must be enabled
        ok
    "#]],
    );
}

#[test]
fn topics_are_those_of_the_signal_unless_set() {
    let args: KafkaArgs = decode(
        "brokers = []\nprotocol_version = \"2.0.0\"\nlogs {\ntopics = [\"a\"]\n}\noutput { }",
    )
    .unwrap();
    assert_eq!((&*args.logs.topics, &*args.logs.encoding), (&["a".to_owned()][..], "otlp_proto"));
    assert_eq!(args.traces.topics, ["otlp_spans"]);
}

#[test]
fn kafka_rebalances_by_known_strategies() {
    let with = |body: &str| format!("brokers = []\nprotocol_version = \"2.0.0\"\n{body}");
    check::<KafkaArgs>(
        &[
            &with("group_rebalance_strategies = [\"sticky\", \"range\"]"),
            &with("group_rebalance_strategies = [\"sticky\", \"rang\"]"),
            &with("group_rebalance_strategy = \"rang\""),
            &with("group_rebalance_strategy = \"range\"\ngroup_rebalance_strategies = [\"range\"]"),
            &with("error_backoff {\nenabled = true\n}"),
            &with("error_backoff {\nmultiplier = 0.5\n}"),
        ],
        &expect![[r#"
            ok
            unknown group rebalance strategy "rang": use one of range, roundrobin, sticky, cooperative-sticky
            unknown group rebalance strategy "rang": use one of range, roundrobin, sticky, cooperative-sticky
            group_rebalance_strategy and group_rebalance_strategies are mutually exclusive: remove group_rebalance_strategy, which is deprecated
            multiplier must be greater than 1.0
            ok
        "#]],
    );
}

#[test]
fn everything_wrong_with_a_file_log_is_named() {
    let with = |body: &str| format!("include = [\"a\"]\n{body}");
    check::<FilelogArgs>(
        &[
            &with(""),
            &with("operators = [{type = \"noop\"}, {}, {type = 5}]\nmax_concurrent_files = 0"),
            &with("delete_after_read = true"),
            &with("delete_after_read = true\nstart_at = \"beginning\""),
            &with("compression = \"zip\"\nmax_log_size = \"-1B\""),
            &with("header {\npattern = \"a\"\nmetadata_operators = []\n}"),
            &with("ordering_criteria {\ntop_n = -1\nsort_by {\nsort_type = \"age\"\n}\n}"),
            &with("ordering_criteria { }"),
            &with("multiline { }"),
            &with("multiline {\nline_start_pattern = \"a\"\nline_end_pattern = \"b\"\n}"),
        ],
        &expect![[r#"
            ok
            3 errors occurred:
            	* failed to parse 'operator': missing required field 'type'
            	* failed to parse 'operator': field 'type' must be a string
            	* 'max_concurrent_files' must be positive
            1 error occurred:
            	* 'delete_after_read' cannot be used with 'start_at = end'
            ok
            2 errors occurred:
            	* invalid 'compression' type: zip
            	* 'max_log_size' must not be negative
            1 error occurred:
            	* 'header' requires at least one 'metadata_operator'
            2 errors occurred:
            	* 'top_n' must not be negative
            	* invalid 'sort_type': age
            missing required block "sort_by"
            either line_start_pattern or line_end_pattern must be set
            only one of line_start_pattern or line_end_pattern can be set
        "#]],
    );
}
