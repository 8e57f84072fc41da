//! Arguments of `discovery.http`.

use std::time::Duration;

use alloy_blocks::{HttpClientBlock, Url};
use alloy_value::Args;

/// Arguments of `discovery.http`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HttpArgs {
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// How often the endpoint is asked.
    #[args(default = "1m")]
    pub refresh_interval: Duration,
    /// URL that answers with a JSON list of target groups.
    pub url: Url,
}

impl HttpArgs {
    fn check(&self) -> Result<(), String> {
        if self.refresh_interval.is_zero() {
            return Err("refresh_interval must be greater than 0".to_owned());
        }
        self.client.validate()
    }
}
