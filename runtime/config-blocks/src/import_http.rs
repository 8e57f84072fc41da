//! `import.http`: modules from a web server (spec/runtime.md §8.2).

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientSection, UrlText};
use alloy_value::{Args, Definition, Stability};

/// Arguments of the `import.http` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ImportHttpArgs {
    /// URL of the module.
    pub url: UrlText,
    /// Time between two requests.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
    /// Time that a request may take.
    #[args(default = "10s")]
    pub poll_timeout: Duration,
    /// Method of the request.
    #[args(default = "GET")]
    pub method: String,
    /// Headers of the request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// Body of the request.
    #[args(default = "")]
    pub body: String,
    /// How the server is reached.
    #[args(block, default)]
    pub client: HttpClientSection,
}

/// The `import.http` block.
pub static IMPORT_HTTP: Definition = Definition::config_block::<ImportHttpArgs>(
    "import.http",
    Stability::GenerallyAvailable,
    "Imports custom components from a web server.",
);
