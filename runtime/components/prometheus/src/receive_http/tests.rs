//! Requests over a real socket into a recording consumer.

use std::sync::Arc;

use alloy_blocks::HttpServerBlock;
use alloy_component::testing::context;
use alloy_component::{Component, MetricsReceiver, RunContext};
use alloy_flow_remote_write::proto::{Entry, encode_entry, encode_labels};
use alloy_telemetry::{Ack, Histogram, MetricsConsumer, SampleBatch, SendError, SeriesTable};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::ReceiveHttpArgs;
use super::ingest::{Refused, decompress, ingest};
use super::run::ReceiveHttp;

const NOW_MS: i64 = 1_000_000;

/// Labels, value and time of a sample.
type Sample<'a> = (&'a [(&'a str, &'a str)], f64, i64);

fn message(series: &[Sample<'_>]) -> Vec<u8> {
    let (mut scratch, mut out) = (Vec::new(), Vec::new());
    for &(labels, value, timestamp_ms) in series {
        let mut encoded = Vec::new();
        encode_labels(labels.iter().copied(), &mut encoded);
        encode_entry(&encoded, Entry::Sample { value, timestamp_ms }, &mut scratch, &mut out);
    }
    out
}

fn rows(table: &SeriesTable, message: &[u8]) -> Result<(Vec<String>, u64), Refused> {
    let ingested = ingest(message, NOW_MS, table, &Ack::new().0)?;
    let rows = ingested.batches.iter().flat_map(|batch| {
        (0..batch.len()).map(|row| {
            let labels = table.labels(batch.series(row));
            format!("{labels} {} @{}", batch.values[row], batch.timestamp_ms(row))
        })
    });
    Ok((rows.collect(), ingested.skipped))
}

#[test]
fn labels_are_sorted_and_emptied_and_bad_series_are_skipped() {
    let table = SeriesTable::new();
    let body = message(&[
        (&[("job", "a"), ("__name__", "up"), ("empty", "")], 1.0, 5),
        (&[("job", "no name")], 2.0, 5),
        (&[("__name__", "twice"), ("a", "1"), ("a", "2")], 3.0, 5),
        (&[("__name__", "utf8"), ("naïve", "ja")], 4.0, 6),
    ]);
    let (rows, skipped) = rows(&table, &body).expect("accepted");
    assert_eq!(rows, [r#"{__name__="up", job="a"} 1 @5"#, r#"{__name__="utf8", naïve="ja"} 4 @6"#]);
    assert_eq!(skipped, 2);
    assert!(table.is_empty(), "nothing holds pushed series once the batches are gone");
}

#[test]
fn one_sample_too_far_ahead_refuses_the_request() {
    let table = SeriesTable::new();
    let ahead = NOW_MS + 10 * 60 * 1000;
    let name: &[(&str, &str)] = &[("__name__", "up")];
    assert!(rows(&table, &message(&[(name, 1.0, ahead)])).is_ok());
    let refused = rows(&table, &message(&[(name, 1.0, 0), (name, 1.0, ahead + 1)]));
    assert!(matches!(refused, Err(Refused::OutOfBounds { .. })), "{refused:?}");
}

#[test]
fn a_histogram_that_contradicts_itself_refuses_the_request() {
    let table = SeriesTable::new();
    let good = Histogram {
        count: 3.0,
        sum: 4.0,
        zero_count: 1.0,
        positive_spans: vec![(0, 2)],
        positive_deltas: vec![1, 0],
        ..Histogram::default()
    };
    let encode = |histogram: &Histogram| {
        let (mut labels, mut scratch, mut out) = (Vec::new(), Vec::new(), Vec::new());
        encode_labels([("__name__", "h")].into_iter(), &mut labels);
        let entry = Entry::Histogram { histogram, timestamp_ms: 1 };
        encode_entry(&labels, entry, &mut scratch, &mut out);
        out
    };
    assert!(rows(&table, &encode(&good)).is_ok());
    for bad in [
        Histogram { count: 4.0, ..good.clone() },
        Histogram { schema: 9, ..good.clone() },
        Histogram { positive_spans: vec![(0, 3)], ..good.clone() },
        Histogram { positive_deltas: vec![1, -2], ..good.clone() },
    ] {
        let refused = rows(&table, &encode(&bad));
        assert!(matches!(refused, Err(Refused::Histogram { .. })), "{bad:?}");
    }
}

#[test]
fn bodies_that_cannot_be_what_they_say_are_refused_before_memory_is_taken() {
    assert!(matches!(decompress(b""), Err(Refused::Malformed(_))));
    // Declares 64 MiB in five bytes.
    assert!(matches!(decompress(&[0x80, 0x80, 0x80, 0x20, 0]), Err(Refused::Malformed(_))));
    assert!(matches!(decompress(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Refused::Malformed(_))));
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Arc<SampleBatch>>>);

impl MetricsConsumer for Recorder {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        // Rows are kept, the acknowledgement is not.
        self.0.lock().push(Arc::new(SampleBatch { ack: None, ..(*batch).clone() }));
        async { Ok(()) }.boxed()
    }

    fn component_id(&self) -> &str {
        "test.recorder"
    }
}

fn args(to: &Arc<Recorder>, port: u16) -> ReceiveHttpArgs {
    ReceiveHttpArgs {
        forward_to: vec![MetricsReceiver(Arc::clone(to) as Arc<dyn MetricsConsumer>)],
        graceful_shutdown_timeout: std::time::Duration::from_secs(5),
        append_metadata: false,
        enable_type_and_unit_labels: false,
        accepted_remote_write_protobuf_messages: vec!["prometheus.WriteRequest".to_owned()],
        http: Some(HttpServerBlock {
            listen_address: "127.0.0.1".to_owned(),
            listen_port: port.into(),
            ..HttpServerBlock::default()
        }),
        grpc: None,
    }
}

async fn request(addr: std::net::SocketAddr, head: &str, body: &[u8]) -> u16 {
    let mut stream = tokio::net::TcpStream::connect(addr).await.expect("connect");
    let head =
        format!("{head}Host: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.expect("write");
    stream.write_all(body).await.expect("write");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("read");
    String::from_utf8_lossy(&answer)[9..12].parse().expect("a status")
}

#[tokio::test]
async fn answers_follow_the_request() {
    let recorder = Arc::new(Recorder::default());
    let component = Arc::new(
        ReceiveHttp::new(&context("prometheus.receive_http.x").0, args(&recorder, 0))
            .await
            .expect("built"),
    );
    let addr = component.addr().expect("bound");
    let cancel = CancellationToken::new();
    let task = tokio::spawn(
        (Arc::clone(&component) as Arc<dyn Component>).run(RunContext { cancel: cancel.clone() }),
    );
    let good = snap::raw::Encoder::new()
        .compress_vec(&message(&[(&[("__name__", "up")], 1.0, 5)]))
        .expect("compress");
    let post = "POST /api/v1/metrics/write HTTP/1.1\r\n";
    let protobuf = "Content-Type: application/x-protobuf\r\n";
    for (head, body, status) in [
        (format!("{post}{protobuf}Content-Encoding: snappy\r\n"), &good[..], 204),
        (format!("{post}{protobuf}"), &good[..], 204),
        (
            format!("{post}Content-Type: application/x-protobuf;proto=prometheus.WriteRequest\r\n"),
            &good[..],
            204,
        ),
        (
            format!(
                "{post}Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n"
            ),
            &good[..],
            415,
        ),
        (format!("{post}Content-Type: text/plain\r\n"), &good[..], 415),
        (post.to_owned(), &good[..], 415),
        (format!("{post}{protobuf}Content-Encoding: gzip\r\n"), &good[..], 415),
        (format!("{post}{protobuf}"), b"", 400),
        (format!("{post}{protobuf}"), b"nonsense", 400),
        ("GET /api/v1/metrics/write HTTP/1.1\r\n".to_owned(), b"", 405),
        (format!("POST /other HTTP/1.1\r\n{protobuf}"), &good[..], 404),
    ] {
        assert_eq!(request(addr, &head, body).await, status, "{head}");
    }
    assert_eq!(recorder.0.lock().len(), 3);

    // New timeouts keep the socket; the port stays open throughout.
    let mut new = args(&recorder, 0);
    if let Some(http) = &mut new.http {
        http.options.server_read_timeout = std::time::Duration::from_secs(7);
    }
    component.update(ArcArgs::new(new)).await.expect("updated");
    assert_eq!(component.addr(), Some(addr));
    assert_eq!(request(addr, &format!("{post}{protobuf}"), &good).await, 204);
    cancel.cancel();
    task.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name() {
    let recorder = Arc::new(Recorder::default());
    let mut wanted = args(&recorder, 0);
    wanted.append_metadata = true;
    let error = wanted.supported().expect_err("refused").to_string();
    assert!(error.contains("append_metadata"), "{error}");
}
