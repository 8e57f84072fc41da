//! What a client is configured with (spec/components/_common-http-client.md).

use std::path::PathBuf;

use crate::Hidden;

/// Configuration of a [`Client`](crate::Client).
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Authentication.
    pub auth: Option<Auth>,
    /// TLS of `https` URLs.
    pub tls: TlsConfig,
    /// Proxy.
    pub proxy: ProxyConfig,
    /// Which redirects are followed.
    pub redirects: Redirects,
    /// Offers HTTP/2 by ALPN.
    pub enable_http2: bool,
    /// Added to each request.
    pub http_headers: Vec<(String, Vec<Hidden>)>,
    /// `User-Agent`, unless the request has its own; none if empty.
    pub user_agent: String,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            auth: None,
            tls: TlsConfig::default(),
            proxy: ProxyConfig::default(),
            redirects: Redirects::All,
            enable_http2: true,
            http_headers: Vec::new(),
            user_agent: String::new(),
        }
    }
}

/// A secret, or the file that holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The secret.
    Inline(Hidden),
    /// A file that is read for each use; surrounding space is removed.
    File(PathBuf),
}

/// How requests are authenticated.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    /// Basic authentication.
    Basic {
        /// User.
        username: String,
        /// Password.
        password: Option<Source>,
    },
    /// An `Authorization` header.
    Authorization {
        /// `Bearer` and the like.
        scheme: String,
        /// What follows the scheme.
        credentials: Option<Source>,
    },
    /// OAuth 2 client credentials.
    OAuth2(Box<OAuth2Config>),
}

/// OAuth 2 client credentials grant.
#[derive(Clone, Debug, PartialEq)]
pub struct OAuth2Config {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Source,
    /// Requested scopes.
    pub scopes: Vec<String>,
    /// Where tokens come from.
    pub token_url: String,
    /// More form fields of the token request.
    pub endpoint_params: Vec<(String, String)>,
    /// TLS of the token request.
    pub tls: TlsConfig,
    /// Proxy of the token request.
    pub proxy: ProxyConfig,
}

/// PEM text, or the file that holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Pem {
    /// The text.
    Inline(String),
    /// A file, read again when it changes.
    File(PathBuf),
}

/// Lowest version of TLS. The library speaks 1.2 and 1.3, so a lower floor means 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TlsVersion {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl TlsVersion {
    /// `TLS10`, `TLS11`, `TLS12` or `TLS13`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "TLS10" => Some(Self::Tls10),
            "TLS11" => Some(Self::Tls11),
            "TLS12" => Some(Self::Tls12),
            "TLS13" => Some(Self::Tls13),
            _ => None,
        }
    }
}

/// TLS of a client.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TlsConfig {
    /// Certificate authorities; those of the system if absent.
    pub ca: Option<Pem>,
    /// Client certificate.
    pub cert: Option<Pem>,
    /// Its key.
    pub key: Option<Source>,
    /// Name to verify instead of the URL's host, if not empty.
    pub server_name: String,
    /// Accepts any certificate.
    pub insecure_skip_verify: bool,
    /// Lowest version; TLS 1.2 if absent.
    pub min_version: Option<TlsVersion>,
}

/// Proxy of a client.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProxyConfig {
    /// Proxy of all requests. May hold a password.
    pub url: Option<Hidden>,
    /// Comma list of hosts that are dialled directly.
    pub no_proxy: String,
    /// Takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
    pub from_environment: bool,
    /// Headers of the `CONNECT` request.
    pub connect_headers: Vec<(String, Vec<Hidden>)>,
}

/// Which redirects are followed; at most ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// None: the answer is the response.
    None,
    /// 301, 302, 303 as `GET` without a body, 307 and 308 unchanged.
    All,
    /// Only those that keep method and body: 307 and 308.
    KeepMethod,
}
