//! Recorded scrapes of the text format, replayed in virtual time.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a malformed corpus fails the test")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy_corpus::{Report as Outcome, Set};
use alloy_flow_exposition::float;
use alloy_flow_relabel::Names;
use alloy_flow_scrape::{
    Format, IngestOptions, PoolConfig, Protocol, Report, ScrapeCache, Target, format_of,
};
use alloy_telemetry::{Labels, Metadata, MetricType, STALE_NAN_BITS, SampleBatch, SeriesTable};
use serde_json::{Value, json};

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![Set::new("corpus_expo_text", expo_text)])
}

/// Time that `T` and `S` stand for, and the first scrape's distance from it.
const BASE_MS: i64 = 1_700_000_000_000;
const FIRST_SCRAPE_MS: i64 = BASE_MS - 7000;
/// Address of the target, spelled as in the expectations.
const ADDRESS: &str = "TARGET";

fn expo_text(corpus: &std::path::Path, outcome: &mut Outcome) {
    let recorded = alloy_corpus::json(&corpus.join("metrics/expo_text.json"));
    for case in recorded["cases"].as_array().expect("a list of cases") {
        let name = alloy_corpus::text(case, "name").to_owned();
        let config = config(alloy_corpus::text(case, "scrape_config"));
        match config.get("scrape_fallback_protocol").and_then(Value::as_str) {
            Some(protocol) if protocol.starts_with("OpenMetrics") => {
                outcome.skip("needs OpenMetrics");
                continue;
            }
            _ => {}
        }
        let histograms = [
            "convert_classic_histograms_to_nhcb",
            "scrape_native_histograms",
            "scrape_classic_histograms",
        ];
        if histograms.iter().any(|option| config.contains_key(*option)) {
            outcome.skip("needs native histograms");
            continue;
        }
        outcome.case(&name, || replay(case, &config));
    }
}

/// Reads the lines of a scrape configuration.
fn config(text: &str) -> BTreeMap<String, Value> {
    let mut config = BTreeMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once(" = ").expect("attribute lines only");
        // A list of texts per key is the one object that occurs.
        let value = value.replace("{\"y\" = ", "{\"y\": ");
        config.insert(name.to_owned(), serde_json::from_str(&value).expect("a literal"));
    }
    config
}

fn replay(case: &Value, config: &BTreeMap<String, Value>) -> Result<(), String> {
    let flag = |name: &str, default| config.get(name).and_then(Value::as_bool).unwrap_or(default);
    let number = |name: &str| config.get(name).and_then(Value::as_u64).unwrap_or(0);
    let utf8 = config.get("metric_name_validation_scheme").is_some_and(|v| v == "utf8");
    let options = IngestOptions {
        honor_labels: flag("honor_labels", false),
        honor_timestamps: flag("honor_timestamps", true),
        track_timestamps_staleness: flag("track_timestamps_staleness", false),
        honor_metadata: flag("honor_metadata", false),
        type_and_unit_labels: flag("enable_type_and_unit_labels", false),
        extra_metrics: flag("extra_metrics", false),
        sample_limit: number("sample_limit"),
        label_limit: number("label_limit") as usize,
        label_name_length_limit: number("label_name_length_limit") as usize,
        label_value_length_limit: number("label_value_length_limit") as usize,
        names: if utf8 { Names::Utf8 } else { Names::Legacy },
    };
    let body_limit = config.get("body_size_limit").and_then(Value::as_str);
    let body_limit: Option<usize> =
        body_limit.map(|text| text.trim_end_matches('B').parse().unwrap());

    let mut defaults = PoolConfig::new("j").defaults;
    (defaults.interval, defaults.timeout) = (Duration::from_secs(1), Duration::from_millis(900));
    let mut labels = Labels::new([("__address__", ADDRESS)]).to_builder();
    for (name, value) in case["target_labels"].as_object().into_iter().flatten() {
        labels.set(name.as_str(), value.as_str().unwrap());
    }
    let target = Target::new(&labels.finish(), &defaults).map_err(|error| error.to_string())?;

    let table = SeriesTable::new();
    let extra = options.extra_metrics;
    let mut cache = ScrapeCache::new(&table, target.labels.clone(), Arc::new(options));
    let format = format_of(case["content_type"].as_str(), Protocol::PrometheusText0_0_4);
    assert_eq!(format, Format::Text);
    let bodies = case["bodies"].as_array().expect("bodies");
    // The recording shows the last known metadata with every sample.
    let mut known = BTreeMap::new();
    for (nth, expected) in case["expected"].as_array().expect("scrapes").iter().enumerate() {
        let time_ms = FIRST_SCRAPE_MS + 1000 * nth as i64;
        let body = body(&bodies[nth.min(bodies.len() - 1)]);
        let too_large = body_limit.is_some_and(|limit| body.len() >= limit);
        let result = if too_large {
            cache.fail(time_ms);
            Err("body size limit exceeded".to_owned())
        } else {
            cache.ingest(&body, time_ms, time_ms).map_err(|error| error.to_string())
        };
        let report = Report {
            duration: Duration::from_millis(3),
            timeout: target.timeout,
            body_size_bytes: if too_large { -1 } else { body.len() as i64 },
        };
        let batches = cache.finish(&report);
        if result.is_err() != expected.get("error").is_some() {
            return Err(format!("scrape {nth}: {result:?}, recorded {}", expected["error"]));
        }
        let mut got = rows(&table, &batches, time_ms, &mut known);
        let reports = got.split_off(got.len() - if extra { 8 } else { 5 });
        check_report(&reports, expected).map_err(|error| format!("scrape {nth}: {error}"))?;
        check_samples(got, expected).map_err(|error| format!("scrape {nth}: {error}"))?;
    }
    Ok(())
}

fn body(case: &Value) -> Vec<u8> {
    if let Some(text) = case.get("base64") {
        return decode_base64(text.as_str().expect("text"));
    }
    let mut text = case["text"].as_str().expect("text").to_owned();
    while let Some(start) = text.find("@T").or_else(|| text.find("@S")) {
        let end = start + 1 + text[start + 1..].find('@').expect("closed");
        let ms = BASE_MS + text[start + 2..end].parse::<i64>().unwrap_or(0);
        let shown = if text[start..].starts_with("@T") {
            ms.to_string()
        } else {
            format!("{}.{:03}", ms / 1000, ms % 1000)
        };
        text.replace_range(start..=end, &shown);
    }
    text.into_bytes()
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut have, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|&b| b != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|&a| a == byte).expect("base64") as u32;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}

/// A sent sample in the terms of the expectations.
struct Sent {
    labels: Labels,
    value: f64,
    time_ms: Option<i64>,
    metadata: Option<Metadata>,
}

fn rows(
    table: &SeriesTable,
    batches: &[SampleBatch],
    scrape_ms: i64,
    known: &mut BTreeMap<Labels, Metadata>,
) -> Vec<Sent> {
    let mut rows = Vec::new();
    for batch in batches {
        assert!(batch.len() <= 10_000, "batches are bounded");
        for row in 0..batch.len() {
            let labels = table.labels(batch.series(row));
            let news = batch.metadata.as_deref().unwrap_or_default();
            if let Some(news) = news.iter().find(|news| news.row == row as u32) {
                known.insert(labels.clone(), news.item.clone());
            }
            let is_empty = |m: &&Metadata| {
                m.kind == MetricType::Unknown && m.help.is_empty() && m.unit.is_empty()
            };
            let stale = batch.values[row].to_bits() == STALE_NAN_BITS;
            rows.push(Sent {
                metadata: known.get(&labels).filter(|m| !is_empty(m) && !stale).cloned(),
                labels,
                value: batch.values[row],
                time_ms: Some(batch.timestamp_ms(row)).filter(|&ms| ms != scrape_ms),
            });
        }
    }
    rows
}

fn check_report(reports: &[Sent], expected: &Value) -> Result<(), String> {
    for sent in reports {
        let name = sent.labels.get("__name__").unwrap_or_default();
        if name == "scrape_duration_seconds" {
            continue;
        }
        // What is not recorded is an accident of the reference.
        if let Some(value) = expected["report"].get(name).and_then(Value::as_str)
            && !same_value(value, sent.value)
        {
            return Err(format!("{name} is {}, recorded {value}", sent.value));
        }
        let wanted = expected.get("report_metadata").and_then(|m| m.get(name)).cloned();
        if wanted.is_some() && wanted != sent.metadata.as_ref().map(metadata) {
            return Err(format!("{name} has {:?}, recorded {wanted:?}", sent.metadata));
        }
    }
    Ok(())
}

fn check_samples(mut got: Vec<Sent>, expected: &Value) -> Result<(), String> {
    got.sort_by_key(|sent| labels(&sent.labels).to_string());
    let mut wanted: Vec<&Value> = expected["samples"].as_array().expect("samples").iter().collect();
    wanted.sort_by_key(|sample| sample["labels"].to_string());
    if got.len() != wanted.len() {
        let got: Vec<_> = got.iter().map(|s| format!("{} {}", s.labels, s.value)).collect();
        let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
        return Err(format!("sent {got:#?}, recorded {wanted:#?}"));
    }
    for (sent, wanted) in got.iter().zip(wanted) {
        let time_ms = wanted.get("ts").map(|ts| match ts.as_str() {
            Some(text) => BASE_MS + text.trim_start_matches('T').parse::<i64>().unwrap_or(0),
            None => ts.as_i64().expect("a time"),
        });
        let value = wanted["value"].as_str().expect("a value");
        let same = labels(&sent.labels) == wanted["labels"]
            && same_value(value, sent.value)
            && time_ms == sent.time_ms
            && wanted.get("metadata").cloned() == sent.metadata.as_ref().map(metadata);
        if !same {
            return Err(format!(
                "sent {} {} at {:?} with {:?}, recorded {wanted}",
                sent.labels, sent.value, sent.time_ms, sent.metadata
            ));
        }
    }
    Ok(())
}

/// Labels as recorded: the usual job and instance are left out, missing ones are null.
fn labels(labels: &Labels) -> Value {
    let mut map: serde_json::Map<String, Value> =
        labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    for (name, usual) in [("instance", ADDRESS), ("job", "j")] {
        match map.get(name) {
            Some(value) if value == usual => drop(map.remove(name)),
            Some(_) => {}
            None => drop(map.insert(name.to_owned(), Value::Null)),
        }
    }
    Value::Object(map)
}

fn metadata(metadata: &Metadata) -> Value {
    let kind = match metadata.kind {
        MetricType::Unknown => "unknown",
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::Summary => "summary",
        MetricType::GaugeHistogram | MetricType::Info | MetricType::StateSet => "other",
    };
    json!({"type": kind, "help": &*metadata.help, "unit": &*metadata.unit})
}

fn same_value(recorded: &str, sent: f64) -> bool {
    match recorded {
        "STALE" => sent.to_bits() == STALE_NAN_BITS,
        "NaN" => sent.to_bits() == float::NORMAL_NAN_BITS,
        text => match text.strip_prefix('S') {
            Some(distance) => {
                let ms = BASE_MS + distance.parse::<i64>().expect("a distance");
                sent == ms as f64 / 1000.
            }
            None => float::parse(text) == Some(sent),
        },
    }
}
