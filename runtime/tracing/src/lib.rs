//! Traces of the process itself, steered by the `tracing` block: spans become OTLP batches for the
//! receivers in `write_to`, and outgoing requests carry the trace on.
//!
//! # Invariants
//! - A span is a `tracing` span with the target [`TARGET`]; no other span and no event is traced.
//! - Without a receiver, and without headers to send, no such span is made: its callsite is off.
//! - Whoever ends a span never waits: spans that find no room are lost and counted.
//! - What happens while spans are handed over is not traced.
//! - Knows neither components nor the configuration language.
//!
//! Start reading at [`TracingHandle`], then `export` and `sampler`.

mod export;
mod layer;
mod propagate;
mod remote;
mod sampler;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy_flow_http::Dial;
use alloy_telemetry::OtlpConsumer;
use arc_swap::ArcSwap;
use http::Uri;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

pub use export::TracingMetrics;
pub use layer::{TraceFilter, layer};
pub use propagate::{current_trace_id, set_parent};

/// Target of spans that are traced.
pub const TARGET: &str = "trace";

/// What the `tracing` block says.
#[derive(Clone)]
pub struct Settings {
    /// Share of the traces that start here and are kept.
    pub sampling_fraction: f64,
    /// Carry the trace on in the headers of outgoing requests, and go on with that of incoming ones.
    pub send_traceparent: bool,
    /// Where spans go; without any they are dropped.
    pub receivers: Vec<Arc<dyn OtlpConsumer>>,
    /// Asks a server what to keep, instead of `sampling_fraction`.
    pub jaeger_remote: Option<JaegerRemote>,
}

impl Default for Settings {
    /// No traces.
    fn default() -> Self {
        let receivers = Vec::new();
        Self { sampling_fraction: 0.1, send_traceparent: false, receivers, jaeger_remote: None }
    }
}

/// A server with sampling strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct JaegerRemote {
    /// It answers a GET with the query `service=alloy`.
    pub url: Uri,
    /// Operations that may have a strategy of their own; the others share one.
    pub max_operations: usize,
    /// Time between two requests.
    pub refresh_interval: Duration,
}

/// Steers the traces of the process. Cheap to clone.
#[derive(Clone)]
pub struct TracingHandle(Arc<Shared>);

struct Shared {
    /// Spans are made.
    active: AtomicBool,
    sampler: ArcSwap<sampler::Sampling>,
    export: Arc<export::Export>,
    provider: SdkTracerProvider,
}

impl TracingHandle {
    /// Traces of a process of this version, off until [`Tracing::apply`].
    ///
    /// # Errors
    /// Never, as long as the names of the metrics are valid.
    pub fn new(version: &str) -> Result<Self, prometheus::Error> {
        let export = Arc::new(export::Export::new(version, TracingMetrics::new()?));
        Ok(Self(Arc::new_cyclic(|shared| Shared {
            active: AtomicBool::new(false),
            sampler: ArcSwap::from_pointee(sampler::Sampling::Fraction(0.0)),
            provider: SdkTracerProvider::builder()
                .with_sampler(sampler::Live(shared.clone()))
                .with_span_processor(export::Processor(Arc::clone(&export)))
                .build(),
            export,
        })))
    }

    /// Counters of spans.
    pub fn metrics(&self) -> &TracingMetrics {
        &self.0.export.metrics
    }

    fn is_active(&self) -> bool {
        self.0.active.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for TracingHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TracingHandle").field("active", &self.is_active()).finish_non_exhaustive()
    }
}

/// Owns what works for the traces: the task that hands spans over, and the one that asks for
/// strategies.
pub struct Tracing {
    handle: TracingHandle,
    tokio: Handle,
    user_agent: String,
    dial: Option<Arc<dyn Dial>>,
    sender: JoinSet<()>,
    remote: Option<(JaegerRemote, JoinSet<()>)>,
}

impl Tracing {
    /// Tasks run on `tokio`; requests for strategies carry `user_agent` and may go through `dial`.
    pub fn new(
        handle: TracingHandle,
        tokio: Handle,
        user_agent: &str,
        dial: Option<Arc<dyn Dial>>,
    ) -> Self {
        let user_agent = user_agent.to_owned();
        Self { handle, tokio, user_agent, dial, sender: JoinSet::new(), remote: None }
    }

    /// Works by these settings from now on. Spans that wait go to the new receivers. Never blocks.
    ///
    /// # Errors
    /// What the settings ask for cannot be done; those from before go on.
    pub fn apply(&mut self, settings: &Settings) -> Result<(), String> {
        let shared = &self.handle.0;
        let unchanged =
            self.remote.as_ref().map(|(remote, _)| remote) == settings.jaeger_remote.as_ref();
        if !unchanged {
            self.remote = match &settings.jaeger_remote {
                None => None,
                Some(remote) => {
                    let fetch = remote::Fetch::new(remote, &self.user_agent, self.dial.clone())?;
                    let mut task = JoinSet::new();
                    let every = remote.refresh_interval;
                    task.spawn_on(
                        remote::keep_asking(Arc::downgrade(shared), fetch, every),
                        &self.tokio,
                    );
                    Some((remote.clone(), task))
                }
            };
        }
        // Until the server has answered the fraction holds.
        if settings.jaeger_remote.is_none() || !unchanged {
            let fraction = sampler::Sampling::Fraction(settings.sampling_fraction);
            shared.sampler.store(Arc::new(fraction));
        }
        let sends = !settings.receivers.is_empty();
        shared.export.set_receivers(settings.receivers.clone());
        if sends && self.sender.is_empty() {
            self.sender.spawn_on(export::hand_over(Arc::clone(&shared.export)), &self.tokio);
        }
        if !sends {
            self.sender = JoinSet::new();
        }
        propagate::set(settings.send_traceparent);
        let active = sends || settings.send_traceparent;
        if shared.active.swap(active, Ordering::Relaxed) != active {
            propagate::set_traced(active);
            tracing::callsite::rebuild_interest_cache();
        }
        Ok(())
    }
}

impl std::fmt::Debug for Tracing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracing").field("handle", &self.handle).finish_non_exhaustive()
    }
}
