//! Arguments of `discovery.kubelet`.

use std::time::Duration;

use alloy_blocks::{HttpClientBlock, Url};
use alloy_value::Args;

/// Arguments of `discovery.kubelet`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KubeletArgs {
    /// URL of the kubelet.
    #[args(default = "https://localhost:10250")]
    pub url: Url,
    /// How often the kubelet is asked; every 5 seconds if 0.
    #[args(default = "0s")]
    pub refresh_interval: Duration,
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Namespaces whose pods are found; all if empty.
    #[args(optional)]
    pub namespaces: Vec<String>,
}

impl KubeletArgs {
    fn check(&self) -> Result<(), String> {
        self.client.validate()
    }
}
