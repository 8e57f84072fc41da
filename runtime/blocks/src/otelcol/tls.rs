//! TLS of clients and servers.

use std::time::Duration;

use alloy_value::{Block, Secret};

/// What TLS clients and servers have in common.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TlsSettings {
    /// CA certificates to verify the other side with, as PEM text.
    #[args(default = "")]
    pub ca_pem: String,
    /// File with the CA certificates.
    #[args(default = "")]
    pub ca_file: String,
    /// Own certificate as PEM text.
    #[args(default = "")]
    pub cert_pem: String,
    /// File with the own certificate.
    #[args(default = "")]
    pub cert_file: String,
    /// Private key of the certificate as PEM text.
    pub key_pem: Option<Secret>,
    /// File with the private key of the certificate.
    #[args(default = "")]
    pub key_file: String,
    /// Lowest TLS version, from `1.0` to `1.3`; 1.2 when empty.
    #[args(default = "")]
    pub min_version: String,
    /// Highest TLS version, from `1.0` to `1.3`; 1.3 when empty.
    #[args(default = "")]
    pub max_version: String,
    /// How often certificate files are read again; 0 for never.
    #[args(default = "0s")]
    pub reload_interval: Duration,
    /// Cipher suites to offer up to TLS 1.2; the secure ones when empty.
    #[args(optional)]
    pub cipher_suites: Vec<String>,
    /// Accepts names of insecure cipher suites in `cipher_suites`.
    #[args(default = false)]
    pub include_insecure_cipher_suites: bool,
    /// Trusts the system's CA certificates as well as the given ones.
    #[args(default = false)]
    pub include_system_ca_certs_pool: bool,
    /// Key exchange curves by preference, such as `X25519` or `P256`.
    #[args(optional)]
    pub curve_preferences: Vec<String>,
    /// Takes the private key from a trusted platform module.
    #[args(block)]
    pub tpm: Option<TpmBlock>,
}

/// TLS of a client.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TlsClientBlock {
    /// Certificates, versions and ciphers.
    #[args(squash)]
    pub settings: TlsSettings,
    /// Connects without TLS unless the address has the scheme `https`.
    #[args(default = false)]
    pub insecure: bool,
    /// Doesn't verify the server's certificate.
    #[args(default = false)]
    pub insecure_skip_verify: bool,
    /// Server name to verify instead of the host of the address.
    #[args(default = "")]
    pub server_name: String,
}

/// TLS of a server.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TlsServerBlock {
    /// Certificates, versions and ciphers.
    #[args(squash)]
    pub settings: TlsSettings,
    /// File with the CA that clients' certificates must be signed by. When set, clients need one.
    #[args(default = "")]
    pub client_ca_file: String,
}

/// A private key inside a trusted platform module (TPM).
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TpmBlock {
    /// Takes the key from the module.
    #[args(default = false)]
    pub enabled: bool,
    /// Device or socket of the module.
    #[args(default = "")]
    pub path: String,
    /// Authorization value of the module's owner.
    #[args(default = "")]
    pub owner_auth: String,
    /// Authorization value of the key.
    #[args(default = "")]
    pub auth: String,
}

impl TlsClientBlock {
    fn check(&self) -> Result<(), String> {
        self.settings.validate()
    }
}

impl TlsServerBlock {
    fn check(&self) -> Result<(), String> {
        self.settings.validate()
    }
}

impl TlsSettings {
    /// Each item comes from one place.
    fn validate(&self) -> Result<(), String> {
        let key = self.key_pem.as_ref().is_some_and(|key| !key.is_empty());
        for (item, inline, file) in [
            ("ca", !self.ca_pem.is_empty(), &self.ca_file),
            ("cert", !self.cert_pem.is_empty(), &self.cert_file),
            ("key", key, &self.key_file),
        ] {
            if inline && !file.is_empty() {
                return Err(format!("at most one of {item}_pem and {item}_file may be set"));
            }
        }
        Ok(())
    }
}
