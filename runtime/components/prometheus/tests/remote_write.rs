//! `prometheus.remote_write` over restarts, refusals, dead endpoints and updates.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod harness;
mod receiver;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_component::{ComponentError, MetricsHub};
use alloy_telemetry::{
    Ack, AckOutcome, Labels, Refs, SampleBatch, SendError, SeriesTable, Timestamps,
};
use harness::{Remote, arguments};
use receiver::{Receiver, decode};

struct Bench {
    folder: tempfile::TempDir,
    hub: MetricsHub,
    table: SeriesTable,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, hub: MetricsHub::new(), table: SeriesTable::new() }
    }

    async fn start(&self, config: &str) -> Remote {
        Remote::start(config, self.folder.path(), &self.hub, &self.table).await.unwrap()
    }

    /// One sample of `series` series at `ms`, acknowledged.
    async fn push(&self, remote: &Remote, series: usize, ms: i64) {
        let mut owner = self.table.owner();
        let refs: Vec<_> = (0..series)
            .map(|i| owner.intern(&Labels::new([("__name__", "m".into()), ("i", i.to_string())])))
            .collect();
        let (ack, mut waiter) = Ack::new();
        let batch = SampleBatch {
            hold: owner.hold(),
            refs: Refs::List(refs.into()),
            values: vec![ms as f64; series].into(),
            timestamps: Timestamps::One(ms),
            histograms: None,
            exemplars: None,
            metadata: None,
            created: None,
            ack: Some(ack),
        };
        remote.receiver.0.send(Arc::new(batch)).await.unwrap();
        assert_eq!(waiter.wait().await, AckOutcome::Safe);
    }

    fn metric(&self, name: &str, reason: Option<&str>) -> f64 {
        let families = self.hub.gather();
        let all = families.iter().filter(|f| f.name() == name).flat_map(|f| f.get_metric());
        all.filter(|m| reason.is_none_or(|r| m.get_label().iter().any(|l| l.value() == r)))
            .map(|m| m.get_counter().get_value() + m.get_gauge().get_value())
            .sum()
    }
}

fn config(url: &str, more: &str) -> String {
    format!(
        "prometheus.remote_write \"x\" {{\n endpoint {{\n url = {url:?}\n {more}\n queue_config \
         {{\n batch_send_deadline = \"50ms\"\n min_shards = 2\n max_shards = 2\n }}\n }}\n}}\n"
    )
}

/// Sample times by series of the requests that were taken.
fn taken(receiver: &Receiver) -> BTreeMap<String, Vec<i64>> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for request in receiver.received().iter().filter(|r| r.status == 204) {
        for series in decode(&request.body, 0).as_array().unwrap() {
            let times =
                series["samples"].as_array().unwrap().iter().map(|s| s[0].as_i64().unwrap());
            found.entry(series["labels"]["i"].to_string()).or_default().extend(times);
        }
    }
    found
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn has_all(receiver: &Receiver, series: usize, times: std::ops::Range<i64>) -> bool {
    let taken = taken(receiver);
    taken.len() == series && taken.values().all(|t| t.iter().copied().eq(times.clone()))
}

/// Listens nowhere: connections are refused.
async fn dead_url() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/w", listener.local_addr().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_arrive_in_order_and_what_was_sent_is_not_sent_again() {
    let bench = Bench::new();
    let receiver = Receiver::start(vec![]).await;
    let config = config(&format!("http://{}/w", receiver.addr()), "");
    let remote = bench.start(&config).await;
    for ms in 0..20 {
        bench.push(&remote, 7, ms).await;
    }
    remote.stop().await.unwrap();
    assert!(has_all(&receiver, 7, 0..20), "a stop sends what is queued: {:?}", taken(&receiver));
    let remote = bench.start(&config).await;
    for ms in 20..25 {
        bench.push(&remote, 7, ms).await;
    }
    until("the second run", || has_all(&receiver, 7, 0..25)).await;
    remote.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_delays_no_stop_and_gets_everything_after_a_restart() {
    let bench = Bench::new();
    let url = dead_url().await;
    let named = |url: &str| config(url, "name = \"backend\"");
    let remote = bench.start(&named(&url)).await;
    for ms in 0..30 {
        bench.push(&remote, 5, ms).await;
    }
    until("a retry", || {
        bench.metric("prometheus_remote_storage_samples_retried_total", None) > 0.0
    })
    .await;
    let started = Instant::now();
    remote.stop().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    // The cursor goes by the name, so another URL goes on there.
    let receiver = Receiver::start(vec![]).await;
    let remote = bench.start(&named(&format!("http://{}/w", receiver.addr()))).await;
    until("the rest", || has_all(&receiver, 5, 0..30)).await;
    remote.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_costs_only_what_the_endpoint_has_already() {
    let bench = Bench::new();
    let url = dead_url().await;
    let config_for = |url: &str| {
        format!(
            "prometheus.remote_write \"x\" {{\n endpoint {{\n name = \"b\"\n url = {url:?}\n \
             queue_config {{\n batch_send_deadline = \"50ms\"\n max_shards = 1\n }}\n }}\n}}\n"
        )
    };
    let remote = bench.start(&config_for(&url)).await;
    for ms in 0..16 {
        bench.push(&remote, 1, ms).await;
    }
    remote.stop().await.unwrap();
    // Has everything before 6, refuses whole requests that hold such a sample.
    let receiver = Receiver::refusing_before(6).await;
    let remote = bench.start(&config_for(&format!("http://{}/w", receiver.addr()))).await;
    bench.push(&remote, 1, 16).await;
    until("the new ones", || has_all(&receiver, 1, 6..17)).await;
    let name = "prometheus_remote_storage_samples_dropped_total";
    assert_eq!(bench.metric(name, Some("refused")), 6.0);
    assert_eq!(bench.metric("prometheus_remote_storage_samples_failed_total", None), 0.0);
    remote.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_replaces_only_what_changed_and_loses_nothing() {
    let bench = Bench::new();
    let (a, b) = (Receiver::start(vec![]).await, Receiver::start(vec![]).await);
    let config = |b_labels: &str| {
        format!(
            "prometheus.remote_write \"x\" {{\n endpoint {{\n name = \"a\"\n url = \
             \"http://{}/w\"\n queue_config {{ batch_send_deadline = \"20ms\" }}\n }}\n endpoint \
             {{\n name = \"b\"\n url = \"http://{}/w\"\n {b_labels}\n queue_config {{ \
             batch_send_deadline = \"20ms\" }}\n }}\n}}\n",
            a.addr(),
            b.addr()
        )
    };
    let remote = bench.start(&config("")).await;
    for ms in 0..50 {
        if ms == 25 {
            let changed = arguments(&config("send_exemplars = false")).unwrap();
            remote.component.update(changed).await.unwrap();
        }
        bench.push(&remote, 3, ms).await;
    }
    until("both", || has_all(&a, 3, 0..50) && has_all(&b, 3, 0..50)).await;
    let broken: Result<(), ComponentError> = remote
        .component
        .update(arguments("prometheus.remote_write \"x\" { endpoint { url = \"nope\" } }").unwrap())
        .await;
    let error = broken.unwrap_err().to_string();
    assert!(error.contains("nope"), "{error}");
    bench.push(&remote, 3, 50).await;
    until("after a refused update", || has_all(&a, 3, 0..51) && has_all(&b, 3, 0..51)).await;
    remote.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_component_refuses_batches_by_name() {
    let bench = Bench::new();
    let remote = bench.start(&config(&dead_url().await, "")).await;
    let receiver = remote.receiver.clone();
    remote.stop().await.unwrap();
    let owner = bench.table.owner();
    let batch = SampleBatch {
        hold: owner.hold(),
        refs: Refs::List([].into()),
        values: [].into(),
        timestamps: Timestamps::One(0),
        histograms: None,
        exemplars: None,
        metadata: None,
        created: None,
        ack: None,
    };
    let refused = receiver.0.send(Arc::new(batch)).await;
    assert!(matches!(refused, Err(SendError::Exited { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name() {
    let bench = Bench::new();
    for (more, named) in [
        ("protobuf_message = \"io.prometheus.write.v2.Request\"", "v2"),
        ("round_robin_dns = true", "round_robin_dns"),
        ("google_iam { }", "google_iam"),
        ("azuread { }", "exactly one of managed_identity"),
        ("azuread {\nmanaged_identity {\nclient_id = \"me\"\n}\n}", "must be a UUID"),
        ("proxy_url = \"socks5://x:1\"", "socks5"),
        ("tls_config { ca_file = \"/does/not/exist\" }", "/does/not/exist"),
    ] {
        let config = config("http://localhost/w", more);
        let path: &Path = bench.folder.path();
        let error = Remote::start(&config, path, &bench.hub, &bench.table).await.err().unwrap();
        assert!(error.contains(named), "{more}: {error}");
    }
    let twice = "prometheus.remote_write \"x\" { \n endpoint { \n url = \"http://u:secret@h/\" \n \
                 } \n endpoint { \n url = \"http://u:secret@h/\" \n } \n }";
    let path: &Path = bench.folder.path();
    let error = Remote::start(twice, path, &bench.hub, &bench.table).await.err().unwrap();
    assert!(error.contains("duplicate") && !error.contains("secret"), "{error}");
}

#[test]
fn queues_hold_a_sensible_number_of_samples() {
    for (setting, said) in [
        ("capacity = -1", "capacity of queue_config must be between 0 and 4294967295, got -1"),
        ("max_shards = 0", "max_shards of queue_config must be between 1 and"),
        ("max_samples_per_send = 4294967296", "max_samples_per_send of queue_config"),
    ] {
        let config = format!(
            "prometheus.remote_write \"x\" {{\nendpoint {{\nurl = \"http://h/\"\n\
             queue_config {{\n{setting}\n}}\n}}\n}}\n"
        );
        let error = arguments(&config).err().unwrap();
        assert!(error.contains(said), "{setting}: {error}");
    }
}
