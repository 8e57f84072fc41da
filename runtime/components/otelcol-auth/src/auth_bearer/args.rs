//! Arguments of `otelcol.auth.bearer`.

use alloy_blocks::otelcol::DebugMetricsBlock;
use alloy_value::{Args, Secret};

/// Arguments of `otelcol.auth.bearer`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct BearerArgs {
    /// Word in front of the token.
    #[args(default = "Bearer")]
    pub scheme: String,
    /// Token that clients send and servers demand.
    pub token: Secret,
    /// Header that carries the token.
    #[args(default = "Authorization")]
    pub header: String,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}
