//! Arguments of `otelcol.processor.filter`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, Block};

use crate::ottl::ErrorMode;

/// Arguments of `otelcol.processor.filter`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FilterArgs {
    /// What happens when a condition fails: `ignore`, `silent` or `propagate`.
    #[args(default = ErrorMode::Ignore)]
    pub error_mode: ErrorMode,
    /// Drops spans and span events.
    #[args(block, default)]
    pub traces: TracesBlock,
    /// Drops metrics and data points.
    #[args(block, default)]
    pub metrics: MetricsBlock,
    /// Drops log records.
    #[args(block, default)]
    pub logs: LogsBlock,
    /// Conditions on traces.
    #[args(block)]
    pub trace_conditions: Vec<ConditionsBlock>,
    /// Conditions on metrics.
    #[args(block)]
    pub metric_conditions: Vec<ConditionsBlock>,
    /// Conditions on logs.
    #[args(block)]
    pub log_conditions: Vec<ConditionsBlock>,
    /// Where what is left is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Conditions that drop spans and span events.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TracesBlock {
    /// OTTL conditions; a span that meets one of them is dropped.
    #[args(optional)]
    pub span: Vec<String>,
    /// OTTL conditions; a span event that meets one of them is dropped.
    #[args(optional)]
    pub spanevent: Vec<String>,
}

/// Conditions that drop metrics and data points.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MetricsBlock {
    /// OTTL conditions; a metric that meets one of them is dropped.
    #[args(optional)]
    pub metric: Vec<String>,
    /// OTTL conditions; a data point that meets one of them is dropped.
    #[args(optional)]
    pub datapoint: Vec<String>,
}

/// Conditions that drop log records.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct LogsBlock {
    /// OTTL conditions; a log record that meets one of them is dropped.
    #[args(optional)]
    pub log_record: Vec<String>,
}

/// Conditions of one context.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ConditionsBlock {
    /// What the conditions look at, such as `span` or `resource`; found out from their paths if
    /// not set.
    #[args(default = "")]
    pub context: String,
    /// OTTL conditions; what meets one of them is dropped.
    pub conditions: Vec<String>,
}

impl FilterArgs {
    fn check(&self) -> Result<(), String> {
        let signals = [
            (
                "trace_conditions",
                !self.trace_conditions.is_empty(),
                "traces",
                self.traces != TracesBlock { span: Vec::new(), spanevent: Vec::new() },
            ),
            (
                "metric_conditions",
                !self.metric_conditions.is_empty(),
                "metrics",
                self.metrics != MetricsBlock { metric: Vec::new(), datapoint: Vec::new() },
            ),
            (
                "log_conditions",
                !self.log_conditions.is_empty(),
                "logs",
                !self.logs.log_record.is_empty(),
            ),
        ];
        match signals.iter().find(|(_, new, _, old)| *new && *old) {
            Some((new, _, old, _)) => Err(format!(
                "cannot use {new} and {old} at the same time: move the conditions of {old} to {new}"
            )),
            None => Ok(()),
        }
    }
}
