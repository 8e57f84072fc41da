//! Arguments and exports of `remote.http`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientSection, Url, UrlText};
use alloy_value::{Args, Exports, OptionalSecret};

/// Arguments of `remote.http`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HttpArgs {
    /// URL to ask.
    pub url: UrlText,
    /// Time between two requests.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
    /// Time that a request may take; less than `poll_frequency`.
    #[args(default = "10s")]
    pub poll_timeout: Duration,
    /// Treats the content as a secret.
    #[args(default = false)]
    pub is_secret: bool,
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

impl HttpArgs {
    fn check(&self) -> Result<(), String> {
        let message = match () {
            () if self.poll_frequency.is_zero() => "poll_frequency must be greater than 0",
            () if self.poll_timeout.is_zero() => "poll_timeout must be greater than 0",
            () if self.poll_timeout >= self.poll_frequency => {
                "poll_timeout must be less than poll_frequency"
            }
            () => return Url::parse(&self.url).map(drop).map_err(|error| format!("url: {error}")),
        };
        Err(message.to_owned())
    }
}

/// Exports of `remote.http`.
#[derive(Exports, Clone, Debug)]
pub struct HttpExports {
    /// The body of the last good answer, without surrounding white space.
    pub content: OptionalSecret,
}
