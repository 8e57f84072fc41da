//! Responses.

use std::convert::Infallible;
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use serde::Serialize;

/// What every route answers.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Bodies below this are sent as they are: a packet is a packet.
const COMPRESS_FROM_BYTES: usize = 1024;

/// A plain text; errors carry the header that stops browsers from guessing.
pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut response = with_type(status, "text/plain; charset=utf-8", body);
    if status.is_client_error() || status.is_server_error() {
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    response
}

/// A body of any type.
pub(crate) fn with_type(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut response = empty(status);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = Full::new(body.into()).boxed_unsync();
    response
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::new(Bytes::new()).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// The answer for a path that leads nowhere.
pub(crate) fn not_found() -> Answer {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// Anything as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(headers: &HeaderMap, body: &T) -> Answer {
    match serde_json::to_string(body) {
        Ok(text) => compressed(headers, "application/json", text),
        Err(error) => {
            tracing::error!(service = "http", err = %error, "cannot write an answer as JSON");
            text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        }
    }
}

/// An error of the API as JSON.
pub(crate) fn api_error(status: StatusCode, message: &str) -> Answer {
    let body = serde_json::json!({ "error": message }).to_string() + "\n";
    with_type(status, "application/json", body)
}

/// A method that the path doesn't take.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    response.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Sets a header.
pub(crate) fn header(mut response: Answer, name: HeaderName, value: &'static str) -> Answer {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// A body of text, compressed if the client takes gzip. Call where CPU work is allowed.
pub(crate) fn compressed(request: &HeaderMap, content_type: &'static str, body: String) -> Answer {
    let zipped = match accepts_gzip(request) && body.len() >= COMPRESS_FROM_BYTES {
        true => gzip(body.as_bytes()),
        false => None,
    };
    let response = match zipped {
        Some(zipped) => {
            header(with_type(StatusCode::OK, content_type, zipped), CONTENT_ENCODING, "gzip")
        }
        None => with_type(StatusCode::OK, content_type, body),
    };
    header(response, VARY, "Accept-Encoding")
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// True if gzip is listed without a quality of zero.
fn accepts_gzip(request: &HeaderMap) -> bool {
    request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
            let refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|quality| quality.parse::<f32>() == Ok(0.0));
            named && !refused
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_when_it_is_accepted() {
        for (value, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().expect("a header value"));
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        }
    }
}
