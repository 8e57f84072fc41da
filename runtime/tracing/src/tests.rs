//! From spans to what receivers get.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alloy_flow_http::testing::MemoryServer;
use alloy_flow_http::{Client, ClientConfig, Request};
use alloy_telemetry::{OtlpBatch, OtlpConsumer, SendError, Signal};
use expect_test::expect;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use parking_lot::{Mutex, MutexGuard};
use prost::Message;
use tokio::runtime::Handle;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

use crate::{JaegerRemote, Settings, Tracing, TracingHandle, current_trace_id, layer, set_parent};

#[derive(Default)]
struct Receiver {
    batches: Mutex<Vec<Arc<OtlpBatch>>>,
    /// What it makes of a batch by itself.
    on_batch: Option<fn()>,
    refuses: bool,
}

impl OtlpConsumer for Receiver {
    fn send(&self, batch: Arc<OtlpBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async move {
            self.batches.lock().push(batch);
            if let Some(work) = self.on_batch {
                work();
            }
            match self.refuses {
                true => Err(SendError::Rejected { component: "x".into(), reason: "no".into() }),
                false => Ok(()),
            }
        })
    }

    fn component_id(&self) -> &str {
        "test.otel.a"
    }
}

impl Receiver {
    fn spans(&self) -> Vec<opentelemetry_proto::tonic::trace::v1::Span> {
        let requests = self.batches.lock().clone();
        let decode = |batch: Arc<OtlpBatch>| {
            assert_eq!(batch.signal, Signal::Traces);
            ExportTraceServiceRequest::decode(&batch.request[..]).expect("an export request")
        };
        let resources = requests.into_iter().flat_map(|batch| decode(batch).resource_spans);
        resources.flat_map(|r| r.scope_spans).flat_map(|s| s.spans).collect()
    }

    fn names(&self) -> Vec<String> {
        self.spans().into_iter().map(|span| span.name).collect()
    }
}

fn attributes(attributes: &[KeyValue]) -> String {
    let mut shown: Vec<String> = attributes
        .iter()
        .map(|pair| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(any_value::Value::StringValue(text)) => format!("{}={text}", pair.key),
            other => format!("{}={other:?}", pair.key),
        })
        .collect();
    shown.sort();
    shown.join(" ")
}

struct Fixture {
    handle: TracingHandle,
    tracing: Tracing,
    _log: tracing::subscriber::DefaultGuard,
    _alone: MutexGuard<'static, ()>,
}

/// Whether headers carry traces is a matter of the whole process: one test after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn fixture(server: Option<Arc<MemoryServer>>) -> Fixture {
    let _alone = ALONE.lock();
    let handle = TracingHandle::new("v1.2.3").expect("valid names");
    let subscriber = tracing_subscriber::registry().with(layer(&handle));
    let _log = tracing::subscriber::set_default(subscriber);
    let dial = server.map(|server| server as Arc<dyn alloy_flow_http::Dial>);
    let tracing = Tracing::new(handle.clone(), Handle::current(), "test", dial);
    Fixture { handle, tracing, _log, _alone }
}

fn all_to(receiver: &Arc<Receiver>) -> Settings {
    let receivers = vec![Arc::clone(receiver) as Arc<dyn OtlpConsumer>];
    Settings { sampling_fraction: 1.0, receivers, ..Settings::default() }
}

/// Lets spans be gathered and handed over.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn spans_become_otlp_with_their_parents_and_the_resource() {
    let mut t = fixture(None);
    let receiver = Arc::<Receiver>::default();
    t.tracing.apply(&all_to(&receiver)).unwrap();
    let load = info_span!(target: "trace", "GraphEvaluate", alloy.controller_id = "");
    info_span!(target: "trace", parent: &load, "EvaluateNode", node_id = "a.b").in_scope(|| {
        let other = info_span!(target: "alloy", "component");
        other.in_scope(|| drop(info_span!(target: "trace", "inner").entered()));
    });
    drop(load);
    settle().await;
    let spans = receiver.spans();
    assert_eq!(receiver.names(), ["inner", "EvaluateNode", "GraphEvaluate"]);
    let [inner, node, load] = &spans[..] else { panic!("three spans") };
    assert!(load.parent_span_id.is_empty());
    assert_eq!(node.parent_span_id, load.span_id);
    assert_eq!(inner.parent_span_id, node.span_id, "spans that are not traced are no parents");
    assert!([node, inner].iter().all(|span| span.trace_id == load.trace_id));
    assert!(load.end_time_unix_nano >= load.start_time_unix_nano);
    let batch = receiver.batches.lock()[0].clone();
    assert_eq!(batch.items, 3);
    let request = ExportTraceServiceRequest::decode(&batch.request[..]).unwrap();
    let resource = request.resource_spans[0].resource.as_ref().unwrap();
    let shown = format!(
        "{}\n{}\n{}\n",
        attributes(&resource.attributes),
        attributes(&load.attributes),
        attributes(&node.attributes)
    );
    expect![[r#"
        service.name=alloy service.version=v1.2.3
        alloy.controller_id=
        node_id=a.b
    "#]]
    .assert_eq(&shown);
    assert_eq!(t.handle.metrics().forwarded.with_label_values(&["test.otel.a"]).get(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_span_is_made_without_a_receiver() {
    let mut t = fixture(None);
    let made = || !info_span!(target: "trace", "x").is_disabled();
    assert!(!made());
    t.tracing.apply(&Settings { sampling_fraction: 1.0, ..Settings::default() }).unwrap();
    assert!(!made());
    let receiver = Arc::<Receiver>::default();
    t.tracing.apply(&all_to(&receiver)).unwrap();
    assert!(made());
    assert!(info_span!(target: "elsewhere", "x").is_disabled());
    t.tracing.apply(&Settings::default()).unwrap();
    assert!(!made());
    settle().await;
    assert_eq!(receiver.names(), Vec::<String>::new(), "what waited is dropped with the receiver");
    assert_eq!(Arc::strong_count(&receiver), 1);
}

#[tokio::test(start_paused = true)]
async fn fraction_of_zero_keeps_nothing() {
    let mut t = fixture(None);
    let receiver = Arc::<Receiver>::default();
    t.tracing.apply(&Settings { sampling_fraction: 0.0, ..all_to(&receiver) }).unwrap();
    drop(info_span!(target: "trace", "x").entered());
    settle().await;
    assert_eq!(receiver.names(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn handing_over_is_not_traced_and_refusals_are_counted() {
    let mut t = fixture(None);
    let work = || drop(info_span!(target: "trace", "of the receiver").entered());
    let receiver =
        Arc::new(Receiver { on_batch: Some(work), refuses: true, ..Receiver::default() });
    t.tracing.apply(&all_to(&receiver)).unwrap();
    drop(info_span!(target: "trace", "x").entered());
    settle().await;
    settle().await;
    assert_eq!(receiver.names(), ["x"]);
    let dropped = &t.handle.metrics().dropped;
    assert_eq!(dropped.with_label_values(&["test.otel.a", "rejected"]).get(), 1);
}

#[tokio::test(start_paused = true)]
async fn spans_that_find_no_room_are_counted() {
    let mut t = fixture(None);
    let receiver = Arc::<Receiver>::default();
    t.tracing.apply(&all_to(&receiver)).unwrap();
    (0..2_050).for_each(|_| drop(info_span!(target: "trace", "x").entered()));
    settle().await;
    assert_eq!(receiver.names().len(), 2_048);
    assert_eq!(t.handle.metrics().dropped.with_label_values(&["", "full"]).get(), 2);
    assert!(receiver.batches.lock().iter().all(|batch| batch.items <= 512));
}

#[tokio::test(start_paused = true)]
async fn requests_carry_the_trace_on_and_lines_can_name_it() {
    let seen = Arc::<Mutex<Vec<HeaderMap>>>::default();
    let keep = Arc::clone(&seen);
    let server = MemoryServer::new(move |request: http::Request<bytes::Bytes>| {
        keep.lock().push(request.headers().clone());
        async { http::Response::new(bytes::Bytes::new()) }
    });
    let mut t = fixture(None);
    let client = Client::new(ClientConfig::default(), Some(server as _)).unwrap();
    let url: http::Uri = MemoryServer::url("/secret?token=1").parse().unwrap();
    let ask = || async {
        client.send(Request::get(url.clone())).await.unwrap();
        seen.lock().pop().unwrap()
    };
    let receiver = Arc::<Receiver>::default();
    t.tracing.apply(&all_to(&receiver)).unwrap();
    assert!(ask().await.get("traceparent").is_none(), "only if the block says so");
    assert_eq!(current_trace_id(), None);

    t.tracing.apply(&Settings { send_traceparent: true, ..all_to(&receiver) }).unwrap();
    let mut incoming = HeaderMap::new();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    incoming.insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
    incoming.insert("baggage", "tenant=shop".parse().unwrap());
    let span = info_span!(target: "trace", "/-/reload");
    set_parent(&span, &incoming);
    let headers = async {
        assert_eq!(current_trace_id().as_deref(), Some(trace));
        ask().await
    }
    .instrument(span)
    .await;
    let sent = headers.get("traceparent").unwrap().to_str().unwrap().to_owned();
    assert!(sent.starts_with(&format!("00-{trace}-")) && sent.ends_with("-01"), "{sent}");
    assert_eq!(headers.get("baggage").unwrap(), "tenant=shop");
    settle().await;
    let client = receiver.spans().into_iter().rfind(|span| span.name == "GET").unwrap();
    assert!(sent.contains(&client.span_id.iter().map(|b| format!("{b:02x}")).collect::<String>()));
    let shown = format!("{:?}", client.attributes);
    assert!(!shown.contains("token"), "queries may hold secrets: {shown}");

    // Somebody else has decided not to keep the trace.
    let before = receiver.names().len();
    incoming.insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-00").parse().unwrap());
    let span = info_span!(target: "trace", "/-/reload");
    set_parent(&span, &incoming);
    let headers = ask().instrument(span).await;
    assert!(headers.get("traceparent").unwrap().to_str().unwrap().ends_with("-00"));
    settle().await;
    assert_eq!(receiver.names().len(), before);
    t.tracing.apply(&Settings::default()).unwrap();
    assert!(ask().await.get("traceparent").is_none());
}

#[tokio::test(start_paused = true)]
async fn strategies_are_asked_for_and_failures_keep_the_last_one() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = MemoryServer::new(move |request: http::Request<bytes::Bytes>| {
        assert_eq!(request.uri().path_and_query().unwrap(), "/sampling?service=alloy");
        let nth = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let rate = if nth == 0 { 1 } else { 0 };
            let body = format!(r#"{{"probabilisticSampling":{{"samplingRate":{rate}}}}}"#);
            http::Response::new(bytes::Bytes::from(body))
        }
    });
    let mut t = fixture(Some(Arc::clone(&server)));
    let receiver = Arc::<Receiver>::default();
    let remote = JaegerRemote {
        url: MemoryServer::url("/sampling").parse().unwrap(),
        max_operations: 256,
        refresh_interval: Duration::from_secs(60),
    };
    let settings = Settings {
        sampling_fraction: 0.0,
        jaeger_remote: Some(remote.clone()),
        ..all_to(&receiver)
    };
    let span = || drop(info_span!(target: "trace", "x").entered());
    t.tracing.apply(&settings).unwrap();
    span();
    settle().await;
    assert_eq!((receiver.names().len(), asked.load(Ordering::Relaxed)), (0, 1));
    // The server keeps everything; neither a reload nor a failure changes that.
    span();
    t.tracing.apply(&settings).unwrap();
    server.refuse(true);
    tokio::time::sleep(Duration::from_secs(120)).await;
    span();
    settle().await;
    assert_eq!((receiver.names().len(), asked.load(Ordering::Relaxed)), (2, 1));
    // Now it keeps nothing.
    server.refuse(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    span();
    settle().await;
    assert_eq!((receiver.names().len(), asked.load(Ordering::Relaxed)), (2, 2));

    let never = JaegerRemote { refresh_interval: Duration::ZERO, ..remote };
    let error = t.tracing.apply(&Settings { jaeger_remote: Some(never), ..settings }).unwrap_err();
    assert_eq!(error, "sampler > jaeger_remote: refresh_interval must be greater than 0");
}
