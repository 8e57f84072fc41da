//! A batch as exposition text.

use std::collections::BTreeMap;

use alloy_flow_exposition::encode;
use alloy_telemetry::{Histogram, Labels, Metadata, SampleBatch, SeriesTable, is_stale};

/// Appends `batch` to `out`: one line per sample, by name and labels; series that ended as comments.
pub(super) fn render(batch: &SampleBatch, table: &SeriesTable, out: &mut String) {
    let mut labels = Vec::with_capacity(batch.len());
    table.labels_of((0..batch.len()).map(|row| batch.series(row)), &mut labels);
    let mut order: Vec<usize> = (0..batch.len()).collect();
    order.sort_by(|&a, &b| {
        let key = |row: usize| (name(&labels[row]), &labels[row], batch.timestamp_ms(row));
        key(a).cmp(&key(b))
    });
    let metadata: BTreeMap<u32, &Metadata> =
        batch.metadata.iter().flat_map(|m| m.iter()).map(|row| (row.row, &row.item)).collect();
    let histograms: BTreeMap<u32, &Histogram> =
        batch.histograms.iter().flat_map(|h| h.iter()).map(|row| (row.row, &row.item)).collect();
    for row in order {
        let (series, time_ms) = (&labels[row], batch.timestamp_ms(row));
        if let Some(metadata) = metadata.get(&(row as u32)) {
            encode::header(out, &metadata.family, &metadata.help, encode::type_word(metadata));
        }
        if let Some(histogram) = histograms.get(&(row as u32)) {
            for (suffix, value) in [("_sum", histogram.sum), ("_count", histogram.count)] {
                let name = format!("{}{suffix}", name(series));
                encode::sample(out, &name, pairs(series), value, Some(time_ms));
            }
            continue;
        }
        if is_stale(batch.values[row]) {
            out.push_str("# stale: ");
        }
        encode::sample(out, name(series), pairs(series), batch.values[row], Some(time_ms));
    }
}

fn name(labels: &Labels) -> &str {
    labels.get("__name__").unwrap_or_default()
}

fn pairs(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().filter(|(name, _)| *name != "__name__")
}
