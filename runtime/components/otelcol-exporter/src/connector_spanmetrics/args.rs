//! Arguments of `otelcol.connector.spanmetrics`.

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, Block, GoDuration};

use crate::latency::LATENCY_BUCKETS;

/// Dimensions that every metric has.
const BUILT_IN_DIMENSIONS: [&str; 4] = ["service.name", "span.name", "span.kind", "status.code"];

/// Arguments of `otelcol.connector.spanmetrics`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SpanMetricsArgs {
    /// Dimensions to leave out of those that every metric has.
    #[args(optional)]
    pub exclude_dimensions: Vec<String>,
    /// Most sets of dimensions to remember.
    #[args(default = 0, deprecated = "use aggregation_cardinality_limit instead")]
    pub dimensions_cache_size: i64,
    /// Most resources to remember.
    #[args(default = 1000)]
    pub resource_metrics_cache_size: i64,
    /// Resource attributes that tell resources apart; all when empty.
    #[args(optional)]
    pub resource_metrics_key_attributes: Vec<String>,
    /// Most sets of dimensions of a resource; further ones are counted together. 0 for no limit.
    #[args(default = 0)]
    pub aggregation_cardinality_limit: i64,
    /// What metrics count from: `CUMULATIVE` (the start) or `DELTA` (the last time they were sent).
    #[args(default = "CUMULATIVE")]
    pub aggregation_temporality: String,
    /// How often metrics are sent.
    #[args(default = "1m")]
    pub metrics_flush_interval: GoDuration,
    /// How long a resource without new spans is kept; 0 for ever.
    #[args(default = "0s")]
    pub metrics_expiration: GoDuration,
    /// How long a set of dimensions without new spans is kept; 0 for ever.
    #[args(default = "0s")]
    pub series_expiration: GoDuration,
    /// Most series whose last time is remembered, with `DELTA`.
    #[args(default = 1000)]
    pub metric_timestamp_cache_size: i64,
    /// Beginning of the metrics' names.
    #[args(default = "traces.span.metrics")]
    pub namespace: String,
    /// Instrumentation scopes whose name becomes a dimension.
    #[args(optional)]
    pub include_instrumentation_scope: Vec<String>,
    /// Adds a dimension with an id of this instance.
    #[args(default = false)]
    pub include_collector_instance_id: bool,
    /// Dimensions to add to all metrics.
    #[args(block, name = "dimension")]
    pub dimensions: Vec<DimensionBlock>,
    /// Dimensions to add to the number of spans.
    #[args(block, name = "calls_dimension")]
    pub calls_dimensions: Vec<DimensionBlock>,
    /// The histogram of durations.
    #[args(block)]
    pub histogram: HistogramBlock,
    /// Examples of spans in the metrics.
    #[args(block, default)]
    pub exemplars: ExemplarsBlock,
    /// The metric of span events.
    #[args(block, default)]
    pub events: EventsBlock,
    /// Where the metrics go.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// A dimension: an attribute of the span or of its resource.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DimensionBlock {
    /// Name of the attribute.
    #[args(default = "")]
    pub name: String,
    /// Value where there is no such attribute. Without it, there is no such dimension either.
    pub default: Option<String>,
    /// Pattern for the names of several attributes, instead of `name`.
    #[args(default = "")]
    pub glob: String,
}

/// The histogram of durations.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HistogramBlock {
    /// Makes no histogram.
    #[args(default = false)]
    pub disable: bool,
    /// Unit of durations: `ms` or `s`.
    #[args(default = "ms")]
    pub unit: String,
    /// Dimensions to add to the histogram.
    #[args(block, name = "dimension")]
    pub dimensions: Vec<DimensionBlock>,
    /// Buckets that widen exponentially.
    #[args(block)]
    pub exponential: Option<ExponentialBlock>,
    /// Buckets with given bounds.
    #[args(block)]
    pub explicit: Option<ExplicitBlock>,
}

/// Buckets that widen exponentially.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ExponentialBlock {
    /// Most buckets.
    #[args(default = 160)]
    pub max_size: i32,
}

/// Buckets with given bounds.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ExplicitBlock {
    /// Bounds of the buckets.
    #[args(default = LATENCY_BUCKETS.to_vec())]
    pub buckets: Vec<Duration>,
}

/// Examples of spans in the metrics.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ExemplarsBlock {
    /// Adds examples.
    #[args(default = false)]
    pub enabled: bool,
    /// Most examples of a data point; 0 for no limit.
    #[args(default = 5)]
    pub max_per_data_point: i64,
}

/// The metric of span events.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct EventsBlock {
    /// Makes the metric.
    #[args(default = false)]
    pub enabled: bool,
    /// Attributes of span events that are its dimensions.
    #[args(block, name = "dimension")]
    pub dimensions: Vec<DimensionBlock>,
}

impl SpanMetricsArgs {
    fn check(&self) -> Result<(), String> {
        if !["CUMULATIVE", "DELTA"].contains(&self.aggregation_temporality.as_str()) {
            return Err(format!(
                "invalid aggregation_temporality: {}",
                self.aggregation_temporality
            ));
        }
        if self.metrics_flush_interval.0 <= 0 {
            return Err("metrics_flush_interval must be greater than 0".to_owned());
        }
        distinct(&self.dimensions, &BUILT_IN_DIMENSIONS)
            .map_err(|reason| format!("failed validating dimensions: {reason}"))?;
        if self.events.enabled {
            let events = &self.events.dimensions;
            let found = if events.is_empty() {
                Err("no dimensions configured for events".to_owned())
            } else {
                distinct(events, &[])
            };
            found.map_err(|reason| format!("failed validating event dimensions: {reason}"))?;
        }
        for (name, expiration) in [
            ("metrics_expiration", self.metrics_expiration),
            ("series_expiration", self.series_expiration),
        ] {
            if expiration.0 < 0 {
                return Err(format!(
                    "invalid {name}: {expiration}, the duration should be positive"
                ));
            }
        }
        if self.aggregation_temporality == "DELTA" && self.metric_timestamp_cache_size <= 0 {
            return Err(format!(
                "invalid delta timestamp cache size: {}, the maximum number of the items in the \
                 cache should be positive",
                self.metric_timestamp_cache_size
            ));
        }
        Ok(())
    }
}

/// Finds a dimension that is there twice.
fn distinct(dimensions: &[DimensionBlock], taken: &[&str]) -> Result<(), String> {
    let mut names: BTreeSet<&str> = taken.iter().copied().collect();
    let mut named = dimensions.iter().map(|dimension| dimension.name.as_str());
    match named.find(|name| !name.is_empty() && !names.insert(name)) {
        Some(name) => Err(format!("duplicate dimension name {name:?}")),
        None => Ok(()),
    }
}

impl HistogramBlock {
    fn check(&self) -> Result<(), String> {
        if !["ms", "s"].contains(&self.unit.as_str()) {
            return Err(format!(
                "unknown unit {:?}, allowed units are \"ms\" and \"s\"",
                self.unit
            ));
        }
        if self.exponential.is_some() && self.explicit.is_some() {
            return Err("only one of exponential or explicit histogram configuration can be \
                        specified"
                .to_owned());
        }
        Ok(())
    }
}

impl ExemplarsBlock {
    fn check(&self) -> Result<(), String> {
        if self.max_per_data_point < 0 {
            return Err(format!(
                "invalid max_per_data_point: {}, the value should be positive",
                self.max_per_data_point
            ));
        }
        Ok(())
    }
}
