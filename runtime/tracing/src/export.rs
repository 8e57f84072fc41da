//! Ended spans on their way to receivers.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use alloy_telemetry::{OtlpBatch, OtlpConsumer, SendError, Signal};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use opentelemetry::trace::FutureExt as _;
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use parking_lot::Mutex;
use prometheus::{IntCounter, IntCounterVec, Opts};
use prost::Message;
use tokio::sync::Notify;

/// Spans that wait; more are lost and counted.
const QUEUED_SPANS: usize = 2_048;
/// Spans of one batch.
const BATCH_SPANS: usize = 512;
/// How long a span waits for others.
const GATHER: Duration = Duration::from_millis(200);
/// How long a receiver may take for a batch.
const PATIENCE: Duration = Duration::from_secs(30);

/// Counters of spans.
#[derive(Clone, Debug)]
pub struct TracingMetrics {
    /// Spans that receivers have taken.
    pub forwarded: IntCounterVec,
    /// Spans that a receiver did not take, by reason: `full`, `rejected`, `late`.
    pub dropped: IntCounterVec,
}

impl TracingMetrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let forwarded = Opts::new(
            "alloy_tracing_forwarded_spans_total",
            "Spans of the process that a receiver in write_to has taken.",
        );
        let dropped = Opts::new(
            "alloy_tracing_dropped_spans_total",
            "Spans of the process that were kept by sampling but not taken by a receiver.",
        );
        Ok(Self {
            forwarded: IntCounterVec::new(forwarded, &["receiver"])?,
            dropped: IntCounterVec::new(dropped, &["receiver", "reason"])?,
        })
    }
}

/// Where ended spans wait, and who gets them.
pub(crate) struct Export {
    waiting: Mutex<VecDeque<SpanData>>,
    wake: Notify,
    receivers: Mutex<Vec<Arc<dyn OtlpConsumer>>>,
    resource: ResourceAttributesWithSchema,
    pub(crate) metrics: TracingMetrics,
    full: IntCounter,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").finish_non_exhaustive()
    }
}

impl Export {
    pub(crate) fn new(version: &str, metrics: TracingMetrics) -> Self {
        let attributes = [
            KeyValue::new("service.name", "alloy"),
            KeyValue::new("service.version", version.to_owned()),
        ];
        let resource = Resource::builder_empty().with_attributes(attributes).build();
        Self {
            waiting: Mutex::default(),
            wake: Notify::new(),
            receivers: Mutex::default(),
            resource: ResourceAttributesWithSchema::from(&resource),
            full: metrics.dropped.with_label_values(&["", "full"]),
            metrics,
        }
    }

    pub(crate) fn set_receivers(&self, receivers: Vec<Arc<dyn OtlpConsumer>>) {
        let none = receivers.is_empty();
        let before = std::mem::replace(&mut *self.receivers.lock(), receivers);
        // The last holder of a receiver may run a component's code, so not under the lock.
        drop(before);
        if none {
            self.waiting.lock().clear();
        }
    }

    fn push(&self, span: SpanData) {
        if self.receivers.lock().is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() >= QUEUED_SPANS {
            drop(waiting);
            self.full.inc();
            return;
        }
        waiting.push_back(span);
        drop(waiting);
        self.wake.notify_one();
    }

    /// The spans that wait, as one message.
    fn take(&self) -> Option<Arc<OtlpBatch>> {
        let mut waiting = self.waiting.lock();
        let count = waiting.len().min(BATCH_SPANS);
        let spans: Vec<SpanData> = waiting.drain(..count).collect();
        drop(waiting);
        if spans.is_empty() {
            return None;
        }
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        let request = ExportTraceServiceRequest { resource_spans }.encode_to_vec().into();
        Some(Arc::new(OtlpBatch { signal: Signal::Traces, request, items: count, ack: None }))
    }

    async fn send(&self, batch: Arc<OtlpBatch>) {
        let receivers = self.receivers.lock().clone();
        let sends = receivers.iter().map(|receiver| {
            let batch = Arc::clone(&batch);
            async move {
                let spans = batch.items as u64;
                // The call itself may panic as well, so it happens inside.
                let send = async { receiver.send(batch).await };
                let sent = tokio::time::timeout(PATIENCE, AssertUnwindSafe(send).catch_unwind());
                let reason = match sent.await {
                    Ok(Ok(Ok(()))) => None,
                    Ok(Ok(Err(SendError::Busy { .. }))) => Some("full"),
                    Ok(_) => Some("rejected"),
                    Err(_) => Some("late"),
                };
                let id = receiver.component_id();
                match reason {
                    None => self.metrics.forwarded.with_label_values(&[id]).inc_by(spans),
                    Some(reason) => {
                        self.metrics.dropped.with_label_values(&[id, reason]).inc_by(spans);
                    }
                }
            }
        });
        join_all(sends).await;
    }
}

/// Hands spans to the receivers for as long as it is polled.
pub(crate) async fn hand_over(export: Arc<Export>) {
    loop {
        export.wake.notified().await;
        tokio::time::sleep(GATHER).await;
        while let Some(batch) = export.take() {
            let quiet = Context::current().with_telemetry_suppressed();
            export.send(batch).with_context(quiet).await;
        }
    }
}

/// Puts ended spans where they wait.
#[derive(Debug)]
pub(crate) struct Processor(pub(crate) Arc<Export>);

impl SpanProcessor for Processor {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
