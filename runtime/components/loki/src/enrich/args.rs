//! Arguments of `loki.enrich`.

use alloy_component::{LogsReceiver, Target};
use alloy_value::Args;

/// Arguments of `loki.enrich`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct EnrichArgs {
    /// Targets whose labels are added.
    pub targets: Vec<Target>,
    /// Label of the target that must equal `logs_match_label` of the entry.
    pub target_match_label: String,
    /// Label of the entry; `target_match_label` if empty.
    #[args(default = "")]
    pub logs_match_label: String,
    /// Labels of the target to add; all if empty.
    #[args(optional)]
    pub labels_to_copy: Vec<String>,
    /// Where the entries are sent.
    pub forward_to: Vec<LogsReceiver>,
}
