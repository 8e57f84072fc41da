//! What flows by as text for live debugging (spec/components/_common-prometheus.md).

use std::fmt::Write as _;

use alloy_component::{DebugData, Publisher};
use alloy_telemetry::{Histogram, Labels, MetricType, SampleBatch, SeriesTable};

/// Publishes everything in a batch, one item each. Costs one atomic load while nobody watches.
pub(crate) fn publish_batch(publisher: &Publisher, series: &SeriesTable, batch: &SampleBatch) {
    if !publisher.is_watched() {
        return;
    }
    let mut labels = Vec::with_capacity(batch.len());
    series.labels_of((0..batch.len()).map(|row| batch.series(row)), &mut labels);
    let item = |text: &dyn Fn() -> String| {
        publisher.publish(DebugData::PrometheusMetric, 1, text);
    };
    for row in batch.metadata.iter().flat_map(|rows| rows.iter()) {
        let Some(labels) = labels.get(row.row as usize) else { continue };
        let (kind, unit, help) = (kind(row.item.kind), &row.item.unit, &row.item.help);
        item(&|| {
            format!("metadata: labels={labels}, type=\"{kind}\", unit=\"{unit}\", help=\"{help}\"")
        });
    }
    let mut histograms = batch.histograms.iter().flat_map(|rows| rows.iter()).peekable();
    for (row, labels) in labels.iter().enumerate() {
        let ts = batch.timestamp_ms(row);
        match histograms.next_if(|histogram| histogram.row as usize == row) {
            Some(histogram) => item(&|| {
                let name = if histogram.item.is_float { "float_histogram" } else { "histogram" };
                let value = histogram_text(&histogram.item);
                format!("{name}: ts={ts}, labels={labels}, value={value}")
            }),
            None => item(&|| {
                format!("sample: ts={ts}, labels={labels}, value={}", fixed(batch.values[row]))
            }),
        }
    }
    for row in batch.exemplars.iter().flat_map(|rows| rows.iter()) {
        let Some(labels) = labels.get(row.row as usize) else { continue };
        let ts = row.item.timestamp_ms.unwrap_or_else(|| batch.timestamp_ms(row.row as usize));
        item(&|| {
            let (of, value) = (&row.item.labels, fixed(row.item.value));
            format!("exemplar: ts={ts}, labels={labels}, exemplar_labels={of}, value={value}")
        });
    }
}

/// Publishes what becomes of one set of labels; nothing of one that is dropped.
pub(crate) fn publish_relabelled(publisher: &Publisher, before: &Labels, after: Option<&Labels>) {
    publisher.publish(DebugData::PrometheusMetric, u64::from(after.is_some()), || {
        format!("{before} => {}", after.cloned().unwrap_or_default())
    });
}

const fn kind(kind: MetricType) -> &'static str {
    match kind {
        MetricType::Unknown => "unknown",
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::GaugeHistogram => "gaugehistogram",
        MetricType::Summary => "summary",
        MetricType::Info => "info",
        MetricType::StateSet => "stateset",
    }
}

/// With six digits after the point.
fn fixed(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => format!("{value:.6}"),
    }
}

/// `{count:3, sum:4.5, [-2,-1):1, [-0.1,0.1]:1, (1,2]:1}`: buckets from the lowest to the highest.
fn histogram_text(histogram: &Histogram) -> String {
    let mut text = format!("{{count:{}, sum:{}", histogram.count, histogram.sum);
    let bound = |index: i32| bound(histogram, index);
    let negative = counts(&histogram.negative_spans, histogram, false);
    for (index, count) in negative.into_iter().rev() {
        push(&mut text, '[', -bound(index), -bound(index - 1), ')', count);
    }
    if histogram.zero_count != 0.0 {
        let zero = histogram.zero_threshold;
        push(&mut text, '[', -zero, zero, ']', histogram.zero_count);
    }
    for (index, count) in counts(&histogram.positive_spans, histogram, true) {
        push(&mut text, '(', bound(index - 1), bound(index), ']', count);
    }
    text.push('}');
    text
}

fn push(text: &mut String, open: char, low: f64, high: f64, close: char, count: f64) {
    let (low, high) = (shortest(low), shortest(high));
    // Writing to a string cannot fail.
    let _written = write!(text, ", {open}{low},{high}{close}:{count}");
}

/// With as many digits as it needs.
fn shortest(value: f64) -> String {
    match value.is_finite() {
        true => value.to_string(),
        false => fixed(value),
    }
}

/// Upper bound of a bucket.
fn bound(histogram: &Histogram, index: i32) -> f64 {
    /// Schema of histograms with bounds of their own.
    const CUSTOM: i32 = -53;
    if histogram.schema == CUSTOM {
        return match usize::try_from(index) {
            Err(_) => f64::NEG_INFINITY,
            Ok(index) => histogram.custom_values.get(index).copied().unwrap_or(f64::INFINITY),
        };
    }
    (f64::from(index) * 2f64.powi(-histogram.schema)).exp2()
}

/// Indices and counts of the buckets of one side that hold something.
fn counts(spans: &[(i32, u32)], histogram: &Histogram, positive: bool) -> Vec<(i32, f64)> {
    let (deltas, floats) = match positive {
        true => (&histogram.positive_deltas, &histogram.positive_counts),
        false => (&histogram.negative_deltas, &histogram.negative_counts),
    };
    let mut counts = Vec::new();
    let (mut index, mut nth, mut running) = (0i32, 0usize, 0i64);
    for &(offset, length) in spans {
        index = index.saturating_add(offset);
        for _ in 0..length {
            let count = if histogram.is_float {
                floats.get(nth).copied()
            } else {
                deltas.get(nth).map(|delta| {
                    running = running.saturating_add(*delta);
                    running as f64
                })
            };
            // Spans may promise more buckets than there are.
            let Some(count) = count else { return counts };
            if count != 0.0 {
                counts.push((index, count));
            }
            nth += 1;
            index = index.saturating_add(1);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_component::LiveDebugging;
    use alloy_telemetry::{Exemplar, Metadata, Refs, Row, Timestamps};
    use expect_test::expect;

    use super::*;

    #[test]
    fn everything_in_a_batch_is_one_item_each() {
        let table = SeriesTable::new();
        let mut owner = table.owner();
        let refs: Arc<[_]> = ["m", "h", "f"]
            .into_iter()
            .map(|name| owner.intern(&Labels::new([("__name__", name), ("job", "j")])))
            .collect();
        let histogram = Histogram {
            count: 7.0,
            sum: 4.5,
            zero_threshold: 0.001,
            zero_count: 1.0,
            positive_spans: vec![(0, 2), (1, 1)],
            positive_deltas: vec![1, 1, -1],
            negative_spans: vec![(1, 1)],
            negative_deltas: vec![2],
            ..Histogram::default()
        };
        let float = Histogram {
            is_float: true,
            count: 1.5,
            sum: 2.0,
            schema: -53,
            custom_values: vec![0.5, 1.0],
            positive_spans: vec![(1, 2)],
            positive_counts: vec![1.0, 0.5, 9.0],
            ..Histogram::default()
        };
        let exemplar = Exemplar {
            labels: Labels::new([("trace_id", "t")]),
            value: 0.5,
            timestamp_ms: Some(9),
        };
        let metadata = Metadata {
            family: "m".into(),
            kind: MetricType::Counter,
            help: "Help.".into(),
            unit: "seconds".into(),
        };
        let batch = SampleBatch {
            hold: owner.hold(),
            refs: Refs::List(refs),
            values: [1.0, 0.0, 0.0].into(),
            timestamps: Timestamps::One(5),
            histograms: Some([Row { row: 1, item: histogram }, Row { row: 2, item: float }].into()),
            exemplars: Some([Row { row: 0, item: exemplar }].into()),
            metadata: Some([Row { row: 0, item: metadata }].into()),
            created: None,
            ack: None,
        };
        let service = LiveDebugging::new();
        service.set_enabled(true);
        let id: Arc<str> = "prometheus.scrape.s".into();
        let publisher = service.publisher(&id);
        let items = service.watch(&id, 1.0).unwrap();
        publish_batch(&publisher, &table, &batch);
        publish_relabelled(&publisher, &Labels::new([("a", "b")]), None);
        expect![[r#"
            metadata: labels={__name__="m", job="j"}, type="counter", unit="seconds", help="Help."
            sample: ts=5, labels={__name__="m", job="j"}, value=1.000000
            histogram: ts=5, labels={__name__="h", job="j"}, value={count:7, sum:4.5, [-2,-1):2, [-0.001,0.001]:1, (0.5,1]:1, (1,2]:2, (4,8]:1}
            float_histogram: ts=5, labels={__name__="f", job="j"}, value={count:1.5, sum:2, (0.5,1]:1, (1,+Inf]:0.5}
            exemplar: ts=9, labels={__name__="m", job="j"}, exemplar_labels={trace_id="t"}, value=0.500000
            {a="b"} => {}"#]]
        .assert_eq(&items.take().unwrap().items.join("\n"));
    }
}
