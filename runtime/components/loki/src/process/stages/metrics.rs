//! The stage that makes metrics from entries.

use std::time::Duration;

use alloy_value::Block;

/// Shortest `max_idle_duration`.
const MIN_IDLE: Duration = Duration::from_secs(1);
/// What a counter can do.
const COUNTER_ACTIONS: [&str; 2] = ["inc", "add"];
/// What a gauge can do.
const GAUGE_ACTIONS: [&str; 5] = ["set", "inc", "dec", "add", "sub"];

/// Makes metrics from entries, with the labels that an entry has at this point.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MetricsStage {
    /// The metrics.
    #[args(enumerated, name = "metric")]
    pub metrics: Vec<Metric>,
}

/// A metric.
#[derive(Block, Clone, Debug, PartialEq)]
pub enum Metric {
    /// A value that only grows.
    Counter(CounterMetric),
    /// A value that goes up and down.
    Gauge(GaugeMetric),
    /// A distribution of values.
    Histogram(HistogramMetric),
}

/// What all metrics have in common.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MetricBase {
    /// Name, without `prefix`.
    pub name: String,
    /// Help text.
    #[args(default = "")]
    pub description: String,
    /// Extracted value to take; the one called `name` if empty.
    #[args(default = "")]
    pub source: String,
    /// Begin of the metric's name; `loki_process_custom_` if empty.
    #[args(default = "")]
    pub prefix: String,
    /// How long a series stays after its last change, at least `1s`.
    #[args(default = "5m")]
    pub max_idle_duration: Duration,
    /// Takes only entries whose extracted value is this text.
    #[args(default = "")]
    pub value: String,
}

impl MetricBase {
    fn check(&self) -> Result<(), String> {
        if self.max_idle_duration < MIN_IDLE {
            return Err("max_idle_duration must be greater or equal than 1s".to_owned());
        }
        Ok(())
    }
}

/// A value that only grows.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct CounterMetric {
    /// What all metrics have in common.
    #[args(squash)]
    pub base: MetricBase,
    /// `inc` counts entries, `add` adds up their values.
    pub action: String,
    /// Counts every entry, with or without the extracted value. Excludes `value`.
    #[args(default = false)]
    pub match_all: bool,
    /// Adds up the bytes of the lines; needs `match_all` and the action `add`.
    #[args(default = false)]
    pub count_entry_bytes: bool,
}

impl CounterMetric {
    fn check(&self) -> Result<(), String> {
        self.base.check()?;
        let message = match () {
            () if !COUNTER_ACTIONS.contains(&&*self.action) => {
                "the 'action' counter field must be either 'inc' or 'add'"
            }
            () if self.match_all && !self.base.value.is_empty() => {
                "a 'counter' metric supports either 'match_all' or a 'value', but not both"
            }
            () if self.count_entry_bytes && !(self.match_all && self.action == "add") => {
                "the 'count_entry_bytes' counter field must be specified along with match_all set \
                 to true or action set to 'add'"
            }
            () => return Ok(()),
        };
        Err(message.to_owned())
    }
}

/// A value that goes up and down.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct GaugeMetric {
    /// What all metrics have in common.
    #[args(squash)]
    pub base: MetricBase,
    /// What an entry does: `set`, `inc`, `dec`, `add` or `sub`.
    pub action: String,
}

impl GaugeMetric {
    fn check(&self) -> Result<(), String> {
        self.base.check()?;
        match GAUGE_ACTIONS.contains(&&*self.action) {
            true => Ok(()),
            false => Err("the 'action' gauge field must be one of 'set', 'inc', 'dec', 'add' or \
                          'sub'"
                .to_owned()),
        }
    }
}

/// A distribution of values.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HistogramMetric {
    /// What all metrics have in common.
    #[args(squash)]
    pub base: MetricBase,
    /// Upper bounds of the buckets, rising; the usual ones of Prometheus if empty.
    pub buckets: Vec<f64>,
}

impl HistogramMetric {
    fn check(&self) -> Result<(), String> {
        self.base.check()?;
        match self.buckets.windows(2).find(|pair| !matches!(pair, [a, b] if a < b)) {
            Some([a, b]) => {
                Err(format!("histogram buckets must be in increasing order: {a} >= {b}"))
            }
            _ => Ok(()),
        }
    }
}
