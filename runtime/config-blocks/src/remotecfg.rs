//! `remotecfg`: configuration from a server (spec/runtime.md §13).

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientBlock, UrlText};
use alloy_value::{Args, Definition, GoDuration, Stability};

/// Shortest `poll_frequency`.
const MIN_POLL_FREQUENCY: Duration = Duration::from_secs(10);
/// Start of attribute names that belong to the process.
const RESERVED: &str = "collector.";

/// Arguments of the `remotecfg` block.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RemotecfgArgs {
    /// URL of the server; nothing is fetched if empty.
    #[args(default = "")]
    pub url: UrlText,
    /// Id by which the server knows this process; the id of the installation if empty.
    #[args(optional)]
    pub id: String,
    /// Name for people, shown by the server.
    #[args(default = "")]
    pub name: String,
    /// What the server can choose a configuration by.
    #[args(optional)]
    pub attributes: BTreeMap<String, String>,
    /// Time between two requests, at least `10s`.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
}

impl RemotecfgArgs {
    fn check(&self) -> Result<(), String> {
        if self.poll_frequency < MIN_POLL_FREQUENCY {
            let (least, got) = (MIN_POLL_FREQUENCY, self.poll_frequency);
            return Err(format!(
                "poll_frequency must be at least \"{}\", got \"{}\"",
                GoDuration::from(least),
                GoDuration::from(got)
            ));
        }
        if self.attributes.keys().any(|name| name.starts_with(RESERVED)) {
            return Err(
                "\"collector\" is a reserved namespace for remotecfg attribute keys".to_owned()
            );
        }
        self.client.validate()
    }
}

/// The `remotecfg` block.
pub static REMOTECFG: Definition = Definition::service::<RemotecfgArgs>(
    "remotecfg",
    Stability::GenerallyAvailable,
    "Fetches further configuration from a server and runs it beside the local one.",
);
