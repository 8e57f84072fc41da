//! What the checks of arguments refuse.

use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::{Expect, expect};

use crate::connector_host_info::HostInfoArgs;
use crate::connector_servicegraph::ServiceGraphArgs;
use crate::connector_spanmetrics::SpanMetricsArgs;
use crate::exporter_debug::DebugArgs;
use crate::exporter_kafka::KafkaArgs;
use crate::exporter_loadbalancing::LoadBalancingArgs;

const OUTPUT: &str = "output { }";

/// Checks what is said of each body, which gets the statements `required`.
#[track_caller]
fn check<A: Args + Clone>(required: &str, bodies: &[&str], expected: &Expect) {
    let said = bodies.iter().map(|body| match decode::<A>(&format!("{body}\n{required}")) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.trim_start_matches("decoding configuration: ")),
    });
    expected.assert_eq(&said.collect::<String>());
}

#[test]
fn verbosity_is_known_in_any_case() {
    check::<DebugArgs>(
        "",
        &["verbosity = \"Detailed\"", "verbosity = \"loud\""],
        &expect![[r#"
        ok
        invalid verbosity "loud", expected basic, normal or detailed
    "#]],
    );
}

#[test]
fn brokers_acknowledge_in_three_ways() {
    check::<KafkaArgs>(
        "protocol_version = \"2.0.0\"",
        &[
            "",
            "producer {\nrequired_acks = -1\n}",
            "producer {\nrequired_acks = 2\n}",
            "producer {\ncompression = \"lzma\"\n}",
        ],
        &expect![[r#"
            ok
            ok
            producer: required_acks must be -1, 0 or 1, got 2
            producer: compression should be one of 'none', 'gzip', 'snappy', 'lz4', or 'zstd'. configured value is "lzma"
        "#]],
    );
}

#[test]
fn servers_are_found_in_one_way() {
    check::<LoadBalancingArgs>(
        "protocol {\notlp {\nclient { }\n}\n}",
        &[
            "",
            "resolver { }",
            "resolver {\nstatic {\nhostnames = []\n}\n}",
            "resolver {\nstatic {\nhostnames = []\n}\ndns {\nhostname = \"a\"\n}\n}",
            "routing_key = \"streamID\"\nresolver {\ndns {\nhostname = \"a\"\n}\n}",
            "routing_key = \"span\"\nresolver {\ndns {\nhostname = \"a\"\n}\n}",
        ],
        &expect![[r#"
            missing required block "resolver"
            no resolvers specified for the exporter
            ok
            only one resolver should be specified
            ok
            invalid routing key "span"
        "#]],
    );
}

#[test]
fn dimensions_of_spans_are_distinct() {
    let dimension = |name: &str| format!("dimension {{\nname = \"{name}\"\n}}\n");
    let events = |dimensions: &str| format!("events {{\nenabled = true\n{dimensions}}}\n");
    let bodies = [
        dimension("a") + &dimension("b"),
        dimension("a") + &dimension("a"),
        dimension("") + &dimension(""),
        dimension("span.kind"),
        events(&dimension("span.kind")),
        events(&(dimension("a") + &dimension("a"))),
        events(""),
    ];
    check::<SpanMetricsArgs>(
        "histogram { }\noutput { }",
        &bodies.each_ref().map(String::as_str),
        &expect![[r#"
            ok
            failed validating dimensions: duplicate dimension name "a"
            ok
            failed validating dimensions: duplicate dimension name "span.kind"
            ok
            failed validating event dimensions: duplicate dimension name "a"
            failed validating event dimensions: no dimensions configured for events
        "#]],
    );
}

#[test]
fn metrics_of_spans_end() {
    check::<SpanMetricsArgs>(
        "histogram { }\noutput { }",
        &[
            "series_expiration = \"-1s\"",
            "metric_timestamp_cache_size = 0",
            "metric_timestamp_cache_size = 0\naggregation_temporality = \"DELTA\"",
        ],
        &expect![[r#"
            invalid series_expiration: -1s, the duration should be positive
            ok
            invalid delta timestamp cache size: 0, the maximum number of the items in the cache should be positive
        "#]],
    );
}

#[test]
fn loops_take_time() {
    check::<ServiceGraphArgs>(
        OUTPUT,
        &[
            "cache_loop = \"0s\"",
            "store_expiration_loop = \"0s\"",
            "metrics_flush_interval = \"0s\"",
        ],
        &expect![[r#"
            cache_loop must be greater than 0
            store_expiration_loop must be greater than 0
            ok
        "#]],
    );
    check::<HostInfoArgs>(
        OUTPUT,
        &["", "metrics_flush_interval = \"-1s\"", "host_identifiers = []"],
        &expect![[r#"
            ok
            metrics_flush_interval must be greater than 0
            host_identifiers must not be empty
        "#]],
    );
}
