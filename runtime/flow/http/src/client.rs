//! The client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body_util::Full;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use rustls_pki_types::ServerName;
use tracing::Instrument;

use crate::auth::Authenticator;
use crate::connect::Connector;
use crate::propagation::add_headers;
use crate::proxy::{ProxyRules, split_userinfo};
use crate::redirect::{self, MAX_REDIRECTS, Next};
use crate::response::error_chain;
use crate::tls::{self, Fingerprint, TlsError};
use crate::{ClientConfig, Dial, Response, TlsConfig};

/// Idle connections are closed after this time, as Prometheus does.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// `proxy_url` is no URL of a proxy.
    #[error("the proxy URL cannot be parsed")]
    ProxyUrl,
    /// `token_url` is no URL.
    #[error("the OAuth 2 token URL cannot be parsed")]
    TokenUrl,
    /// A header cannot be sent.
    #[error("{0:?} is not a valid header name, or its value is not a valid header value")]
    Header(String),
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] TlsError),
    /// Something this version cannot do.
    #[error("{0} is not supported by this version")]
    Unsupported(String),
}

/// Why a request has no response.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    /// No connection.
    #[error("cannot connect to {target}: {reason}")]
    Connect {
        /// Host and port.
        target: String,
        /// Why.
        reason: String,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("request to {target} failed: {reason}")]
    Exchange {
        /// Host and port.
        target: String,
        /// Why.
        reason: String,
    },
    /// The URL cannot be requested.
    #[error("cannot request this URL: {reason}")]
    Url {
        /// Why.
        reason: String,
    },
    /// Credentials cannot be obtained.
    #[error("cannot get credentials: {reason}")]
    Credentials {
        /// Why.
        reason: String,
    },
    /// TLS files changed and cannot be used any more.
    #[error("cannot set up TLS: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
    /// Too many redirects.
    #[error("stopped after {MAX_REDIRECTS} redirects")]
    Redirect,
    /// The body is larger than allowed.
    #[error("body exceeds the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body cannot be read to its end.
    #[error("cannot read the body: {reason}")]
    Body {
        /// Why.
        reason: String,
    },
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute `http` or `https` URL. User info becomes basic authentication.
    pub url: Uri,
    /// Headers; they win over those of the configuration.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Request {
    /// A `GET` without headers.
    pub fn get(url: Uri) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

type Plain = HyperClient<Connector, Full<Bytes>>;
type Encrypted = HyperClient<HttpsConnector<Connector>, Full<Bytes>>;

/// Sends requests. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: ClientConfig,
    headers: HeaderMap,
    auth: Option<Authenticator>,
    proxies: Arc<ProxyRules>,
    connector: Connector,
    plain: Plain,
    /// Made at the first `https` request, again when a file changed.
    encrypted: Mutex<Option<(Fingerprint, Encrypted)>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.0.config).finish()
    }
}

impl Client {
    /// A client. Connections to the address of `dial` go there.
    ///
    /// # Errors
    /// If the configuration cannot be used, such as a CA file that cannot be read.
    pub fn new(config: ClientConfig, dial: Option<Arc<dyn Dial>>) -> Result<Self, ClientError> {
        let proxies = Arc::new(ProxyRules::new(&config.proxy)?);
        let connector = Connector::new(dial.clone(), Arc::clone(&proxies));
        let mut headers = HeaderMap::new();
        for (name, values) in &config.http_headers {
            let bad = || ClientError::Header(name.clone());
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            for value in values {
                let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad())?;
                value.set_sensitive(true);
                headers.append(header.clone(), value);
            }
        }
        if !config.user_agent.is_empty() {
            let value = HeaderValue::from_str(&config.user_agent)
                .map_err(|_| ClientError::Header("User-Agent".to_owned()))?;
            headers.entry(USER_AGENT).or_insert(value);
        }
        let auth = match &config.auth {
            Some(auth) => Some(Authenticator::new(auth, &config.user_agent, dial)?),
            None => None,
        };
        let plain = builder().build(connector.clone());
        // What the user wrote must be usable now; the system's roots can wait for their first use.
        let encrypted = if config.tls == TlsConfig::default() {
            None
        } else {
            Some(encrypted(&config, &connector)?)
        };
        Ok(Self(Arc::new(Inner {
            config,
            headers,
            auth,
            proxies,
            connector,
            plain,
            encrypted: Mutex::new(encrypted),
        })))
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    /// Sends a request and follows redirects.
    ///
    /// Cancel safety: dropping the future gives the request up; the server may have seen it.
    ///
    /// # Errors
    /// If there is no response. A status that tells of failure is a response.
    pub async fn send(&self, request: Request) -> Result<Response, RequestError> {
        let span = tracing::info_span!(
            target: "trace",
            "HTTP",
            otel.name = request.method.as_str(),
            otel.kind = "client",
            http.request.method = request.method.as_str(),
            server.address = request.url.host().unwrap_or_default(),
            http.response.status_code = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let answer = self.follow(request).instrument(span.clone()).await;
        match &answer {
            Ok(response) => span.record("http.response.status_code", response.status.as_u16()),
            Err(_) => span.record("otel.status_code", "ERROR"),
        };
        answer
    }

    /// Sends a request, and where its answers redirect to.
    async fn follow(&self, request: Request) -> Result<Response, RequestError> {
        let (first, userinfo) = split_userinfo(request.url);
        let (mut method, mut headers, mut body) = (request.method, request.headers, request.body);
        let (mut url, mut userinfo) = (first.clone(), userinfo);
        for _ in 0..=MAX_REDIRECTS {
            let trusted = redirect::same_site(&first, &url);
            let response =
                self.exchange(&method, &url, &headers, &body, userinfo.as_ref(), trusted).await?;
            let policy = self.0.config.redirects;
            let Some((target, next)) =
                redirect::target(policy, &method, response.status, &response.headers, &url)
            else {
                return Ok(response);
            };
            if next == Next::Get {
                method = Method::GET;
                body = Bytes::new();
                headers.remove(http::header::CONTENT_TYPE);
                headers.remove(http::header::CONTENT_ENCODING);
                headers.remove(http::header::CONTENT_LENGTH);
            }
            let (target, target_userinfo) = split_userinfo(target);
            if !redirect::same_site(&first, &target) {
                headers.remove(AUTHORIZATION);
                userinfo = None;
            }
            userinfo = target_userinfo.or(userinfo);
            url = target;
        }
        Err(RequestError::Redirect)
    }

    /// One request and its answer. `trusted`: the site that the credentials are for.
    async fn exchange(
        &self,
        method: &Method,
        url: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
        userinfo: Option<&HeaderValue>,
        trusted: bool,
    ) -> Result<Response, RequestError> {
        let inner = &*self.0;
        let mut request = http::Request::new(Full::new(body.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = url.clone();
        *request.headers_mut() = headers.clone();
        let added = request.headers_mut();
        add_headers(added);
        for (name, value) in &inner.headers {
            if name == USER_AGENT && added.contains_key(USER_AGENT) {
                continue;
            }
            added.append(name.clone(), value.clone());
        }
        if !added.contains_key(AUTHORIZATION) {
            match (userinfo, &inner.auth) {
                (Some(value), _) => drop(added.insert(AUTHORIZATION, value.clone())),
                (None, Some(auth)) if trusted => {
                    added.insert(AUTHORIZATION, auth.value().await?);
                }
                _ => {}
            }
        }
        let target = url.authority().map(|a| a.to_string()).unwrap_or_default();
        let failed = |error: hyper_util::client::legacy::Error| {
            let (target, reason) = (target.clone(), error_chain(&error));
            match error.is_connect() {
                true => RequestError::Connect { target, reason },
                false => RequestError::Exchange { target, reason },
            }
        };
        let response = match url.scheme_str() {
            Some("http") => {
                if let Some(value) =
                    inner.proxies.choose(url).and_then(|p| p.authorization.as_ref())
                {
                    added.insert(PROXY_AUTHORIZATION, value.clone());
                }
                inner.plain.request(request).await.map_err(failed)?
            }
            Some("https") => {
                let client = inner.encrypted()?;
                client.request(request).await.map_err(failed)?
            }
            _ => {
                let reason = "the scheme is neither http nor https".to_owned();
                return Err(RequestError::Url { reason });
            }
        };
        Ok(Response::new(response))
    }
}

impl Inner {
    fn encrypted(&self) -> Result<Encrypted, RequestError> {
        let fingerprint = tls::fingerprint(&self.config.tls);
        let mut current = self.encrypted.lock();
        if let Some((known, client)) = &*current
            && *known == fingerprint
        {
            return Ok(client.clone());
        }
        let made = encrypted(&self.config, &self.connector)
            .map_err(|error| RequestError::Tls { reason: error_chain(&error) })?;
        let client = made.1.clone();
        *current = Some(made);
        Ok(client)
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = HyperClient::builder(TokioExecutor::new());
    builder.pool_idle_timeout(IDLE_TIMEOUT).pool_timer(TokioTimer::new());
    // Some old servers compare header names byte by byte.
    builder.http1_title_case_headers(true);
    builder
}

fn encrypted(
    config: &ClientConfig,
    connector: &Connector,
) -> Result<(Fingerprint, Encrypted), TlsError> {
    let fingerprint = tls::fingerprint(&config.tls);
    let tls = tls::build(&config.tls)?;
    let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let https = match ServerName::try_from(config.tls.server_name.clone()) {
        Ok(name) => https.with_server_name_resolver(FixedServerNameResolver::new(name)),
        Err(_) if config.tls.server_name.is_empty() => https,
        Err(_) => return Err(TlsError::ServerName),
    };
    let connector = connector.clone();
    let https = if config.enable_http2 {
        https.enable_all_versions().wrap_connector(connector)
    } else {
        https.enable_http1().wrap_connector(connector)
    };
    Ok((fingerprint, builder().build(https)))
}
