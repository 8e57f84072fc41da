//! The exporters as components: target, handler, update, refusals.

use std::io::Read;

use alloy_component::{MetricsHub, Target};
use alloy_exporter::{blackbox, mysql, own, redis, snmp, unix};
use alloy_value::{BodyEntry, Value};
use expect_test::{Expect, expect};
use flate2::read::GzDecoder;
use http::StatusCode;

use crate::common::{arguments, build, build_in, request, scrape};

fn unix_config(body: &str) -> String {
    format!("prometheus.exporter.unix \"x\" {{\n{body}\n}}\n")
}

async fn refused(body: &str, expected: Expect) {
    let outcome = build(&unix::COMPONENT, &unix_config(body)).await;
    expected.assert_eq(&outcome.err().unwrap_or_else(|| "built".to_owned()));
}

#[tokio::test]
async fn what_is_not_built_is_refused_by_name() {
    refused(
        r#"enable_collectors = ["systemd"]"#,
        expect![
            "prometheus.exporter.unix: the collector systemd is not supported by this version; remove it"
        ],
    )
    .await;
    refused(
        r#"set_collectors = ["cpu", "netstat", "arp"]"#,
        expect![
            "prometheus.exporter.unix: the collector arp, netstat is not supported by this version; remove it"
        ],
    )
    .await;
    refused(
        r#"hwmon { chip_include = "a" }"#,
        expect![[
            r#"prometheus.exporter.unix: the block "hwmon" is not supported by this version; remove it"#
        ]],
    )
    .await;
    refused(r#"arp { netlink = false }"#, expect!["built"]).await;
    refused(r#"enable_collectors = ["nonsense"]"#, expect!["built"]).await;
}

#[tokio::test]
async fn a_wrong_expression_names_its_argument() {
    let error = build(&unix::COMPONENT, &unix_config(r#"vmstat { fields = "(" }"#)).await;
    let error = error.err().expect("refused");
    assert!(
        error.starts_with(
            "failed to create node_exporter: the expression \"(\" of vmstat.fields does not compile"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn the_target_leads_to_the_handler() {
    for (definition, job) in
        [(&unix::COMPONENT, "integrations/unix"), (&own::COMPONENT, "integrations/self")]
    {
        let name = definition.definition.name;
        let built = build(definition, &format!("{name} \"x\" {{ }}")).await.expect("built");
        let Some(Value::Object(exports)) = built.exports else { panic!("no exports") };
        let Some(Value::Array(targets)) = exports.get("targets") else { panic!("no targets") };
        let [Value::Capsule(target)] = &targets[..] else { panic!("not one target: {targets:?}") };
        let labels = &target.downcast_ref::<Target>().expect("a target").0;
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let instance = std::env::var("HOSTNAME").ok().filter(|n| !n.is_empty()).unwrap_or(hostname);
        assert_eq!(
            labels.iter().collect::<Vec<_>>(),
            [
                ("__address__", "alloy.internal:12345"),
                ("__meta_component_id", &format!("{name}.x")),
                ("__meta_component_name", name),
                ("__metrics_path__", &format!("/api/v0/component/{name}.x/metrics")),
                ("__scheme__", "http"),
                ("instance", &instance),
                ("job", job),
            ]
        );
        let answer = request(&*built.component, "/metrics", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let other = request(&*built.component, "/other", &[]).await;
        assert_eq!(other.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn answers_are_compressed_for_who_takes_it() {
    let config = unix_config(r#"set_collectors = ["loadavg"]"#);
    let built = build(&unix::COMPONENT, &config).await.expect("built");
    let component = &*built.component;
    let header = [("accept-encoding", "deflate, gzip;q=1.0")];
    let answer = request(component, "/metrics", &header).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    GzDecoder::new(&answer.body()[..]).read_to_string(&mut text).expect("gzip");
    assert!(text.contains("\nnode_load1 "), "{text}");
    let header = [("accept-encoding", "gzip;q=0")];
    assert!(
        !request(component, "/metrics", &header).await.headers().contains_key("content-encoding")
    );
}

#[tokio::test]
async fn a_failing_update_keeps_the_old_exporter() {
    let config = |name: &str| unix_config(&format!("set_collectors = [{name:?}]"));
    let built = build(&unix::COMPONENT, &config("loadavg")).await.expect("built");
    let args = arguments(&unix::COMPONENT, &config("uname")).expect("valid");
    built.component.update(args).await.expect("updated");
    let text = scrape(&*built.component).await.expect("an answer");
    assert!(text.contains("node_uname_info") && !text.contains("node_load1"), "{text}");
    let args = arguments(&unix::COMPONENT, &config("systemd")).expect("decodes");
    built.component.update(args).await.expect_err("refused");
    let text = scrape(&*built.component).await.expect("an answer");
    assert!(text.contains("node_uname_info"), "{text}");
}

#[tokio::test]
async fn own_metrics_only_when_asked_for() {
    let own_names = |text: &str| {
        let names = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next());
        names
            .filter(|n| !n.starts_with("node_") || n.ends_with("build_info"))
            .fold(String::new(), |all, name| all + name + "\n")
    };
    let config = r#"set_collectors = ["loadavg"]"#;
    let built = build(&unix::COMPONENT, &unix_config(config)).await.expect("built");
    expect![[r#"
        node_exporter_build_info
        promhttp_metric_handler_errors_total
    "#]]
    .assert_eq(&own_names(&scrape(&*built.component).await.expect("an answer")));
    let config = format!("{config}\ninclude_exporter_metrics = true");
    let built = build(&unix::COMPONENT, &unix_config(&config)).await.expect("built");
    expect![[r#"
        node_exporter_build_info
        process_cpu_seconds_total
        process_max_fds
        process_open_fds
        process_resident_memory_bytes
        process_start_time_seconds
        process_virtual_memory_bytes
        process_virtual_memory_max_bytes
        promhttp_metric_handler_errors_total
        promhttp_metric_handler_requests_in_flight
        promhttp_metric_handler_requests_total
    "#]]
    .assert_eq(&own_names(&scrape(&*built.component).await.expect("an answer")));
    let text = scrape(&*built.component).await.expect("an answer");
    assert!(text.contains("promhttp_metric_handler_requests_total{code=\"200\"} 1\n"), "{text}");
    assert!(text.contains("promhttp_metric_handler_requests_in_flight 1\n"), "{text}");
}

#[tokio::test]
async fn self_serves_what_the_process_has() {
    let hub = MetricsHub::new();
    let config = "prometheus.exporter.self \"x\" { }";
    let built = build_in(&hub, &own::COMPONENT, config).await.expect("built");
    let metrics = hub.registry(&[("component_id", "a.b")]);
    let counter = prometheus::IntCounter::new("own_total", "Own.").expect("a counter");
    metrics.register(counter).inc_by(3);
    let text = scrape(&*built.component).await.expect("an answer");
    assert!(text.contains("own_total{component_id=\"a.b\"} 3\n"), "{text}");
}

#[test]
fn only_what_is_set_is_shown() {
    let config = unix_config("set_collectors = [\"loadavg\"]\nvmstat { fields = \"x\" }");
    let args = arguments(&unix::COMPONENT, &config).expect("valid");
    let names: Vec<_> = args
        .encode()
        .entries
        .iter()
        .map(|entry| match entry {
            BodyEntry::Attribute { name, .. } => name.to_string(),
            BodyEntry::Block(block) => block.name.to_string(),
        })
        .collect();
    assert_eq!(names, ["set_collectors", "vmstat"]);
}

#[test]
fn arguments_that_exclude_each_other_are_refused() {
    let cases = [
        (&blackbox::COMPONENT, "config = \"a: 1\"\nconfig_file = \"b\"", "config & config_file"),
        (
            &blackbox::COMPONENT,
            "config = \"a: 1\"\ntargets = [{address = \"a\"}]\n\
             target {\nname = \"n\"\naddress = \"a\"\n}",
            "the attribute targets and target blocks",
        ),
        (&snmp::COMPONENT, "config = \"a: 1\"\nconfig_file = \"b\"", "config & config_file"),
        (
            &snmp::COMPONENT,
            "config_merge_strategy = \"zz\"",
            "unknown config_merge_strategy \"zz\"",
        ),
        (&mysql::COMPONENT, "data_source_name = \"root:canary@host\"", "must name a server"),
        (
            &redis::COMPONENT,
            "redis_addr = \"h:1\"\nscript_path = \"a\"\nscript_paths = [\"b\"]",
            "script_path & script_paths",
        ),
    ];
    for (component, body, said) in cases {
        let text = format!("{} \"x\" {{\n{body}\n}}\n", component.definition.name);
        let error = arguments(component, &text).expect_err("refused");
        let message = error.lines().next().unwrap_or_default();
        assert!(message.contains(said) && !message.contains("canary"), "{text} says {message}");
    }
}

#[test]
fn targets_and_walks_have_labels() {
    let text = "prometheus.exporter.snmp \"x\" {\n\
                target \"switch\" {\naddress = \"10.0.0.1\"\nwalk_params = \"slow\"\n}\n\
                walk_param \"slow\" {\nretries = 5\n}\n}\n";
    let args = arguments(&snmp::COMPONENT, text).expect("valid");
    let args = args.downcast_ref::<snmp::SnmpArgs>().expect("arguments of the component");
    assert_eq!(args.target_blocks[0].name, "switch");
    assert_eq!((&*args.walk_params[0].name, args.walk_params[0].retries), ("slow", 5));
}
