//! Fetches one exposition.

use std::time::Duration;

use alloy_flow_http::{Client, Decode, Request, RequestError};
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// What to fetch.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// Where.
    pub url: String,
    /// `Accept` header.
    pub accept: String,
    /// Ask for gzip.
    pub compression: bool,
    /// Time allowed.
    pub timeout: Duration,
    /// Decoded size in bytes at which the fetch fails; 0: the engine's own limit.
    pub body_size_limit_bytes: u64,
}

/// What the answer says about its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// `Content-Type`.
    pub content_type: Option<String>,
}

/// Why there is no body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The body reached its limit.
    #[error("body size limit exceeded")]
    TooLarge,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Gets expositions. The loop is tested with one that needs no network.
pub trait Fetch: Send + Sync + 'static {
    /// Replaces `body` by the decoded answer.
    ///
    /// Cancel safety: dropping the future ends the request.
    fn fetch<'a>(
        &'a self,
        request: &'a FetchRequest,
        body: &'a mut Vec<u8>,
    ) -> BoxFuture<'a, Result<Fetched, FetchError>>;
}

/// Fetches over HTTP.
pub struct HttpFetch {
    client: Client,
}

impl HttpFetch {
    /// Fetches with `client`.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    async fn get(&self, request: &FetchRequest, body: &mut Vec<u8>) -> Result<Fetched, FetchError> {
        body.clear();
        let failed = |message: String| FetchError::Failed(message);
        let url = request.url.parse().map_err(|error| {
            failed(format!("cannot scrape {:?}: invalid URL: {error}", request.url))
        })?;
        let mut get = Request::get(url);
        let accept = HeaderValue::from_str(&request.accept);
        get.headers.insert(ACCEPT, accept.map_err(|error| failed(error.to_string()))?);
        let coding = if request.compression { "gzip" } else { "identity" };
        get.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(coding));
        if let Ok(timeout) = HeaderValue::from_str(&request.timeout.as_secs_f64().to_string()) {
            get.headers.insert(TIMEOUT_HEADER, timeout);
        }
        let mut response =
            self.client.send(get).await.map_err(|error| failed(error.to_string()))?;
        if response.status != StatusCode::OK {
            return Err(failed(format!("server returned HTTP status {}", response.status)));
        }
        let limit = usize::try_from(request.body_size_limit_bytes).unwrap_or(usize::MAX);
        // Reaching the limit is too much already; a client limit of 0 would mean none.
        let allowed = if limit <= 1 { limit } else { limit - 1 };
        match response.read_body(body, allowed, Decode::Gzip).await {
            Ok(()) if limit > 0 && body.len() >= limit => return Err(FetchError::TooLarge),
            Ok(()) => {}
            Err(RequestError::TooLarge { .. }) => return Err(FetchError::TooLarge),
            Err(error) => return Err(failed(error.to_string())),
        }
        let content_type = response.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Fetched { content_type })
    }
}

impl Fetch for HttpFetch {
    fn fetch<'a>(
        &'a self,
        request: &'a FetchRequest,
        body: &'a mut Vec<u8>,
    ) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(async move {
            match tokio::time::timeout(request.timeout, self.get(request, body)).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => Err(FetchError::Failed(format!(
                    "cannot fetch within the scrape timeout of {:?}",
                    request.timeout
                ))),
            }
        })
    }
}
