//! Labels of samples: what is exposed and what the target says, merged.

use std::sync::Arc;

use alloy_flow_exposition::{KeyLabels, normalize_bounds};
use alloy_telemetry::{Labels, LabelsBuilder, MetricType};
use rustc_hash::FxHashSet;

use crate::cache::ScrapeError;
use crate::options::IngestOptions;

/// The label that holds the metric name.
pub(crate) const NAME: &str = "__name__";
const TYPE_LABEL: &str = "__type__";
/// Prefix of exposed labels that clash with the target's.
const EXPORTED_PREFIX: &str = "exported_";

/// Engine caps (design/performance.md §8), far above what the format's users have.
const MAX_LABELS: usize = 512;
const MAX_NAME_BYTES: usize = 64 << 10;
const MAX_VALUE_BYTES: usize = 1 << 20;

/// The final labels of a series as exposed. `kind` is the type of the last TYPE line, `own_kind` that
/// of the series' own family.
pub(crate) fn sample_labels(
    exposed: &KeyLabels,
    kind: MetricType,
    own_kind: MetricType,
    target: &Labels,
    options: &IngestOptions,
    texts: &mut Texts,
) -> Result<Labels, ScrapeError> {
    let type_label = if options.type_and_unit_labels { type_word(own_kind) } else { None };
    let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(exposed.len() + 2);
    pairs.push((NAME, exposed.name()));
    pairs.extend(exposed.iter().filter(|(name, _)| type_label.is_none() || *name != TYPE_LABEL));
    pairs.extend(type_label.map(|word| (TYPE_LABEL, word)));
    if pairs.len() > MAX_LABELS {
        return Err(ScrapeError::Limit(format!("more than {MAX_LABELS} labels in one sample")));
    }

    let mut builder = LabelsBuilder::default();
    let mut sorted = pairs.clone();
    sorted.sort_unstable();
    for same_name in sorted.chunk_by(|a, b| a.0 == b.0) {
        let [(name, value), rest @ ..] = same_name else { continue };
        // Empty values sort first: one of them drops the label, whatever else it has.
        if value.is_empty() {
            continue;
        }
        if !rest.is_empty() {
            return Err(ScrapeError::Labels(format!("label name {name:?} is not unique")));
        }
        let name = texts.share(name);
        match normalize_bounds(kind, &name, value) {
            Some(bound) => builder.set(name, texts.share(&bound)),
            None => builder.set(name, texts.share(value)),
        }
    }
    if options.honor_labels {
        for (name, value) in target.pairs() {
            // An exposed empty value counts as present.
            if !pairs.iter().any(|(exposed, _)| *exposed == &**name) {
                builder.set(Arc::clone(name), Arc::clone(value));
            }
        }
    } else {
        let mut clashing = Vec::new();
        for (name, value) in target.pairs() {
            let exposed = builder.get(name);
            if !exposed.is_empty() {
                clashing.push((&**name, exposed.to_owned()));
            }
            builder.set(Arc::clone(name), Arc::clone(value));
        }
        rename(&mut builder, clashing);
    }
    let labels = builder.finish();
    check(&labels, options)?;
    Ok(labels)
}

/// Label names and values that series of a target share. Each is stored once.
#[derive(Default)]
pub(crate) struct Texts(FxHashSet<Arc<str>>);

impl Texts {
    fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }

    /// Forgets all. The labels that have the texts keep them.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Labels of a report series.
pub(crate) fn report_labels(name: &str, target: &Labels) -> Labels {
    let mut builder = target.to_builder();
    builder.set(NAME, name);
    builder.finish()
}

/// Gives clashing labels a free name, shortest names first.
fn rename(builder: &mut LabelsBuilder, mut clashing: Vec<(&str, String)>) {
    clashing.sort_by_key(|(name, _)| name.len());
    for (name, value) in clashing {
        let mut free = format!("{EXPORTED_PREFIX}{name}");
        while !builder.get(&free).is_empty() {
            free.insert_str(0, EXPORTED_PREFIX);
        }
        builder.set(free, value);
    }
}

fn check(labels: &Labels, options: &IngestOptions) -> Result<(), ScrapeError> {
    let Some(metric) = labels.get(NAME) else {
        return Err(ScrapeError::Labels("missing metric name".to_owned()));
    };
    let valid = options.names.allows_metric(metric)
        && labels.iter().all(|(name, _)| options.names.allows_label(name));
    if !valid {
        return Err(ScrapeError::Labels(format!("invalid metric name or label names: {labels}")));
    }
    let over = |limit: usize, cap: usize, len: usize| len > cap || (limit > 0 && len > limit);
    if options.label_limit > 0 && labels.len() > options.label_limit {
        return Err(ScrapeError::Limit(format!(
            "label_limit exceeded (metric: {}, number of labels: {}, limit: {})",
            shorten(metric),
            labels.len(),
            options.label_limit
        )));
    }
    for (name, value) in labels.iter() {
        let (what, len, limit) =
            if over(options.label_name_length_limit, MAX_NAME_BYTES, name.len()) {
                ("label_name_length_limit", name.len(), options.label_name_length_limit)
            } else if over(options.label_value_length_limit, MAX_VALUE_BYTES, value.len()) {
                ("label_value_length_limit", value.len(), options.label_value_length_limit)
            } else {
                continue;
            };
        return Err(ScrapeError::Limit(format!(
            "{what} exceeded (metric: {}, label name: {}, length: {len}, limit: {limit})",
            shorten(metric),
            shorten(name),
        )));
    }
    Ok(())
}

/// At most 50 characters, for messages.
fn shorten(text: &str) -> String {
    text.chars().take(50).collect()
}

fn type_word(kind: MetricType) -> Option<&'static str> {
    Some(match kind {
        MetricType::Unknown => return None,
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::GaugeHistogram => "gaugehistogram",
        MetricType::Summary => "summary",
        MetricType::Info => "info",
        MetricType::StateSet => "stateset",
    })
}
