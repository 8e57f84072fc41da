//! Calls of the collector service over the Connect protocol: one POST per call, protobuf in and out.

use std::time::Duration;

use alloy_flow_http::{Client, Decode, Request};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde::Deserialize;

use crate::cache::MAX_CONFIG_BYTES;
use crate::proto::{
    Empty, GetConfigRequest, GetConfigResponse, RegisterCollectorRequest,
    UnregisterCollectorRequest,
};

/// A call that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A configuration and what is around it.
const MAX_ANSWER_BYTES: usize = MAX_CONFIG_BYTES + (1 << 20);

/// Read of the answer of a call that failed.
const MAX_ERROR_BYTES: usize = 8 * 1024;

const PROTO: &str = "application/proto";

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server refused.
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    /// There was no usable answer.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl CallError {
    /// True if the server doesn't know this collector.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "not_found")
    }
}

/// Calls one server.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    client: Client,
    get_config: Uri,
    register: Uri,
    unregister: Uri,
}

impl Collector {
    /// A client of the service at `url`.
    pub(crate) fn new(client: Client, url: &str) -> Result<Self, String> {
        let base = url.trim_end_matches('/');
        let uri = |method: &str| -> Result<Uri, String> {
            let uri: Uri = format!("{base}/collector.v1.CollectorService/{method}")
                .parse()
                .map_err(|_| "the url cannot be parsed".to_owned())?;
            match uri.scheme_str() {
                Some("http" | "https") => Ok(uri),
                _ => Err("the url is neither http nor https".to_owned()),
            }
        };
        Ok(Self {
            client,
            get_config: uri("GetConfig")?,
            register: uri("RegisterCollector")?,
            unregister: uri("UnregisterCollector")?,
        })
    }

    pub(crate) async fn get_config(
        &self,
        request: &GetConfigRequest,
    ) -> Result<GetConfigResponse, CallError> {
        self.call(&self.get_config, request).await
    }

    pub(crate) async fn register(
        &self,
        request: &RegisterCollectorRequest,
    ) -> Result<(), CallError> {
        self.call::<Empty>(&self.register, request).await.map(|_| ())
    }

    pub(crate) async fn unregister(
        &self,
        request: &UnregisterCollectorRequest,
    ) -> Result<(), CallError> {
        self.call::<Empty>(&self.unregister, request).await.map(|_| ())
    }

    async fn call<R: prost::Message + Default>(
        &self,
        url: &Uri,
        message: &impl prost::Message,
    ) -> Result<R, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROTO));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let version = HeaderName::from_static("connect-protocol-version");
        headers.insert(version, HeaderValue::from_static("1"));
        let request = Request {
            method: Method::POST,
            url: url.clone(),
            headers,
            body: Bytes::from(message.encode_to_vec()),
        };
        tokio::time::timeout(TIMEOUT, self.exchange(request))
            .await
            .map_err(|_| CallError::Unavailable(format!("no answer within {TIMEOUT:?}")))?
    }

    async fn exchange<R: prost::Message + Default>(
        &self,
        request: Request,
    ) -> Result<R, CallError> {
        let unavailable =
            |error: alloy_flow_http::RequestError| CallError::Unavailable(error.to_string());
        let mut response = self.client.send(request).await.map_err(unavailable)?;
        if response.status != StatusCode::OK {
            let body = response.read_excerpt(MAX_ERROR_BYTES).await;
            return Err(refused(response.status, &body));
        }
        let kind =
            response.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        if kind != PROTO.as_bytes() {
            let kind = String::from_utf8_lossy(kind);
            let reason = format!("the answer is of type {kind:?} and not {PROTO}");
            return Err(CallError::Unavailable(reason));
        }
        let mut body = Vec::new();
        response.read_body(&mut body, MAX_ANSWER_BYTES, Decode::Gzip).await.map_err(unavailable)?;
        R::decode(body.as_slice())
            .map_err(|error| CallError::Unavailable(format!("the answer cannot be read: {error}")))
    }
}

/// What a server says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

/// Never fails: what is no answer of the protocol is judged by its status.
fn refused(status: StatusCode, body: &[u8]) -> CallError {
    if let Ok(Refusal { code, message }) = serde_json::from_slice(body) {
        return CallError::Refused { code, message };
    }
    // The table of the protocol's definition.
    let code = match status.as_u16() {
        400 => "internal",
        401 => "unauthenticated",
        403 => "permission_denied",
        404 => "unimplemented",
        429 | 502 | 503 | 504 => "unavailable",
        _ => "unknown",
    };
    CallError::Refused { code: code.to_owned(), message: format!("HTTP status {status}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_code_and_message() {
        let text = |status: u16, body: &str| {
            refused(StatusCode::from_u16(status).unwrap(), body.as_bytes()).to_string()
        };
        assert_eq!(
            text(404, r#"{"code":"not_found","message":"no such id"}"#),
            "not_found: no such id"
        );
        assert_eq!(text(503, "<html>"), "unavailable: HTTP status 503 Service Unavailable");
        assert_eq!(text(418, ""), "unknown: HTTP status 418 I'm a teapot");
    }
}
