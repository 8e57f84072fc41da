//! Arguments of `otelcol.connector.spanlogs`.

use alloy_blocks::otelcol::OutputBlock;
use alloy_value::{Args, Block};

/// Arguments of `otelcol.connector.spanlogs`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SpanLogsArgs {
    /// Logs every span.
    #[args(default = false)]
    pub spans: bool,
    /// Logs the root span of every trace.
    #[args(default = false)]
    pub roots: bool,
    /// Logs the first span of every process in a trace.
    #[args(default = false)]
    pub processes: bool,
    /// Logs every span event.
    #[args(default = false)]
    pub events: bool,
    /// Span attributes to log.
    #[args(optional)]
    pub span_attributes: Vec<String>,
    /// Resource attributes to log.
    #[args(optional)]
    pub process_attributes: Vec<String>,
    /// Attributes of span events to log.
    #[args(optional)]
    pub event_attributes: Vec<String>,
    /// Logged keys that become attributes of the log record as well.
    #[args(optional)]
    pub labels: Vec<String>,
    /// Names of what is always logged.
    #[args(block, default)]
    pub overrides: OverridesBlock,
    /// Where the logs go.
    #[args(block)]
    pub output: OutputBlock,
}

/// Names of what is always logged.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OverridesBlock {
    /// Attribute that tells what was logged: span, root, process or event.
    #[args(default = "traces")]
    pub logs_instance_tag: String,
    /// Key of the service's name.
    #[args(default = "svc")]
    pub service_key: String,
    /// Key of the span's name.
    #[args(default = "span")]
    pub span_name_key: String,
    /// Key of the span's status.
    #[args(default = "status")]
    pub status_key: String,
    /// Key of the span's duration.
    #[args(default = "dur")]
    pub duration_key: String,
    /// Key of the trace id.
    #[args(default = "tid")]
    pub trace_id_key: String,
}
