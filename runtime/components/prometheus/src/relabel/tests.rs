use std::sync::Arc;
use std::time::Duration;

use alloy_blocks::RuleBlock;
use alloy_component::{Component, MetricsReceiver};
use alloy_telemetry::stale_marker;
use alloy_value::{ArcArgs, FromValue, Value};
use expect_test::expect;

use super::run::Relabel;
use super::{NAME, RelabelArgs};
use crate::testing::{Context, Recorder, batch};

fn rule(action: &str, source: &str, regex: &str) -> RuleBlock {
    RuleBlock {
        source_labels: (!source.is_empty()).then(|| vec![source.to_owned()]),
        separator: ";".into(),
        regex: regex.into(),
        modulus: 0,
        target_label: String::new(),
        replacement: "$1".into(),
        action: action.into(),
    }
}

fn args(to: &Arc<Recorder>, rule: Vec<RuleBlock>) -> RelabelArgs {
    RelabelArgs {
        forward_to: vec![to.receiver()],
        max_cache_size: 100,
        cache_ttl: Duration::ZERO,
        rule,
    }
}

fn receiver(cx: &Context) -> MetricsReceiver {
    let Some(Value::Object(exports)) = cx.exported() else { panic!("exports at once") };
    MetricsReceiver::from_value(exports.get("receiver").unwrap()).unwrap()
}

#[tokio::test]
async fn samples_are_relabelled_and_results_remembered() {
    let cx = Context::new(NAME);
    let recorder = Recorder::new(cx.series());
    let rules = vec![
        rule("drop", "drop", "yes"),
        RuleBlock { target_label: "host".into(), ..rule("replace", "instance", "(.*):.*") },
    ];
    let relabel = Relabel::new(&cx.build, &ArcArgs::new(args(&recorder, rules))).unwrap();
    let receiver = receiver(&cx);
    let rows: &[(&[(&str, &str)], f64)] = &[
        (&[("__name__", "a"), ("instance", "h:1")], 1.),
        (&[("__name__", "b"), ("drop", "yes")], 2.),
        (&[("__name__", "c")], 3.),
    ];
    // As a scraper, the sender keeps its series.
    let sent = batch(&cx.series(), rows);
    for _ in 0..2 {
        receiver.0.send(Arc::clone(&sent)).await.unwrap();
        expect![[r#"
            {__name__="a", host="h", instance="h:1"} 1
            {__name__="c"} 3
        "#]]
        .assert_eq(&recorder.take());
    }
    let metric = |name: &str| cx.metric(&format!("alloy_prometheus_relabel_{name}"));
    assert_eq!((metric("cache_misses"), metric("cache_hits"), metric("cache_size")), (3., 3., 3.));
    assert_eq!((metric("metrics_processed"), metric("metrics_written")), (6., 4.));

    relabel.update(ArcArgs::new(args(&recorder, Vec::new()))).await.unwrap();
    assert_eq!(metric("cache_size"), 0.);
    receiver.0.send(sent).await.unwrap();
    expect![[r#"
        {__name__="a", instance="h:1"} 1
        {__name__="b", drop="yes"} 2
        {__name__="c"} 3
    "#]]
    .assert_eq(&recorder.take());
}

#[tokio::test]
async fn stale_marker_passes_and_is_forgotten() {
    let cx = Context::new(NAME);
    let recorder = Recorder::new(cx.series());
    let rules = vec![RuleBlock {
        target_label: "x".into(),
        replacement: "1".into(),
        ..rule("replace", "", "")
    }];
    let _relabel = Relabel::new(&cx.build, &ArcArgs::new(args(&recorder, rules))).unwrap();
    let receiver = receiver(&cx);
    let labels: &[(&str, &str)] = &[("__name__", "a")];
    receiver.0.send(batch(&cx.series(), &[(labels, 1.)])).await.unwrap();
    receiver.0.send(batch(&cx.series(), &[(labels, stale_marker())])).await.unwrap();
    expect![[r#"
        {__name__="a", x="1"} 1
        {__name__="a", x="1"} stale
    "#]]
    .assert_eq(&recorder.take());
    assert_eq!(cx.metric("alloy_prometheus_relabel_cache_deletes"), 1.);
    assert!(cx.series().is_empty(), "nothing is held any more");
}
