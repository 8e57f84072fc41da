//! The recorded cases of `prometheus.remote_write` against a local receiver.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
mod harness;
mod receiver;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::MetricsHub;
use alloy_corpus::{Report, Set, equal, text};
use alloy_telemetry::{
    Exemplar, Histogram, Labels, Refs, Row, SampleBatch, SeriesTable, Timestamps, stale_marker,
};
use harness::Remote;
use receiver::{Received, Receiver};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Times of the recording count from here.
const BASE_MS: i64 = 1_700_000_000_000;
/// Between two pushes of an input; the endpoints' deadline is 200 ms.
const BETWEEN_PUSHES: Duration = Duration::from_millis(600);
/// Nothing more may come after the expected requests for so long.
const QUIET: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);
const V2: &str = "needs remote write 2.0";

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![Set::new("corpus_remote_write", remote_write_cases)])
}

fn remote_write_cases(corpus: &Path, report: &mut Report) {
    let file = Arc::new(alloy_corpus::json(&corpus.join("metrics/remote_write.json")));
    let cases = file["cases"].as_array().expect("cases").clone();
    let is_v2 = |case: &Value| {
        text(case, "endpoint").contains("io.prometheus.write.v2") || text(case, "input") == "meta"
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // Each case waits most of the time, so all run at once.
    let mut results = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for case in cases.iter().filter(|case| !is_v2(case)) {
            let (case, file) = (case.clone(), Arc::clone(&file));
            tasks.spawn(async move { (text(&case, "name").to_owned(), run(&file, &case).await) });
        }
        tasks.join_all().await.into_iter().collect::<BTreeMap<_, _>>()
    });
    for case in &cases {
        if is_v2(case) {
            report.skip(V2);
            continue;
        }
        let name = text(case, "name");
        let result = results.remove(name).expect("a result");
        report.case(name, || result);
    }
}

async fn run(file: &Value, case: &Value) -> Result<(), String> {
    let answers = case["answers"].as_array().cloned().unwrap_or_default();
    let receiver = Receiver::start(answers).await;
    let folder = tempfile::tempdir().unwrap();
    let hub = MetricsHub::new();
    let table = SeriesTable::new();
    let default_url = format!("http://HOST/w/{}", text(case, "name"));
    let url = case["url"].as_str().unwrap_or(&default_url);
    let url = url.replace("HOST", &receiver.addr().to_string());
    let config = format!(
        "prometheus.remote_write \"x\" {{\n{}\nendpoint {{\nurl = {url:?}\n{}\n}}\n}}\n",
        text(case, "component"),
        text(case, "endpoint")
    );
    let running = Remote::start(&config, folder.path(), &hub, &table).await?;

    let pushes = file["inputs"][text(case, "input")].as_array().unwrap();
    for (n, push) in pushes.iter().enumerate() {
        if n > 0 {
            tokio::time::sleep(BETWEEN_PUSHES).await;
        }
        running.receiver.0.send(Arc::new(batch(&table, push))).await.map_err(|e| e.to_string())?;
    }
    let result = check(case, &receiver, &hub).await;
    running.stop().await?;
    result
}

/// Waits for what is expected, and that nothing more comes.
async fn check(case: &Value, receiver: &Receiver, hub: &MetricsHub) -> Result<(), String> {
    let expected = &case["expected"];
    let started = tokio::time::Instant::now();
    let mut result = Err("not looked at".to_owned());
    while result.is_err() && started.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(25)).await;
        result = compare(expected, &receiver.received(), hub);
    }
    result?;
    tokio::time::sleep(QUIET).await;
    compare(expected, &receiver.received(), hub)
}

fn compare(expected: &Value, received: &[Received], hub: &MetricsHub) -> Result<(), String> {
    equal("counters", counters(hub), expected["counters"].clone())?;
    let (redirected, direct): (Vec<_>, Vec<_>) =
        received.iter().partition(|r| r.path.ends_with(".target"));
    if let Some(headers) = expected.get("headers") {
        let first = direct.first().ok_or("no request")?;
        compare_headers(first, headers)?;
    }
    if let Some(query) = expected["query"].as_str() {
        equal("query", direct.first().ok_or("no request")?.query.as_str(), query)?;
    }
    if expected.get("outcome").is_some() {
        let body = direct.first().map(|r| r.body.clone()).unwrap_or_default();
        let shown = |r: &&Received| {
            let same = if r.body == body { "same" } else { "another" };
            json!({
                "method": r.method,
                "status": r.status,
                "retry_attempt": r.header("retry-attempt"),
                "body": same,
            })
        };
        let requests: Vec<_> = direct.iter().map(shown).collect();
        equal("requests", Value::from(requests), expected["requests"].clone())?;
        let shown = |r: &&Received| {
            json!({
                "method": r.method,
                "body": if r.body == body { "same" } else { "another" },
                "content_type": r.header("content-type"),
            })
        };
        let redirected: Vec<_> = redirected.iter().map(shown).collect();
        let wanted = expected.get("redirected").cloned().unwrap_or_else(|| json!([]));
        equal("redirected", Value::from(redirected), wanted)?;
    } else if let Some(requests) = expected.get("requests") {
        let found: Vec<_> = direct.iter().map(|r| receiver::decode(&r.body, BASE_MS)).collect();
        equal("requests", Value::from(found), requests.clone())?;
    }
    for (n, wait) in expected["waits_seconds"].as_array().into_iter().flatten().enumerate() {
        let (Some(a), Some(b)) = (direct.get(n), direct.get(n + 1)) else {
            return Err("fewer requests than waits".into());
        };
        let (waited, wait) = ((b.at - a.at).as_secs_f64(), wait.as_f64().unwrap());
        // Upwards the machine decides: all cases run at once.
        if waited < wait * 0.9 || waited > wait + 2.0 {
            return Err(format!("waited {waited} s instead of {wait} s"));
        }
    }
    Ok(())
}

fn compare_headers(request: &Received, wanted: &Value) -> Result<(), String> {
    const OF_THE_CONNECTION: [&str; 4] = ["host", "connection", "accept-encoding", "accept"];
    let mut found = BTreeMap::<String, String>::new();
    for (name, value) in &request.headers {
        if OF_THE_CONNECTION.contains(&name.as_str()) {
            continue;
        }
        found
            .entry(name.clone())
            .and_modify(|all| *all = format!("{all}, {value}"))
            .or_insert_with(|| value.clone());
    }
    let wanted: BTreeMap<String, String> = serde_json::from_value(wanted.clone()).unwrap();
    for (name, value) in &mut found {
        if wanted.get(name).is_some_and(|w| w == "*") {
            *value = "*".to_owned();
        }
    }
    equal("headers", found, wanted)
}

/// Counters of the endpoint that are not zero.
fn counters(hub: &MetricsHub) -> Value {
    let mut found = serde_json::Map::new();
    for family in hub.gather() {
        let Some(name) = family.name().strip_prefix("prometheus_remote_storage_") else { continue };
        let kinds = ["samples_", "exemplars_", "histograms_", "metadata_"];
        if !kinds.iter().any(|k| name.starts_with(k))
            || !name.ends_with("_total")
            || name.ends_with("_in_total")
            || name.contains("bytes")
        {
            continue;
        }
        for metric in family.get_metric() {
            let value = metric.get_counter().get_value();
            if value != 0.0 {
                let labels = metric.get_label().iter();
                let reason = labels.clone().find(|l| l.name() == "reason").map(|l| l.value());
                let key = reason.map_or(name.to_owned(), |reason| format!("{name}{{{reason}}}"));
                found.insert(key, value.into());
            }
        }
    }
    found.into()
}

/// One push as `prometheus.receive_http` would send it on.
fn batch(table: &SeriesTable, push: &Value) -> SampleBatch {
    let mut owner = table.owner();
    let (mut refs, mut values, mut times) = (Vec::new(), Vec::new(), Vec::new());
    let (mut histograms, mut exemplars) = (Vec::new(), Vec::new());
    for series in push.as_array().unwrap() {
        let reference = owner.intern(&labels(&series["labels"]));
        let row = refs.len() as u32;
        for sample in series["samples"].as_array().into_iter().flatten() {
            refs.push(reference);
            times.push(BASE_MS + sample[0].as_i64().unwrap());
            values.push(number(&sample[1]));
        }
        for histogram in series["histograms"].as_array().into_iter().flatten() {
            histograms.push(Row { row: refs.len() as u32, item: native(histogram) });
            refs.push(reference);
            times.push(BASE_MS + histogram["ts"].as_i64().unwrap());
            values.push(0.0);
        }
        for exemplar in series["exemplars"].as_array().into_iter().flatten() {
            let item = Exemplar {
                labels: labels(&exemplar["labels"]),
                value: number(&exemplar["value"]),
                timestamp_ms: Some(BASE_MS + exemplar["ts"].as_i64().unwrap()),
            };
            exemplars.push(Row { row, item });
        }
    }
    SampleBatch {
        hold: owner.hold(),
        refs: Refs::List(refs.into()),
        values: values.into(),
        timestamps: Timestamps::Each(times.into()),
        histograms: (!histograms.is_empty()).then(|| histograms.into()),
        exemplars: (!exemplars.is_empty()).then(|| exemplars.into()),
        metadata: None,
        created: None,
        ack: None,
    }
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().unwrap().iter();
    Labels::new(pairs.map(|(n, v)| (n.as_str(), v.as_str().unwrap())))
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) if text == "STALE" => stale_marker(),
        // What the parser of the reference's recorder makes of it.
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap_or_default(),
    }
}

fn native(value: &Value) -> Histogram {
    let get = |name: &str| number(&value[name]);
    let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
    let spans = |name: &str| {
        let spans = list(name).into_iter();
        spans.map(|s| (s[0].as_i64().unwrap() as i32, s[1].as_u64().unwrap() as u32)).collect()
    };
    let deltas = |name: &str| list(name).iter().map(|d| d.as_i64().unwrap()).collect();
    let values = |name: &str| list(name).iter().map(number).collect();
    Histogram {
        is_float: value["float"].as_bool().unwrap_or_default(),
        count: get("count"),
        sum: get("sum"),
        schema: value["schema"].as_i64().unwrap_or_default() as i32,
        zero_threshold: get("zero_threshold"),
        zero_count: get("zero_count"),
        positive_spans: spans("pos_spans"),
        positive_deltas: deltas("pos_deltas"),
        positive_counts: values("pos_counts"),
        negative_spans: spans("neg_spans"),
        negative_deltas: deltas("neg_deltas"),
        negative_counts: values("neg_counts"),
        custom_values: values("custom_values"),
        reset_hint: 0,
    }
}
