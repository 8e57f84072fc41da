//! What all components that pass log entries on export.

use alloy_component::LogsReceiver;
use alloy_value::Exports;

/// Exports of the components that pass log entries on.
#[derive(Exports, Clone, Debug)]
pub struct LogsExports {
    /// Receives the log entries of other components.
    pub receiver: LogsReceiver,
}
