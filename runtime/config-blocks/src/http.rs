//! `http`: TLS and authentication of the process's own server (spec/http.md §3).

use std::time::Duration;

use alloy_value::{Args, Block, Definition, Secret, Stability};

/// Arguments of the `http` block.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct HttpArgs {
    /// Asks clients for credentials.
    #[args(block)]
    pub auth: Option<AuthBlock>,
    /// Serves HTTPS.
    #[args(block)]
    pub tls: Option<HttpTlsBlock>,
}

/// Credentials that clients must give.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AuthBlock {
    /// The user who may sign in; without it everything is open.
    #[args(block)]
    pub basic: Option<HttpBasicAuthBlock>,
    /// Paths that need credentials; all of them without this block.
    #[args(block)]
    pub filter: Option<FilterBlock>,
}

/// User name and password of the server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpBasicAuthBlock {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// Choice of paths by their beginning.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FilterBlock {
    /// Beginnings of paths.
    #[args(optional)]
    pub paths: Vec<String>,
    /// Only `paths` need credentials; if false, all others do.
    #[args(default = true)]
    pub authenticate_matching_paths: bool,
}

/// Certificate, key and TLS settings of the server.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HttpTlsBlock {
    /// Certificate chain as PEM text.
    #[args(default = "")]
    pub cert_pem: String,
    /// File with the certificate chain, read again for new connections.
    #[args(default = "")]
    pub cert_file: String,
    /// Private key as PEM text.
    pub key_pem: Option<Secret>,
    /// File with the private key, read again for new connections.
    #[args(default = "")]
    pub key_file: String,
    /// CA that signs client certificates, as PEM text.
    #[args(default = "")]
    pub client_ca_pem: String,
    /// File with the CA that signs client certificates.
    #[args(default = "")]
    pub client_ca_file: String,
    /// Whether clients must present a certificate.
    #[args(default = ClientAuth::NoClientCert)]
    pub client_auth_type: ClientAuth,
    /// Cipher suites to offer; empty for a safe choice.
    #[args(optional)]
    pub cipher_suites: Vec<Cipher>,
    /// Curves to offer, in order of preference; empty for a safe choice.
    #[args(optional)]
    pub curve_preferences: Vec<Curve>,
    /// Lowest TLS version to accept.
    pub min_version: Option<HttpTlsVersion>,
    /// Highest TLS version to accept.
    pub max_version: Option<HttpTlsVersion>,
    /// Takes certificates from the certificate store of Windows.
    #[args(block)]
    pub windows_certificate_filter: Option<WindowsCertificateFilterBlock>,
}

impl HttpTlsBlock {
    fn check(&self) -> Result<(), String> {
        let key_pem = self.key_pem.as_ref().is_some_and(|key| !key.is_empty());
        let items = [
            ("client_ca", !self.client_ca_pem.is_empty(), !self.client_ca_file.is_empty()),
            ("cert", !self.cert_pem.is_empty(), !self.cert_file.is_empty()),
            ("key", key_pem, !self.key_file.is_empty()),
        ];
        if self.windows_certificate_filter.is_some() {
            if items.iter().any(|(_, pem, file)| *pem || *file) {
                return Err("cannot specify any key, certificate or CA when using windows \
                            certificate filter"
                    .to_owned());
            }
            if !cfg!(windows) {
                return Err("windows_certificate_filter needs Windows".to_owned());
            }
            return Ok(());
        }
        if let Some((item, ..)) = items.iter().find(|(_, pem, file)| *pem && *file) {
            return Err(format!("cannot specify both {item}_pem and {item}_file"));
        }
        let [(_, ca_pem, ca_file), needed @ ..] = items;
        if let Some((item, ..)) = needed.iter().find(|(_, pem, file)| !*pem && !*file) {
            return Err(format!("must specify either {item}_pem or {item}_file"));
        }
        if (ca_pem || ca_file) && self.client_auth_type == ClientAuth::NoClientCert {
            return Err("cannot specify client_ca_pem or client_ca_file when client_auth_type is \
                        NoClientCert"
                .to_owned());
        }
        Ok(())
    }
}

/// Whether clients must present a certificate.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown client auth type {:?}")]
pub enum ClientAuth {
    /// They are not asked.
    #[args(name = "NoClientCert")]
    NoClientCert,
    /// They are asked, and need not.
    #[args(name = "RequestClientCert")]
    RequestClientCert,
    /// They must; any certificate does.
    #[args(name = "RequireAnyClientCert")]
    RequireAnyClientCert,
    /// They need not; a certificate must be signed by the CA.
    #[args(name = "VerifyClientCertIfGiven")]
    VerifyClientCertIfGiven,
    /// They must, and it must be signed by the CA.
    #[args(name = "RequireAndVerifyClientCert")]
    RequireAndVerifyClientCert,
}

/// A TLS version by name.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[args(unknown = "unknown TLS version {:?}")]
pub enum HttpTlsVersion {
    /// TLS 1.0
    #[args(name = "TLS10")]
    Tls10,
    /// TLS 1.1
    #[args(name = "TLS11")]
    Tls11,
    /// TLS 1.2
    #[args(name = "TLS12")]
    Tls12,
    /// TLS 1.3
    #[args(name = "TLS13")]
    Tls13,
}

/// A curve by name.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown curve {:?}")]
pub enum Curve {
    /// NIST P-256
    #[args(name = "CurveP256")]
    P256,
    /// NIST P-384
    #[args(name = "CurveP384")]
    P384,
    /// NIST P-521
    #[args(name = "CurveP521")]
    P521,
    /// X25519
    #[args(name = "X25519")]
    X25519,
}

/// A cipher suite by name; only suites without known weaknesses have one.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown cipher {:?}")]
pub enum Cipher {
    /// AES-128-GCM-SHA256
    #[args(name = "TLS_AES_128_GCM_SHA256")]
    Aes128GcmSha256,
    /// AES-256-GCM-SHA384
    #[args(name = "TLS_AES_256_GCM_SHA384")]
    Aes256GcmSha384,
    /// CHACHA20-POLY1305-SHA256
    #[args(name = "TLS_CHACHA20_POLY1305_SHA256")]
    Chacha20Poly1305Sha256,
    /// ECDHE and ECDSA with AES-128-CBC-SHA
    #[args(name = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")]
    EcdheEcdsaWithAes128CbcSha,
    /// ECDHE and ECDSA with AES-256-CBC-SHA
    #[args(name = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA")]
    EcdheEcdsaWithAes256CbcSha,
    /// ECDHE and RSA with AES-128-CBC-SHA
    #[args(name = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")]
    EcdheRsaWithAes128CbcSha,
    /// ECDHE and RSA with AES-256-CBC-SHA
    #[args(name = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA")]
    EcdheRsaWithAes256CbcSha,
    /// ECDHE and ECDSA with AES-128-GCM-SHA256
    #[args(name = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    EcdheEcdsaWithAes128GcmSha256,
    /// ECDHE and ECDSA with AES-256-GCM-SHA384
    #[args(name = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")]
    EcdheEcdsaWithAes256GcmSha384,
    /// ECDHE and RSA with AES-128-GCM-SHA256
    #[args(name = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    EcdheRsaWithAes128GcmSha256,
    /// ECDHE and RSA with AES-256-GCM-SHA384
    #[args(name = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
    EcdheRsaWithAes256GcmSha384,
    /// ECDHE and RSA with CHACHA20-POLY1305-SHA256
    #[args(name = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    EcdheRsaWithChacha20Poly1305Sha256,
    /// ECDHE and ECDSA with CHACHA20-POLY1305-SHA256
    #[args(name = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]
    EcdheEcdsaWithChacha20Poly1305Sha256,
}

/// Certificates from the certificate store of Windows.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct WindowsCertificateFilterBlock {
    /// Choice of the server's certificate.
    #[args(block)]
    pub server: CertificateStoreBlock,
    /// Choice of accepted client certificates.
    #[args(block)]
    pub client: ClientCertificateBlock,
}

/// Choice of the server's certificate.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CertificateStoreBlock {
    /// Name of the store to look in.
    #[args(default = "")]
    pub store: String,
    /// Name of the system store to look in.
    #[args(default = "")]
    pub system_store: String,
    /// Common names of issuers to accept.
    #[args(optional)]
    pub issuer_common_names: Vec<String>,
    /// Id of the certificate template.
    #[args(default = "")]
    pub template_id: String,
    /// How often the store is looked at for a newer certificate.
    #[args(default = "5m")]
    pub refresh_interval: Duration,
}

/// Choice of accepted client certificates.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ClientCertificateBlock {
    /// Common names of issuers to accept.
    #[args(optional)]
    pub issuer_common_names: Vec<String>,
    /// Expression that the subject must match.
    #[args(default = "")]
    pub subject_regex: String,
    /// Id of the certificate template.
    #[args(default = "")]
    pub template_id: String,
}

/// The `http` block.
pub static HTTP: Definition = Definition::service::<HttpArgs>(
    "http",
    Stability::GenerallyAvailable,
    "TLS and authentication of the HTTP server that serves UI, API and metrics.",
);
