//! Reads response bodies within limits.

use std::io::{self, Write};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::RequestError;

/// Most decoded bytes of a body when the caller sets no limit (design/performance.md §3.3).
pub const ENGINE_BODY_LIMIT: usize = 256 << 20;

/// Whether content codings are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decode {
    /// Gives the body as it came.
    Identity,
    /// Undoes `Content-Encoding: gzip`.
    Gzip,
}

/// A response whose body is not read yet.
#[derive(Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    body: Incoming,
}

impl Response {
    pub(crate) fn new(response: http::Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body }
    }

    /// Appends the body to `out`, at most `limit` decoded bytes (0: [`ENGINE_BODY_LIMIT`]).
    ///
    /// Cancel safety: dropping the future loses the response.
    ///
    /// # Errors
    /// If the connection breaks, the coding is broken or the limit is exceeded.
    pub async fn read_body(
        &mut self,
        out: &mut Vec<u8>,
        limit: usize,
        decode: Decode,
    ) -> Result<(), RequestError> {
        let limit = if limit == 0 { ENGINE_BODY_LIMIT } else { limit };
        let gzip = decode == Decode::Gzip
            && self.headers.get(header::CONTENT_ENCODING).is_some_and(|v| v == "gzip");
        let mut sink = Capped { out, left: limit };
        if gzip {
            let mut decoder = flate2::write::MultiGzDecoder::new(sink);
            while let Some(chunk) = self.chunk().await? {
                decoder.write_all(&chunk).map_err(|e| body_error(e, limit))?;
            }
            decoder.finish().map_err(|e| body_error(e, limit))?;
        } else {
            while let Some(chunk) = self.chunk().await? {
                sink.write_all(&chunk).map_err(|e| body_error(e, limit))?;
            }
        }
        Ok(())
    }

    /// The first bytes of the body, for an error message. Reads at most 64 KiB, so that the
    /// connection can be used again, and keeps `limit`.
    pub async fn read_excerpt(&mut self, limit: usize) -> Vec<u8> {
        let (mut kept, mut read) = (Vec::new(), 0);
        while read < 64 * 1024 {
            let Ok(Some(chunk)) = self.chunk().await else { break };
            read += chunk.len();
            let room = limit - kept.len();
            kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        kept
    }

    /// The next bytes of the body as they came, content coding included; nothing at its end. For
    /// bodies that are read as they come, in place of [`Self::read_body`]; the caller sets the limit.
    ///
    /// Cancel safety: nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RequestError> {
        loop {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.map_err(|e| RequestError::Body { reason: error_chain(&e) })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// An error with its causes in one line; a cause that the text repeats already is left out.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text.push_str(": ");
            text.push_str(&next_text);
        }
        cause = next.source();
    }
    text
}

fn body_error(error: io::Error, limit: usize) -> RequestError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => RequestError::TooLarge { limit },
        _ => RequestError::Body { reason: error.to_string() },
    }
}

struct Capped<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl Write for Capped<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if buf.len() > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.left -= buf.len();
        self.out.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
