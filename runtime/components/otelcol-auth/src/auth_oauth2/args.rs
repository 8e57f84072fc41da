//! Arguments of `otelcol.auth.oauth2`.

use alloy_blocks::UrlText;
use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, TlsClientBlock};
use alloy_value::{Args, Secret, Value};

/// Arguments of `otelcol.auth.oauth2`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct OAuth2Args {
    /// Client id.
    #[args(default = "")]
    pub client_id: String,
    /// File with the client id, read for each token; it wins over `client_id`.
    #[args(default = "")]
    pub client_id_file: String,
    /// Client secret.
    pub client_secret: Option<Secret>,
    /// File with the client secret, read for each token; it wins over `client_secret`.
    #[args(default = "")]
    pub client_secret_file: String,
    /// Id of the key that signs assertions, for the JWT bearer grant.
    #[args(default = "")]
    pub client_certificate_key_id: String,
    /// Private key that signs assertions, as PEM text.
    pub client_certificate_key: Option<Secret>,
    /// File with the private key that signs assertions.
    #[args(default = "")]
    pub client_certificate_key_file: String,
    /// How a token is asked for: `client_credentials`, or
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`.
    #[args(default = "client_credentials")]
    pub grant_type: String,
    /// Algorithm of signed assertions: `RS256`, `RS384` or `RS512`.
    #[args(default = "RS256")]
    pub signature_algorithm: String,
    /// Issuer of assertions; the client id when empty.
    #[args(default = "")]
    pub iss: String,
    /// Audience of assertions; the token URL when empty.
    #[args(default = "")]
    pub audience: String,
    /// Further claims of assertions.
    #[args(optional)]
    pub claims: BTreeMap<String, Value>,
    /// URL that issues tokens.
    #[args(syntax = "url")]
    pub token_url: UrlText,
    /// Further form fields of the token request.
    #[args(optional)]
    pub endpoint_params: BTreeMap<String, Vec<String>>,
    /// Scopes to ask for.
    #[args(optional)]
    pub scopes: Vec<String>,
    /// How long a token request may take; 0 for no limit.
    #[args(default = "0s")]
    pub timeout: Duration,
    /// How long before its end a token is replaced.
    #[args(default = "5m")]
    pub expiry_buffer: Duration,
    /// TLS settings of the token request.
    #[args(block, default)]
    pub tls: TlsClientBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}
