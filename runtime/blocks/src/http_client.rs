//! Arguments of HTTP clients (spec/components/_common-http-client.md).

use crate::UrlText;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use alloy_component::MemoryDialer;
use alloy_flow_http::{
    Auth, ClientConfig, Dial, Hidden, OAuth2Config, Pem, ProxyConfig, Redirects, Source, TlsConfig,
    TlsVersion,
};
use alloy_value::{Block, Secret};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::Url;

/// Headers that `http_headers` may not set, in lower case.
const RESERVED_HEADERS: [&str; 18] = [
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// Settings of an HTTP client that components squash into their body, or have as a block of its own.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::validate)]
pub struct HttpClientBlock {
    /// Everything but `enable_http2`.
    #[args(squash)]
    pub base: HttpClientBase,
    /// Offers HTTP/2 to servers.
    #[args(default = true)]
    pub enable_http2: bool,
}

impl HttpClientBlock {
    /// Decoding calls this for a block of its own. A squashed struct isn't checked by itself: the
    /// owner calls it from its own check.
    ///
    /// # Errors
    /// The conditions of the spec's section Validation errors.
    pub fn validate(&self) -> Result<(), String> {
        self.base.validate()
    }

    /// The client's configuration.
    pub fn config(&self, user_agent: &str) -> ClientConfig {
        self.base.config(user_agent, self.enable_http2)
    }
}

/// Settings of an HTTP client in a block of their own.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HttpClientSection {
    /// The settings.
    #[args(squash)]
    pub client: HttpClientBlock,
}

impl HttpClientSection {
    fn check(&self) -> Result<(), String> {
        self.client.validate()
    }
}

/// Settings of an HTTP client without `enable_http2`, whose default is not the same everywhere.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpClientBase {
    /// Bearer token to authenticate with.
    pub bearer_token: Option<Secret>,
    /// File with the bearer token, read for each request.
    #[args(default = "")]
    pub bearer_token_file: String,
    /// Proxy settings.
    #[args(squash)]
    pub proxy: ProxyBlock,
    /// Follows redirects.
    #[args(default = true)]
    pub follow_redirects: bool,
    /// Headers to add to each request.
    #[args(optional)]
    pub http_headers: BTreeMap<String, Vec<Secret>>,
    /// Authenticates with user name and password.
    #[args(block)]
    pub basic_auth: Option<BasicAuthBlock>,
    /// Authenticates with an `Authorization` header.
    #[args(block)]
    pub authorization: Option<AuthorizationBlock>,
    /// Authenticates with OAuth 2 client credentials.
    #[args(block)]
    pub oauth2: Option<OAuth2Block>,
    /// TLS settings.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
}

/// Proxy settings.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct ProxyBlock {
    /// URL of the proxy for all requests.
    #[args(optional)]
    pub proxy_url: Url,
    /// Comma-separated hosts, addresses and CIDR blocks that are reached without the proxy.
    #[args(default = "")]
    pub no_proxy: String,
    /// Takes the proxy from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
    #[args(default = false)]
    pub proxy_from_environment: bool,
    /// Headers to send to the proxy in CONNECT requests.
    #[args(optional)]
    pub proxy_connect_header: BTreeMap<String, Vec<Secret>>,
}

/// User name and password.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct BasicAuthBlock {
    /// User name.
    #[args(default = "")]
    pub username: String,
    /// Password.
    pub password: Option<Secret>,
    /// File with the password, read for each request.
    #[args(default = "")]
    pub password_file: String,
}

/// An `Authorization` header.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct AuthorizationBlock {
    /// Scheme; `Bearer` when empty.
    #[args(default = "")]
    pub r#type: String,
    /// Credentials.
    pub credentials: Option<Secret>,
    /// File with the credentials, read for each request.
    #[args(default = "")]
    pub credentials_file: String,
}

/// OAuth 2 client credentials.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct OAuth2Block {
    /// Client id.
    #[args(default = "")]
    pub client_id: String,
    /// Client secret.
    pub client_secret: Option<Secret>,
    /// File with the client secret.
    #[args(default = "")]
    pub client_secret_file: String,
    /// Scopes to ask for.
    #[args(optional)]
    pub scopes: Vec<String>,
    /// URL that issues tokens.
    #[args(default = "", syntax = "url")]
    pub token_url: UrlText,
    /// Further form fields of the token request.
    #[args(optional)]
    pub endpoint_params: BTreeMap<String, String>,
    /// Proxy settings of the token request.
    #[args(squash)]
    pub proxy: ProxyBlock,
    /// TLS settings of the token request.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
}

/// TLS settings of a client.
#[derive(Block, Clone, Debug, Default, PartialEq)]
#[args(validate = Self::check)]
pub struct TlsBlock {
    /// CA to verify the server with, as PEM text.
    #[args(default = "")]
    pub ca_pem: String,
    /// File with the CA.
    #[args(default = "")]
    pub ca_file: String,
    /// Client certificate as PEM text.
    #[args(default = "")]
    pub cert_pem: String,
    /// File with the client certificate.
    #[args(default = "")]
    pub cert_file: String,
    /// Key of the client certificate as PEM text.
    pub key_pem: Option<Secret>,
    /// File with the key of the client certificate.
    #[args(default = "")]
    pub key_file: String,
    /// Server name to verify instead of the host of the URL.
    #[args(default = "")]
    pub server_name: String,
    /// Doesn't verify the server's certificate.
    #[args(default = false)]
    pub insecure_skip_verify: bool,
    /// Lowest TLS version: `TLS10`, `TLS11`, `TLS12` or `TLS13`.
    pub min_version: Option<MinVersion>,
}

/// Lowest TLS version.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown TLS version: {}")]
pub enum MinVersion {
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

fn set(secret: Option<&Secret>) -> bool {
    secret.is_some_and(|s| !s.is_empty())
}

/// A secret given inline or by file; inline wins (both is refused by the checks).
fn source(inline: Option<&Secret>, file: &str) -> Option<Source> {
    match inline.filter(|s| !s.is_empty()) {
        Some(secret) => Some(Source::Inline(Hidden::new(secret.expose()))),
        None if file.is_empty() => None,
        None => Some(Source::File(PathBuf::from(file))),
    }
}

fn pem(inline: &str, file: &str) -> Option<Pem> {
    match (inline.is_empty(), file.is_empty()) {
        (false, _) => Some(Pem::Inline(inline.to_owned())),
        (true, false) => Some(Pem::File(PathBuf::from(file))),
        (true, true) => None,
    }
}

fn headers(map: &BTreeMap<String, Vec<Secret>>) -> Vec<(String, Vec<Hidden>)> {
    map.iter()
        .map(|(name, values)| {
            (name.clone(), values.iter().map(|v| Hidden::new(v.expose())).collect())
        })
        .collect()
}

impl HttpClientBase {
    /// See [`HttpClientBlock::validate`].
    ///
    /// # Errors
    /// The conditions of the spec's section Validation errors.
    pub fn validate(&self) -> Result<(), String> {
        let ways = [
            self.basic_auth.is_some(),
            self.authorization.is_some(),
            self.oauth2.is_some(),
            set(self.bearer_token.as_ref()),
            !self.bearer_token_file.is_empty(),
        ];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            return Err("at most one of basic_auth, authorization, oauth2, bearer_token & \
                        bearer_token_file must be configured"
                .to_owned());
        }
        if let Some(basic) = &self.basic_auth
            && set(basic.password.as_ref())
            && !basic.password_file.is_empty()
        {
            return Err(
                "at most one of basic_auth password & password_file must be configured".to_owned()
            );
        }
        if let Some(authorization) = &self.authorization {
            if set(authorization.credentials.as_ref()) && !authorization.credentials_file.is_empty()
            {
                return Err("at most one of authorization credentials & credentials_file must be \
                            configured"
                    .to_owned());
            }
            if authorization.r#type.trim().eq_ignore_ascii_case("basic") {
                return Err("authorization type cannot be set to \"basic\", use \"basic_auth\" \
                            instead"
                    .to_owned());
            }
        }
        if let Some(oauth2) = &self.oauth2 {
            oauth2.validate()?;
        }
        self.proxy.validate()?;
        let reserved = self
            .http_headers
            .keys()
            .find(|name| RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
        match reserved {
            Some(name) => Err(format!("setting header {name:?} in http_headers is not allowed")),
            None => Ok(()),
        }
    }

    /// The client's configuration.
    pub fn config(&self, user_agent: &str, enable_http2: bool) -> ClientConfig {
        let bearer = source(self.bearer_token.as_ref(), &self.bearer_token_file).map(|token| {
            Auth::Authorization { scheme: "Bearer".to_owned(), credentials: Some(token) }
        });
        let auth = bearer
            .or_else(|| self.basic_auth.as_ref().map(BasicAuthBlock::auth))
            .or_else(|| self.authorization.as_ref().map(AuthorizationBlock::auth))
            .or_else(|| self.oauth2.as_ref().and_then(OAuth2Block::auth));
        ClientConfig {
            auth,
            tls: self.tls_config.as_ref().map(TlsBlock::config).unwrap_or_default(),
            proxy: self.proxy.config(),
            redirects: if self.follow_redirects { Redirects::All } else { Redirects::None },
            enable_http2,
            http_headers: headers(&self.http_headers),
            user_agent: user_agent.to_owned(),
        }
    }
}

impl BasicAuthBlock {
    fn auth(&self) -> Auth {
        Auth::Basic {
            username: self.username.clone(),
            password: source(self.password.as_ref(), &self.password_file),
        }
    }
}

impl AuthorizationBlock {
    fn auth(&self) -> Auth {
        let scheme = match self.r#type.trim() {
            "" => "Bearer",
            other => other,
        };
        Auth::Authorization {
            scheme: scheme.to_owned(),
            credentials: source(self.credentials.as_ref(), &self.credentials_file),
        }
    }
}

impl OAuth2Block {
    fn validate(&self) -> Result<(), String> {
        let inline = set(self.client_secret.as_ref());
        let file = !self.client_secret_file.is_empty();
        let message = match (inline, file) {
            _ if self.client_id.is_empty() => "oauth2 client_id must be configured",
            (false, false) => {
                "either oauth2 client_secret or client_secret_file must be configured"
            }
            (true, true) => {
                "at most one of oauth2 client_secret & client_secret_file must be configured"
            }
            _ if self.token_url.is_empty() => "oauth2 token_url must be configured",
            _ => return self.proxy.validate(),
        };
        Err(message.to_owned())
    }

    /// `None` only for a block that did not pass its check.
    fn auth(&self) -> Option<Auth> {
        Some(Auth::OAuth2(Box::new(OAuth2Config {
            client_id: self.client_id.clone(),
            client_secret: source(self.client_secret.as_ref(), &self.client_secret_file)?,
            scopes: self.scopes.clone(),
            token_url: self.token_url.to_string(),
            endpoint_params: self.endpoint_params.clone().into_iter().collect(),
            tls: self.tls_config.as_ref().map(TlsBlock::config).unwrap_or_default(),
            proxy: self.proxy.config(),
        })))
    }
}

impl ProxyBlock {
    fn validate(&self) -> Result<(), String> {
        let url = !self.proxy_url.is_empty();
        let message = match () {
            () if !self.proxy_connect_header.is_empty() && !url && !self.proxy_from_environment => {
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must \
                 also be configured"
            }
            () if self.proxy_from_environment && url => {
                "if proxy_from_environment is configured, proxy_url must not be configured"
            }
            () if self.proxy_from_environment && !self.no_proxy.is_empty() => {
                "if proxy_from_environment is configured, no_proxy must not be configured"
            }
            () if !self.no_proxy.is_empty() && !url => {
                "if no_proxy is configured, proxy_url must also be configured"
            }
            () => return Ok(()),
        };
        Err(message.to_owned())
    }

    fn config(&self) -> ProxyConfig {
        ProxyConfig {
            url: (!self.proxy_url.is_empty()).then(|| Hidden::new(self.proxy_url.as_str())),
            no_proxy: self.no_proxy.clone(),
            from_environment: self.proxy_from_environment,
            connect_headers: headers(&self.proxy_connect_header),
        }
    }
}

impl TlsBlock {
    fn check(&self) -> Result<(), String> {
        let key_inline = set(self.key_pem.as_ref());
        for (item, inline, file) in [
            ("ca", !self.ca_pem.is_empty(), &self.ca_file),
            ("cert", !self.cert_pem.is_empty(), &self.cert_file),
            ("key", key_inline, &self.key_file),
        ] {
            if inline && !file.is_empty() {
                return Err(format!(
                    "at most one of {item}_pem and {item}_file must be configured"
                ));
            }
        }
        let cert = !self.cert_pem.is_empty() || !self.cert_file.is_empty();
        let key = key_inline || !self.key_file.is_empty();
        match (cert, key) {
            (true, false) => {
                Err("exactly one of key or key_file must be configured when a client certificate \
                     is configured"
                    .to_owned())
            }
            (false, true) => {
                Err("exactly one of cert or cert_file must be configured when a client key is \
                     configured"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    fn config(&self) -> TlsConfig {
        TlsConfig {
            ca: pem(&self.ca_pem, &self.ca_file),
            cert: pem(&self.cert_pem, &self.cert_file),
            key: source(self.key_pem.as_ref(), &self.key_file),
            server_name: self.server_name.clone(),
            insecure_skip_verify: self.insecure_skip_verify,
            min_version: self.min_version.map(|version| match version {
                MinVersion::Tls10 => TlsVersion::Tls10,
                MinVersion::Tls11 => TlsVersion::Tls11,
                MinVersion::Tls12 => TlsVersion::Tls12,
                MinVersion::Tls13 => TlsVersion::Tls13,
            }),
        }
    }
}

struct InMemory(MemoryDialer);

impl Dial for InMemory {
    fn addr(&self) -> &str {
        self.0.addr()
    }

    fn dial(&self) -> BoxFuture<'static, std::io::Result<alloy_component::DuplexStream>> {
        let dialer = self.0.clone();
        async move { dialer.dial().await }.boxed()
    }
}

/// The in-memory listener as an HTTP client dials it.
pub fn memory_dial(dialer: &MemoryDialer) -> Arc<dyn Dial> {
    Arc::new(InMemory(dialer.clone()))
}
