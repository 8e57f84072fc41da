//! What components that run OTTL share.

use alloy_value::Block;

/// What happens when an OTTL statement or condition fails.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown error mode {}", any_case)]
pub enum ErrorMode {
    /// The error is logged and the next statement runs.
    Ignore,
    /// The error goes back to the sender and the payload is dropped.
    Propagate,
    /// As `ignore`, without a log line.
    Silent,
}
