//! Arguments of `loki.process`.

use alloy_component::LogsReceiver;
use alloy_value::Args;

use super::Stage;

/// Arguments of `loki.process`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ProcessArgs {
    /// Where processed entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// What is done with an entry, in order.
    #[args(enumerated, name = "stage")]
    pub stages: Vec<Stage>,
}
