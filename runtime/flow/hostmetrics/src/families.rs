//! Collects metrics by family.

use std::collections::btree_map::{BTreeMap, Entry};

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// Families under construction. What contradicts an earlier metric (other type or help, same
/// labels) is left out and remembered as an error.
#[derive(Default)]
pub(crate) struct Families {
    by_name: BTreeMap<String, MetricFamily>,
    errors: Vec<String>,
}

impl Families {
    /// Adds a gauge.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::default();
        metric.set_gauge(gauge);
        self.push(name, help, MetricType::GAUGE, labels, metric);
    }

    /// Adds a counter.
    pub(crate) fn counter(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        let mut counter = Counter::default();
        counter.set_value(value);
        let mut metric = Metric::default();
        metric.set_counter(counter);
        self.push(name, help, MetricType::COUNTER, labels, metric);
    }

    /// Adds a metric without a type.
    pub(crate) fn untyped(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.push(name, help, MetricType::UNTYPED, labels, untyped(value));
    }

    /// Adds `metric`, whose own labels are replaced by `labels`.
    pub(crate) fn push(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        labels: &[(&str, &str)],
        mut metric: Metric,
    ) {
        let mut pairs: Vec<LabelPair> = labels.iter().map(|(n, v)| pair(n, v)).collect();
        pairs.sort_by(|a, b| a.name().cmp(b.name()));
        metric.set_label(pairs);
        let family = match self.by_name.entry(name.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let mut family = MetricFamily::default();
                family.set_name(name.to_owned());
                family.set_help(help.to_owned());
                family.set_field_type(kind);
                free.insert(family)
            }
        };
        if family.get_field_type() != kind {
            self.errors.push(format!("metric {name} is collected with two types"));
        } else if family.help() != help {
            self.errors.push(format!("metric {name} is collected with two help texts"));
        } else {
            family.mut_metric().push(metric);
        }
    }

    /// Adds everything of `other`, by the same rules.
    pub(crate) fn merge(&mut self, other: Self) {
        self.errors.extend(other.errors);
        for (name, mut family) in other.by_name {
            let metrics = family.take_metric();
            match self.by_name.entry(name) {
                Entry::Vacant(free) => {
                    family.set_metric(metrics);
                    free.insert(family);
                }
                Entry::Occupied(mut known) => {
                    let same = known.get().get_field_type() == family.get_field_type()
                        && known.get().help() == family.help();
                    if same {
                        known.get_mut().mut_metric().extend(metrics);
                    } else {
                        let name = known.key();
                        self.errors.push(format!("metric {name} is collected inconsistently"));
                    }
                }
            }
        }
    }

    /// The families by name, their metrics sorted by label values, and what was left out.
    pub(crate) fn finish(self) -> (Vec<MetricFamily>, Vec<String>) {
        let mut errors = self.errors;
        let mut families: Vec<MetricFamily> = self.by_name.into_values().collect();
        for family in &mut families {
            let mut metrics = family.take_metric();
            metrics.sort_by(|a, b| key(a).cmp(&key(b)));
            let before = metrics.len();
            metrics.dedup_by(|later, first| later.get_label() == first.get_label());
            if metrics.len() < before {
                errors.push(format!(
                    "metric {} is collected {} times too often with the same labels",
                    family.name(),
                    before - metrics.len()
                ));
            }
            family.set_metric(metrics);
        }
        families.retain(|family| !family.get_metric().is_empty());
        (families, errors)
    }
}

fn key(metric: &Metric) -> (usize, Vec<&str>) {
    let labels = metric.get_label();
    (labels.len(), labels.iter().map(LabelPair::value).collect())
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

#[expect(deprecated, reason = "the model still carries untyped metrics, and so do we")]
pub(crate) fn untyped(value: f64) -> Metric {
    let mut untyped = prometheus::proto::Untyped::default();
    untyped.set_value(value);
    let mut metric = Metric::default();
    metric.set_untyped(untyped);
    metric
}
