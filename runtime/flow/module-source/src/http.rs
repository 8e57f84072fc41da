//! Text from an HTTP server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy_flow_http::{Client, ClientConfig, Decode, Dial, Request, error_chain};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT_ENCODING, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use tokio::time::{Instant, sleep_until, timeout};

use crate::source::Reported;
use crate::{Content, ContentBuilder, Loaded, MAX_BYTES, ModuleSource, SourceError, Update};

/// Name of the only file.
const NAME: &str = "import_http";

/// A frequency of zero must not keep a server busy.
const MIN_POLL: Duration = Duration::from_secs(1);

/// Stands for a timeout of zero, which would fail each request.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Options of an [`HttpSource`].
#[derive(Clone, Debug, PartialEq)]
pub struct HttpOptions {
    /// Where the module is.
    pub url: String,
    /// Method of the request.
    pub method: String,
    /// Headers of the request.
    pub headers: BTreeMap<String, String>,
    /// Body of the request.
    pub body: String,
    /// Time between two requests, at least a second.
    pub poll_frequency: Duration,
    /// Longest time that a request may take; 10 s if zero.
    pub poll_timeout: Duration,
    /// The client.
    pub client: ClientConfig,
}

/// Gives the body of a response, without the space around it, and asks again from time to time.
#[derive(Debug)]
pub struct HttpSource {
    client: Client,
    request: Request,
    /// Without user and password, for errors.
    shown_url: String,
    module_path: String,
    poll_frequency: Duration,
    poll_timeout: Duration,
    reported: Reported,
    due: Instant,
}

impl HttpSource {
    /// The URL without user and password, for messages.
    pub fn shown_url(&self) -> &str {
        &self.shown_url
    }

    /// A source that didn't ask yet. Requests to the address of `dial` go there.
    ///
    /// # Errors
    /// If the options can't be used, such as a URL that is none.
    pub fn new(options: HttpOptions, dial: Option<Arc<dyn Dial>>) -> Result<Self, SourceError> {
        let unusable = |what: &str| SourceError::Options(what.to_owned());
        let url: Uri = options.url.parse().map_err(|_| unusable("the url cannot be parsed"))?;
        if url.authority().is_none() {
            return Err(unusable("the url has no host"));
        }
        let method = match options.method.as_str() {
            "" => Method::GET,
            method => Method::from_bytes(method.as_bytes()).map_err(|_| {
                SourceError::Options(format!("{method:?} is not a valid HTTP method"))
            })?,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let bad = || SourceError::Options(format!("header {name:?} cannot be sent"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.append(header, value);
        }
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        let client = Client::new(options.client, dial)
            .map_err(|error| SourceError::Options(error_chain(&error)))?;
        Ok(Self {
            client,
            shown_url: shown(&url),
            module_path: directory_of(&options.url),
            request: Request { method, url, headers, body: Bytes::from(options.body) },
            poll_frequency: options.poll_frequency.max(MIN_POLL),
            poll_timeout: match options.poll_timeout {
                Duration::ZERO => DEFAULT_TIMEOUT,
                other => other,
            },
            reported: Reported::default(),
            due: Instant::now(),
        })
    }

    async fn first(&mut self) -> Result<Loaded, SourceError> {
        self.due = Instant::now() + self.poll_frequency;
        let result = self.fetch().await.map(Loaded::fresh);
        self.reported.loaded(&result);
        result
    }

    async fn update(&mut self) -> Update {
        loop {
            sleep_until(self.due).await;
            // Dropped while asking, the next call asks at once.
            let began = Instant::now();
            let result = self.fetch().await;
            self.due = began + self.poll_frequency;
            if let Some(update) = self.reported.update(result) {
                return update;
            }
        }
    }

    async fn fetch(&self) -> Result<Content, SourceError> {
        let failed = |reason: String| SourceError::Request { url: self.shown_url.clone(), reason };
        let exchange = async {
            let mut response =
                self.client.send(self.request.clone()).await.map_err(|e| failed(e.to_string()))?;
            if response.status != StatusCode::OK {
                return Err(SourceError::Status(response.status.as_u16()));
            }
            let mut body = Vec::new();
            response
                .read_body(&mut body, MAX_BYTES, Decode::Gzip)
                .await
                .map_err(|e| failed(e.to_string()))?;
            Ok(body)
        };
        let body = timeout(self.poll_timeout, exchange)
            .await
            .map_err(|_| failed(format!("no answer within {:?}", self.poll_timeout)))??;
        let mut content = ContentBuilder::default();
        content.add(NAME.to_owned(), &self.shown_url, trim(body))?;
        Ok(content.finish(self.module_path.clone()))
    }
}

impl ModuleSource for HttpSource {
    fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>> {
        self.first().boxed()
    }

    fn next(&mut self) -> BoxFuture<'_, Update> {
        self.update().boxed()
    }
}

/// Without the space around it; what is no text is refused later.
fn trim(body: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&body) {
        Ok(text) => text.trim().as_bytes().to_vec(),
        Err(_) => body,
    }
}

/// The URL up to its last slash.
fn directory_of(url: &str) -> String {
    url.rfind('/').map_or(url, |at| &url[..=at]).to_owned()
}

/// The URL without what may be secret: user, password and query.
fn shown(url: &Uri) -> String {
    let authority = url.authority().map(|a| a.as_str()).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}{}", url.scheme_str().unwrap_or("http"), url.path())
}
