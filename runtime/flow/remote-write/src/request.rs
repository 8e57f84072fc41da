//! One request: what it carries, its bytes, and what an answer means.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_flow_http::{Client, Request, RequestError};
use alloy_telemetry::SampleBatch;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::EndpointConfig;
use crate::backoff::retry_after;
use crate::metrics::{Counts, DataKind};
use crate::proto::{Entry, encode_entry};

/// Bytes of an answer's body that go into the message.
const EXCERPT_BYTES: usize = 1024;

/// One entry of a request.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) labels: Arc<[u8]>,
    pub(crate) payload: Payload,
    pub(crate) timestamp_ms: i64,
    /// Batch of the log.
    pub(crate) batch: u64,
    /// Written before this process started: the endpoint may have it already.
    pub(crate) overlap: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Sample(f64),
    /// Encoded labels and value.
    Exemplar(Arc<[u8]>, f64),
    /// Histogram number of a batch.
    Histogram(Arc<SampleBatch>, u32),
}

impl Item {
    pub(crate) fn kind(&self) -> DataKind {
        match self.payload {
            Payload::Sample(_) => DataKind::Sample,
            Payload::Exemplar(..) => DataKind::Exemplar,
            Payload::Histogram(..) => DataKind::Histogram,
        }
    }
}

pub(crate) fn count(items: &[Item]) -> Counts {
    let mut counts = Counts::default();
    items.iter().for_each(|item| counts.add(item.kind(), 1));
    counts
}

/// Writes requests with buffers that are used again.
pub(crate) struct RequestEncoder {
    raw: Vec<u8>,
    scratch: Vec<u8>,
    packed: Vec<u8>,
    snappy: snap::raw::Encoder,
}

impl Default for RequestEncoder {
    fn default() -> Self {
        let snappy = snap::raw::Encoder::new();
        Self { raw: Vec::new(), scratch: Vec::new(), packed: Vec::new(), snappy }
    }
}

impl RequestEncoder {
    pub(crate) fn encode(&mut self, items: &[Item]) -> Bytes {
        self.raw.clear();
        for item in items {
            let timestamp_ms = item.timestamp_ms;
            let entry = match &item.payload {
                Payload::Sample(value) => Entry::Sample { value: *value, timestamp_ms },
                Payload::Exemplar(labels, value) => {
                    Entry::Exemplar { labels, value: *value, timestamp_ms }
                }
                Payload::Histogram(batch, number) => {
                    let histograms = batch.histograms.as_deref().unwrap_or_default();
                    let Some(row) = histograms.get(*number as usize) else { continue };
                    Entry::Histogram { histogram: &row.item, timestamp_ms }
                }
            };
            encode_entry(&item.labels, entry, &mut self.scratch, &mut self.raw);
        }
        let most = snap::raw::max_compress_len(self.raw.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        match self.snappy.compress(&self.raw, &mut self.packed) {
            Ok(len) => Bytes::copy_from_slice(&self.packed[..len]),
            // Only for more than 4 GiB, which the number of samples of a request rules out.
            Err(_) => Bytes::new(),
        }
    }
}

/// What became of one attempt.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Taken; how much of it, if the endpoint says so.
    Taken { written: Option<[u64; 3]> },
    /// May succeed later.
    Later { reason: String, retry_after: Option<Duration> },
    /// Will not.
    Refused { status: Option<StatusCode>, reason: String },
}

/// Headers of all requests of an endpoint.
///
/// # Errors
/// The name of a header that cannot be sent.
pub(crate) fn headers(config: &EndpointConfig) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    let version = HeaderName::from_static("x-prometheus-remote-write-version");
    map.insert(version, HeaderValue::from_static("0.1.0"));
    for (name, value) in &config.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| name.clone())?;
        let value = HeaderValue::from_str(value).map_err(|_| name.clone())?;
        if header != HOST {
            map.insert(header, value);
        }
    }
    if let Ok(id) = HeaderValue::from_str(&config.agent_id) {
        map.insert(HeaderName::from_static("x-agent-id"), id.clone());
        map.insert(HeaderName::from_static("x-alloy-id"), id);
    }
    Ok(map)
}

/// Sends a body once.
pub(crate) async fn attempt(
    client: &Client,
    config: &EndpointConfig,
    headers: &HeaderMap,
    body: Bytes,
    number: u32,
) -> Answer {
    let mut headers = headers.clone();
    if number > 0 {
        headers.insert(HeaderName::from_static("retry-attempt"), HeaderValue::from(number));
    }
    let request = Request { method: Method::POST, url: config.url.clone(), headers, body };
    let exchange = async {
        let mut response = client.send(request).await?;
        let body = match response.status.is_success() {
            // Read to its end, so that the connection can be used again.
            true => response.read_excerpt(0).await,
            false => response.read_excerpt(EXCERPT_BYTES).await,
        };
        Ok::<_, RequestError>((response.status, response.headers, body))
    };
    let (status, headers, body) = match tokio::time::timeout(config.timeout, exchange).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Answer::Later { reason: error.to_string(), retry_after: None },
        Err(_) => {
            let reason = format!("no answer within {:?}", config.timeout);
            return Answer::Later { reason, retry_after: None };
        }
    };
    if status.is_success() {
        return Answer::Taken { written: written(&headers) };
    }
    let text = String::from_utf8_lossy(&body);
    let reason = format!("server returned HTTP status {status}: {}", text.trim());
    let recoverable = status.as_u16() / 100 == 5
        || (status == StatusCode::TOO_MANY_REQUESTS && config.queue.retry_on_http_429);
    if recoverable {
        let asked = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        let retry_after = asked.and_then(|text| retry_after(text, SystemTime::now()));
        return Answer::Later { reason, retry_after };
    }
    Answer::Refused { status: Some(status), reason }
}

fn written(headers: &HeaderMap) -> Option<[u64; 3]> {
    let get = |what: &str| {
        let value = headers.get(format!("x-prometheus-remote-write-{what}-written"))?;
        value.to_str().ok()?.parse().ok()
    };
    let (samples, exemplars, histograms) = (get("samples"), get("exemplars"), get("histograms"));
    if samples.is_none() && exemplars.is_none() && histograms.is_none() {
        return None;
    }
    Some([samples, exemplars, histograms].map(Option::unwrap_or_default))
}

/// The present in ms.
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
