//! A remote write receiver that answers as it is told and writes down what it gets. Raw sockets,
//! since some answers are none that a library would send.

#![expect(dead_code, reason = "each test program uses a part")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_flow_exposition::float;
use alloy_flow_remote_write::proto;
use alloy_telemetry::{Histogram, is_stale};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) at: Instant,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Status of the answer; 0 if the connection was reset.
    pub(crate) status: u64,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[derive(Default)]
struct State {
    answers: VecDeque<Value>,
    /// Requests with a sample before this time are refused.
    refuse_before_ms: i64,
    received: Vec<Received>,
}

pub(crate) struct Receiver {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    /// Ends with the receiver.
    _tasks: JoinSet<()>,
}

impl Receiver {
    /// Gives these answers, then 204.
    pub(crate) async fn start(answers: Vec<Value>) -> Self {
        Self::with(State { answers: answers.into(), ..State::default() }).await
    }

    /// Refuses whole requests that hold a sample before this time.
    pub(crate) async fn refusing_before(refuse_before_ms: i64) -> Self {
        Self::with(State { refuse_before_ms, ..State::default() }).await
    }

    async fn with(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(state));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { addr, state, _tasks: tasks }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut buffer = Vec::new();
    loop {
        let head_len = loop {
            if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
                return;
            }
        };
        let head = String::from_utf8_lossy(&buffer[..head_len]).into_owned();
        let mut lines = head.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
        while buffer.len() < head_len + length {
            if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
                return;
            }
        }
        let body = buffer[head_len..head_len + length].to_vec();
        buffer.drain(..head_len + length);
        let answer = {
            let mut state = state.lock();
            let answer = match path.ends_with(".target") {
                true => json!({ "status": 204 }),
                false
                    if state.refuse_before_ms > 0
                        && holds_before(&body, state.refuse_before_ms) =>
                {
                    json!({ "status": 400 })
                }
                false => state.answers.pop_front().unwrap_or_else(|| json!({ "status": 204 })),
            };
            state.received.push(Received {
                at: Instant::now(),
                method: method.to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers,
                body,
                status: answer["status"].as_u64().unwrap_or_default(),
            });
            answer
        };
        if answer["reset"] == true {
            return;
        }
        if let Some(delay) = answer["delay"].as_f64() {
            tokio::time::sleep(Duration::from_secs_f64(delay)).await;
        }
        let mut text = format!("HTTP/1.1 {} Status\r\n", answer["status"]);
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            text.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap()));
        }
        if answer["status"] != 204 {
            text.push_str("Content-Length: 0\r\n");
        }
        text.push_str("\r\n");
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn holds_before(body: &[u8], ms: i64) -> bool {
    let decoded = decode(body, 0);
    let samples = decoded.as_array().into_iter().flatten().filter_map(|s| s["samples"].as_array());
    samples.flatten().any(|sample| sample[0].as_i64().is_some_and(|at| at < ms))
}

/// A body in the form of the recording.
pub(crate) fn decode(body: &[u8], base_ms: i64) -> Value {
    let raw = snap::raw::Decoder::new().decompress_vec(body).expect("snappy");
    let request = proto::decode(&raw).expect("a write request");
    let series = request.series.iter().map(|series| {
        let mut entry = serde_json::Map::new();
        entry.insert("labels".into(), labels(&series.labels));
        if !series.samples.is_empty() {
            let samples = series.samples.iter();
            let samples: Vec<_> =
                samples.map(|(value, ms)| json!([ms - base_ms, number(*value)])).collect();
            entry.insert("samples".into(), samples.into());
        }
        if !series.exemplars.is_empty() {
            let exemplars = series.exemplars.iter().map(|e| {
                json!({
                    "labels": labels(&e.labels),
                    "value": number(e.value),
                    "ts": e.timestamp_ms - base_ms,
                })
            });
            entry.insert("exemplars".into(), exemplars.collect::<Vec<_>>().into());
        }
        if !series.histograms.is_empty() {
            let histograms = series.histograms.iter().map(|(h, ms)| histogram(h, ms - base_ms));
            entry.insert("histograms".into(), histograms.collect::<Vec<_>>().into());
        }
        Value::Object(entry)
    });
    series.collect::<Vec<_>>().into()
}

fn labels(pairs: &[proto::LabelBytes<'_>]) -> Value {
    assert!(pairs.is_sorted_by_key(|(name, _)| *name), "labels are not sorted");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    pairs.iter().map(|(n, v)| (text(n), text(v).into())).collect::<serde_json::Map<_, _>>().into()
}

fn number(value: f64) -> String {
    if is_stale(value) {
        return "STALE".to_owned();
    }
    let mut out = String::new();
    float::write(&mut out, value);
    out
}

fn histogram(h: &Histogram, ms: i64) -> Value {
    let count = |value: f64| match h.is_float {
        true => Value::from(number(value)),
        false => Value::from(value as u64),
    };
    let mut out = serde_json::Map::new();
    let mut put = |name: &str, value: Value, zero: bool| {
        if !zero {
            out.insert(name.to_owned(), value);
        }
    };
    put("float", true.into(), !h.is_float);
    put("count", count(h.count), false);
    put("sum", number(h.sum).into(), h.sum == 0.0);
    put("schema", h.schema.into(), h.schema == 0);
    put("zero_threshold", number(h.zero_threshold).into(), h.zero_threshold == 0.0);
    put("zero_count", count(h.zero_count), h.zero_count == 0.0);
    for (sign, spans, deltas, counts) in [
        ("pos", &h.positive_spans, &h.positive_deltas, &h.positive_counts),
        ("neg", &h.negative_spans, &h.negative_deltas, &h.negative_counts),
    ] {
        let numbers: Vec<_> = counts.iter().map(|c| number(*c)).collect();
        put(&format!("{sign}_spans"), json!(spans), spans.is_empty());
        put(&format!("{sign}_deltas"), json!(deltas), deltas.is_empty());
        put(&format!("{sign}_counts"), json!(numbers), counts.is_empty());
    }
    put("ts", ms.into(), false);
    out.into()
}
