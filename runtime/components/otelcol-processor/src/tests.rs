//! What the checks of arguments refuse.

use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::{Expect, expect};

use crate::{
    attributes::AttributesArgs, batch::BatchArgs, deltatocumulative::DeltaToCumulativeArgs,
    filter::FilterArgs, k8sattributes::K8sAttributesArgs, memory_limiter::MemoryLimiterArgs,
    probabilistic_sampler::ProbabilisticSamplerArgs, resourcedetection::ResourceDetectionArgs,
    tail_sampling::TailSamplingArgs, transform::TransformArgs,
};

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
fn a_batch_is_not_smaller_than_what_is_sent_at_once() {
    check::<BatchArgs>(
        &[
            "",
            "timeout = \"-1s\"",
            "send_batch_max_size = 0",
            "send_batch_max_size = 1999",
            "send_batch_size = -1",
        ],
        &expect![[r#"
            ok
            ok
            ok
            send_batch_max_size must be greater or equal to send_batch_size when not 0
            send_batch_max_size must be greater or equal to send_batch_size when not 0
        "#]],
    );
}

#[test]
fn memory_has_one_limit() {
    check::<MemoryLimiterArgs>(
        &[
            "limit = \"1MiB\"",
            "check_interval = \"0s\"\nlimit = \"1MiB\"",
            "check_interval = \"1s\"",
            "check_interval = \"1s\"\nlimit = \"1MiB\"",
            "check_interval = \"1s\"\nlimit = \"1MiB\"\nspike_limit = \"1MiB\"",
            "check_interval = \"1s\"\nlimit = \"1MiB\"\nlimit_percentage = 5",
            "check_interval = \"1s\"\nlimit_percentage = 5\nspike_limit_percentage = 1",
            "check_interval = \"1s\"\nlimit_percentage = 5",
            "check_interval = \"1s\"\nlimit_percentage = 101\nspike_limit_percentage = 1",
        ],
        &expect![[r#"
            missing required attribute "check_interval"
            check_interval must be greater than zero
            either limit or limit_percentage must be set to greater than zero
            ok
            spike_limit must be less than limit
            either limit or limit_percentage must be set, but not both
            ok
            limit_percentage and spike_limit_percentage must be greater than 0 and less or equal than 100
            limit_percentage and spike_limit_percentage must be greater than 0 and less or equal than 100
        "#]],
    );
}

#[test]
fn conditions_stand_in_one_kind_of_block() {
    let conditions = "log_conditions {\nconditions = [`true`]\n}\n";
    check::<FilterArgs>(
        &[
            "error_mode = \"SILENT\"",
            "error_mode = null",
            "error_mode = \"Loud\"",
            conditions,
            &format!("{conditions}traces {{\nspan = [`true`]\n}}"),
            &format!("{conditions}logs {{\nlog_record = [`true`]\n}}"),
        ],
        &expect![[r#"
            ok
            ok
            main.alloy:2:14: "Loud" unknown error mode loud
            ok
            ok
            cannot use log_conditions and logs at the same time: move the conditions of logs to log_conditions
        "#]],
    );
}

#[test]
fn a_context_belongs_to_the_signal() {
    let statements = |signal: &str, context: &str| {
        format!("{signal}_statements {{\ncontext = \"{context}\"\nstatements = []\n}}")
    };
    check::<TransformArgs>(
        &[
            &statements("trace", "SpanEvent"),
            &statements("metric", "datapoint"),
            &statements("metric", "span"),
            &statements("log", "metric"),
            &statements("log", "body"),
        ],
        &expect![[r#"
            ok
            ok
            unknown context "span" for metric_statements: use one of resource, scope, metric, datapoint
            unknown context "metric" for log_statements: use one of resource, scope, log
            main.alloy:3:11: "body" unknown context body
        "#]],
    );
}

#[test]
fn every_action_without_a_key_is_named() {
    let action = |body: &str| format!("action {{\n{body}\n}}\n");
    check::<AttributesArgs>(
        &[
            &action("action = \"insert\"\nkey = \"a\"\nvalue = 1"),
            &action("action = \"DELETE\"\npattern = \"a\""),
            &format!("{}{}", action("action = \"hash\""), action("action = \"Insert\"")),
        ],
        &expect![[r#"
            ok
            ok
            validation failed for action block number 1: the action hash requires at least the key argument or the pattern argument to be set
            validation failed for action block number 2: the action Insert requires the key argument to be set
        "#]],
    );
}

#[test]
fn kubernetes_metadata_has_known_names() {
    let label = |body: &str| format!("extract {{\nlabel {{\n{body}\n}}\n}}");
    let field = |op: &str| {
        format!("filter {{\nfield {{\nkey = \"a\"\nvalue = \"b\"\nop = \"{op}\"\n}}\n}}")
    };
    check::<K8sAttributesArgs>(
        &[
            "auth_type = \"none\"",
            "auth_type = \"password\"",
            "extract {\nmetadata = [\"k8s.pod.name\", \"k8s.cronjob.uid\"]\n}",
            "extract {\nmetadata = [\"k8s.pod\"]\n}",
            &label("key = \"a\"\nfrom = \"node\""),
            &label("key = \"a\"\nfrom = \"cluster\""),
            &label("key = \"a\"\nkey_regex = \"a\""),
            &label("key_regex = \"(\""),
            &field("not-equals"),
            &field("!="),
            "pod_association { }",
        ],
        &expect![[r#"
            ok
            invalid authType for kubernetes: password
            ok
            "k8s.pod" is not a supported metadata field
            ok
            cluster is not a valid choice for From. Must be one of: pod, namespace, deployment, statefulset, daemonset, job, node
            only one of key and key_regex can be set, got key "a" and key_regex "a"
            error parsing regexp: missing closing ): `^(?s:()$`
            ok
            '!=' is not a valid label filter operation for key=a, value=b
            missing required block "source"
        "#]],
    );
}

#[test]
fn numbers_have_their_ranges() {
    check::<ProbabilisticSamplerArgs>(
        &[
            "sampling_percentage = 15.5",
            "sampling_percentage = -1",
            "sampling_percentage = 1e300",
            "sampling_precision = 15",
        ],
        &expect![[r#"
            ok
            sampling percentage must not be negative: -1
            invalid sampling percentage: inf
            invalid sampling precision: 15
        "#]],
    );
    check::<DeltaToCumulativeArgs>(
        &["max_streams = 0", "max_streams = -1", "max_stale = \"0s\""],
        &expect![[r#"
            ok
            max_streams must be a positive number or zero (got -1)
            max_stale must be a positive duration (got 0s)
        "#]],
    );
}

#[test]
fn traces_need_a_policy_and_time() {
    let policy = |body: &str| format!("policy {{\nname = \"a\"\ntype = \"b\"\n{body}\n}}");
    let mode = |mode: &str| policy(&format!("ottl_condition {{\nerror_mode = {mode}\n}}"));
    check::<TailSamplingArgs>(
        &[
            "",
            &policy(""),
            &policy("and { }"),
            &policy("not {\nnot_sub_policy {\nname = \"c\"\ntype = \"d\"\n}\n}"),
            &mode("\"Ignore\""),
            &mode("null"),
            &format!("decision_wait = \"999us\"\n{}", policy("")),
            &format!("num_traces = 0\n{}", policy("")),
        ],
        &expect![[r#"
            missing required block "policy"
            ok
            missing required block "and_sub_policy"
            ok
            ok
             unknown error mode 
            decision_wait must be greater than zero
            num_traces must be greater than zero
        "#]],
    );
}

#[test]
fn detectors_are_known_by_their_blocks() {
    check::<ResourceDetectionArgs>(
        &[
            "detectors = [\"env\", \"ec2\", \"dynatrace\"]",
            "detectors = []",
            "detectors = [\"env\", \"output\"]",
            "detectors = [\"timeout\"]",
            "system {\nhostname_sources = [\"os\", \"hosts\"]\n}",
        ],
        &expect![[r#"
            ok
            at least one detector must be specified
            invalid detector: output
            invalid detector: timeout
            invalid hostname source: hosts
        "#]],
    );
}
