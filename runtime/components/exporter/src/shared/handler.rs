//! Answers requests for an exporter's metrics.

use std::io::Write;
use std::sync::Arc;

use alloy_component::{HttpRequest, HttpResponse};
use alloy_flow_exposition::encode;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Response, StatusCode};

use super::Source;

/// What follows the component's id in the path of its target.
const METRICS_PATH: &str = "/metrics";

/// The metrics of `source` as text, compressed if the client takes it.
pub(super) async fn serve(source: Arc<dyn Source>, request: HttpRequest) -> HttpResponse {
    if request.uri().path().trim_end_matches('/') != METRICS_PATH {
        return plain(StatusCode::NOT_FOUND, "404 page not found\n");
    }
    let gzip = accepts_gzip(request.headers());
    let span = tracing::Span::current();
    let body = tokio::task::spawn_blocking(move || {
        let _entered = span.enter();
        let mut text = String::new();
        encode::text(&source.collect(), &mut text);
        if gzip { compress(&text).map(|body| (body, true)) } else { None }
            .unwrap_or((text.into_bytes(), false))
    });
    match body.await {
        Ok((body, compressed)) => {
            let mut response = Response::new(Bytes::from(body));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(encode::CONTENT_TYPE));
            if compressed {
                headers.insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
            }
            response
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "collecting the metrics failed\n"),
    }
}

fn compress(text: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok()
}

/// Whether `Accept-Encoding` lists gzip without refusing it.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("gzip") && !parts.any(|p| matches!(p, "q=0" | "q=0.0"))
        })
    })
}

fn plain(status: StatusCode, text: &'static str) -> HttpResponse {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
