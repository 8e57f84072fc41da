//! Arguments of `loki.echo`.

use alloy_value::Args;

/// Arguments of `loki.echo`: none.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct EchoArgs {}
