//! The running `prometheus.receive_http`.

#[cfg(test)]
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_component::{BuildContext, Component, ComponentError, MetricsFanout, RunContext};
use alloy_telemetry::{Ack, AckOutcome, SeriesTable};
use alloy_value::{ArcArgs, Value};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use prometheus::IntCounter;
use tokio::sync::watch;

use super::ReceiveHttpArgs;
use super::ingest::{decompress, ingest};
use super::server::{Binder, Bound, ServerMetrics, serve};

pub(super) struct ReceiveHttp {
    args: Mutex<ReceiveHttpArgs>,
    binder: Binder,
    bound: watch::Sender<Bound>,
    receiver: Arc<Receiver>,
    metrics: Arc<ServerMetrics>,
}

/// What handles a request: shared by all connections.
pub(super) struct Receiver {
    fanout: MetricsFanout,
    series: SeriesTable,
    skipped: Option<IntCounter>,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let component = ReceiveHttp::new(&cx, receive_args(&args)?).await?;
        Ok(Arc::new(component) as Arc<dyn Component>)
    }
    .boxed()
}

fn receive_args(args: &ArcArgs) -> Result<ReceiveHttpArgs, ComponentError> {
    let args = args.downcast_ref::<ReceiveHttpArgs>().cloned().ok_or_else(|| {
        ComponentError::new("prometheus.receive_http was given another component's arguments")
    })?;
    args.supported()?;
    Ok(args)
}

impl ReceiveHttp {
    pub(super) async fn new(
        cx: &BuildContext,
        args: ReceiveHttpArgs,
    ) -> Result<Self, ComponentError> {
        let binder = Binder { owner: Arc::clone(&cx.id), handover: cx.services.handover.clone() };
        let bound = Bound::bind(&binder, &args.http.clone().unwrap_or_default()).await?;
        let skipped = IntCounter::new(
            "prometheus_api_remote_write_invalid_labels_samples_total",
            "The total number of received remote write samples and histogram samples which \
             contained invalid labels.",
        );
        Ok(Self {
            binder,
            bound: watch::Sender::new(bound),
            receiver: Arc::new(Receiver {
                fanout: MetricsFanout::new(&cx.metrics, args.forward_to.clone()),
                series: cx.services.series.clone(),
                skipped: skipped.ok().map(|c| cx.metrics.register(c)),
            }),
            metrics: Arc::new(ServerMetrics::new(&cx.metrics)),
            args: Mutex::new(args),
        })
    }

    /// Where it listens.
    #[cfg(test)]
    pub(super) fn addr(&self) -> Option<SocketAddr> {
        self.bound.borrow().addr()
    }
}

impl Component for ReceiveHttp {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let args = receive_args(&args)?;
            let block = args.http.clone().unwrap_or_default();
            if block != self.args.lock().http.clone().unwrap_or_default() {
                let old = self.bound.borrow().clone();
                let new = old.change(&self.binder, &block).await?;
                self.bound.send_replace(new);
            }
            self.receiver.fanout.set(args.forward_to.clone());
            *self.args.lock() = args;
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            let grace = || self.args.lock().graceful_shutdown_timeout;
            let (receiver, metrics) = (Arc::clone(&self.receiver), Arc::clone(&self.metrics));
            let closed = self.bound.borrow().clone();
            if let Some(open) = closed.reopen(&self.binder).await? {
                self.bound.send_replace(open);
            }
            drop(closed);
            let close = || self.bound.send_modify(Bound::close);
            serve(self.bound.subscribe(), receiver, metrics, cx.cancel, close, grace).await;
            Ok(())
        }
        .boxed()
    }

    fn debug_info(&self) -> Option<Value> {
        None
    }
}

impl Receiver {
    /// Handles the body of one request: answers once every consumer has made the samples safe.
    ///
    /// Cancel safety: see [`alloy_telemetry::MetricsConsumer::send`].
    pub(super) async fn write(&self, headers: &HeaderMap, body: Bytes) -> (StatusCode, String) {
        if let Err(reason) = accepted(headers) {
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("{reason}\n"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (ack, mut waiter) = Ack::new();
        let ingested = decompress(&body)
            .and_then(|message| ingest(&message, now.as_millis() as i64, &self.series, &ack));
        drop(ack);
        let ingested = match ingested {
            Ok(ingested) => ingested,
            Err(refused) => return (StatusCode::BAD_REQUEST, format!("{refused}\n")),
        };
        if let Some(skipped) = &self.skipped {
            skipped.inc_by(ingested.skipped);
        }
        for batch in ingested.batches {
            if let Err(error) = self.fanout.send(batch).await {
                tracing::error!(err = %error, "cannot pass on the samples of a request");
                return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"));
            }
        }
        match waiter.wait().await {
            AckOutcome::Safe => (StatusCode::NO_CONTENT, String::new()),
            AckOutcome::Lost => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the samples could not be written to the log\n".to_owned(),
            ),
        }
    }
}

/// Checks the headers of a 1.0 request.
fn accepted(headers: &HeaderMap) -> Result<(), String> {
    let text = |name: http::HeaderName| {
        headers.get(&name).map_or(Ok(""), |value: &http::HeaderValue| {
            value.to_str().map_err(|_| format!("{name} is not ASCII"))
        })
    };
    let content_type = text(CONTENT_TYPE)?;
    let mut parts = content_type.split(';').map(str::trim);
    if parts.next() != Some("application/x-protobuf") {
        return Err(format!(
            "expected application/x-protobuf as the first (media) part, got {content_type:?} \
             content-type"
        ));
    }
    for part in parts {
        match part.split_once('=') {
            Some(("proto", "prometheus.WriteRequest")) => {}
            Some(("proto", other)) => {
                return Err(format!(
                    "{other} protobuf message is not accepted by this server; only accepts \
                     prometheus.WriteRequest"
                ));
            }
            Some(_) => {}
            None => {
                return Err(format!(
                    "as per the HTTP standard, expected parameters to be key-values, got {part:?} in {content_type:?}"
                ));
            }
        }
    }
    match text(CONTENT_ENCODING)? {
        "" | "snappy" => Ok(()),
        other => Err(format!(
            "{other} encoding (compression) is not accepted by this server; only snappy is \
             acceptable"
        )),
    }
}
