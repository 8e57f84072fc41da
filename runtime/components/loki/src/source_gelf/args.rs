//! Arguments of `loki.source.gelf`.

use alloy_blocks::RelabelRules;
use alloy_component::LogsReceiver;
use alloy_value::Args;

/// Arguments of `loki.source.gelf`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceGelfArgs {
    /// UDP address to listen on.
    #[args(default = "0.0.0.0:12201")]
    pub listen_address: String,
    /// Keeps the timestamps of messages; otherwise entries get the current time.
    #[args(default = false)]
    pub use_incoming_timestamp: bool,
    /// Rules for the labels of entries, from a `loki.relabel` component.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
}
