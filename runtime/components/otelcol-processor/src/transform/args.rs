//! Arguments of `otelcol.processor.transform`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, Block};

use crate::ottl::ErrorMode;

/// Arguments of `otelcol.processor.transform`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TransformArgs {
    /// What happens when a statement fails: `ignore`, `silent` or `propagate`.
    #[args(default = ErrorMode::Ignore)]
    pub error_mode: ErrorMode,
    /// Statements whose context is found out from their paths.
    #[args(block, default)]
    pub statements: StatementsBlock,
    /// Statements on traces, in one context.
    #[args(block)]
    pub trace_statements: Vec<ContextStatementsBlock>,
    /// Statements on metrics, in one context.
    #[args(block)]
    pub metric_statements: Vec<ContextStatementsBlock>,
    /// Statements on logs, in one context.
    #[args(block)]
    pub log_statements: Vec<ContextStatementsBlock>,
    /// Where the result is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Statements by signal; their paths begin with their context, as in `span.name`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StatementsBlock {
    /// OTTL statements for traces.
    #[args(optional)]
    pub trace: Vec<String>,
    /// OTTL statements for metrics.
    #[args(optional)]
    pub metric: Vec<String>,
    /// OTTL statements for logs.
    #[args(optional)]
    pub log: Vec<String>,
}

/// Statements that run for each item of one context.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ContextStatementsBlock {
    /// What the statements run for: `resource`, `scope`, and by signal `span` or `spanevent`,
    /// `metric` or `datapoint`, `log`.
    pub context: Context,
    /// OTTL conditions; the statements run for items that meet one of them, or for all if there
    /// are none.
    #[args(optional)]
    pub conditions: Vec<String>,
    /// OTTL statements.
    pub statements: Vec<String>,
    /// As the component's `error_mode`, for these statements.
    pub error_mode: Option<ErrorMode>,
}

/// What statements run for.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown context {}", any_case)]
pub enum Context {
    /// Each resource.
    Resource,
    /// Each instrumentation scope.
    Scope,
    /// Each span.
    Span,
    /// Each event of each span.
    SpanEvent,
    /// Each metric.
    Metric,
    /// Each data point of each metric.
    DataPoint,
    /// Each log record.
    Log,
}

impl Context {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::Span => "span",
            Self::SpanEvent => "spanevent",
            Self::Metric => "metric",
            Self::DataPoint => "datapoint",
            Self::Log => "log",
        }
    }
}

impl TransformArgs {
    fn check(&self) -> Result<(), String> {
        use Context::{DataPoint, Log, Metric, Resource, Scope, Span, SpanEvent};
        contexts("trace", &self.trace_statements, &[Resource, Scope, Span, SpanEvent])?;
        contexts("metric", &self.metric_statements, &[Resource, Scope, Metric, DataPoint])?;
        contexts("log", &self.log_statements, &[Resource, Scope, Log])
    }
}

/// Refuses contexts that a signal does not have.
fn contexts(
    signal: &str,
    groups: &[ContextStatementsBlock],
    known: &[Context],
) -> Result<(), String> {
    match groups.iter().find(|group| !known.contains(&group.context)) {
        Some(group) => Err(format!(
            "unknown context {:?} for {signal}_statements: use one of {}",
            group.context.as_str(),
            known.iter().map(|context| context.as_str()).collect::<Vec<_>>().join(", ")
        )),
        None => Ok(()),
    }
}
