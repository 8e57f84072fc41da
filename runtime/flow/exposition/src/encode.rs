//! Writes metric families as text 0.0.4.

use alloy_telemetry::Metadata;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

use crate::float;

/// `Content-Type` of the encoded text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Appends `families` to `out` in their order, the metrics of each sorted by their labels.
pub fn text(families: &[MetricFamily], out: &mut String) {
    for family in families {
        let metrics = family.get_metric();
        if metrics.is_empty() {
            continue;
        }
        header(out, family.name(), family.help(), kind_word(family.get_field_type()));
        let mut sorted: Vec<(Vec<&LabelPair>, &Metric)> =
            metrics.iter().map(|metric| (sorted_labels(metric), metric)).collect();
        sorted.sort_by(|(a, _), (b, _)| {
            let pair = |p: &&LabelPair| (p.name().to_owned(), p.value().to_owned());
            a.iter().map(pair).cmp(b.iter().map(pair))
        });
        for (labels, metric) in sorted {
            write_metric(out, family, &labels, metric);
        }
    }
}

/// Appends the `# HELP` and `# TYPE` lines of a family.
pub fn header(out: &mut String, name: &str, help: &str, kind: &str) {
    if !help.is_empty() {
        out.push_str("# HELP ");
        out.push_str(name);
        out.push(' ');
        escape(out, help, false);
        out.push('\n');
    }
    out.push_str("# TYPE ");
    out.push_str(name);
    out.push(' ');
    out.push_str(kind);
    out.push('\n');
}

/// Appends one sample line. `labels` are written in the order given.
pub fn sample<'l>(
    out: &mut String,
    name: &str,
    labels: impl IntoIterator<Item = (&'l str, &'l str)>,
    value: f64,
    timestamp_ms: Option<i64>,
) {
    out.push_str(name);
    let mut open = false;
    for (label, text) in labels {
        out.push(if open { ',' } else { '{' });
        open = true;
        out.push_str(label);
        out.push_str("=\"");
        escape(out, text, true);
        out.push('"');
    }
    if open {
        out.push('}');
    }
    out.push(' ');
    float::write(out, value);
    if let Some(ms) = timestamp_ms {
        out.push(' ');
        out.push_str(&ms.to_string());
    }
    out.push('\n');
}

/// The format's word for a family's type.
pub fn type_word(metadata: &Metadata) -> &'static str {
    use alloy_telemetry::MetricType as T;
    match metadata.kind {
        T::Counter => "counter",
        T::Gauge => "gauge",
        T::Histogram => "histogram",
        T::Summary => "summary",
        T::Unknown | T::GaugeHistogram | T::Info | T::StateSet => "untyped",
    }
}

fn kind_word(kind: MetricType) -> &'static str {
    match kind {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        MetricType::SUMMARY => "summary",
        MetricType::UNTYPED => "untyped",
    }
}

fn sorted_labels(metric: &Metric) -> Vec<&LabelPair> {
    let mut labels: Vec<_> = metric.get_label().iter().collect();
    labels.sort_by(|a, b| a.name().cmp(b.name()));
    labels
}

fn write_metric(out: &mut String, family: &MetricFamily, labels: &[&LabelPair], metric: &Metric) {
    let name = family.name();
    let timestamp_ms = Some(metric.timestamp_ms()).filter(|&ms| ms != 0);
    let mut line = |suffix: &str, extra: Option<(&str, f64)>, value: f64| {
        let name = format!("{name}{suffix}");
        let mut pairs: Vec<_> = labels.iter().map(|p| (p.name(), p.value())).collect();
        let mut bound = String::new();
        if let Some((label, at)) = extra {
            float::write(&mut bound, at);
            pairs.push((label, &bound));
        }
        sample(out, &name, pairs, value, timestamp_ms);
    };
    match family.get_field_type() {
        MetricType::COUNTER => line("", None, metric.get_counter().get_value()),
        MetricType::GAUGE => line("", None, metric.get_gauge().get_value()),
        MetricType::UNTYPED => line("", None, untyped_value(metric)),
        MetricType::SUMMARY => {
            let summary = metric.get_summary();
            for quantile in summary.get_quantile() {
                line("", Some(("quantile", quantile.quantile())), quantile.value());
            }
            line("_sum", None, summary.sample_sum());
            line("_count", None, summary.sample_count() as f64);
        }
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let count = histogram.get_sample_count() as f64;
            let mut infinite = false;
            for bucket in histogram.get_bucket() {
                infinite |= bucket.upper_bound() == f64::INFINITY;
                line(
                    "_bucket",
                    Some(("le", bucket.upper_bound())),
                    bucket.cumulative_count() as f64,
                );
            }
            if !infinite {
                line("_bucket", Some(("le", f64::INFINITY)), count);
            }
            line("_sum", None, histogram.get_sample_sum());
            line("_count", None, count);
        }
    }
}

#[expect(deprecated, reason = "the only way to read an untyped value")]
fn untyped_value(metric: &Metric) -> f64 {
    metric.get_untyped().get_value()
}

fn escape(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use prometheus::{Gauge, Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

    use super::*;

    #[test]
    fn families_are_written_sorted_and_escaped() {
        let registry = Registry::new();
        let hits =
            IntCounterVec::new(Opts::new("hits_total", "Hits.\\ \"by\"\nkind."), &["z", "a"])
                .unwrap();
        hits.with_label_values(&["2", "q\"\\\n"]).inc_by(3);
        hits.with_label_values(&["1", "b"]).inc_by(2_000_000);
        let buckets = HistogramOpts::new("latency", "L.").buckets(vec![0.5, 1.]);
        let latency = Histogram::with_opts(buckets).unwrap();
        latency.observe(0.75);
        let gauge = Gauge::new("size", "S.").unwrap();
        gauge.set(f64::NAN);
        registry.register(Box::new(hits)).unwrap();
        registry.register(Box::new(latency)).unwrap();
        registry.register(Box::new(gauge)).unwrap();
        let mut out = String::new();
        text(&registry.gather(), &mut out);
        expect![[r#"
            # HELP hits_total Hits.\\ "by"\nkind.
            # TYPE hits_total counter
            hits_total{a="b",z="1"} 2e+06
            hits_total{a="q\"\\\n",z="2"} 3
            # HELP latency L.
            # TYPE latency histogram
            latency_bucket{le="0.5"} 0
            latency_bucket{le="1"} 1
            latency_bucket{le="+Inf"} 1
            latency_sum 0.75
            latency_count 1
            # HELP size S.
            # TYPE size gauge
            size NaN
        "#]]
        .assert_eq(&out);
    }
}
