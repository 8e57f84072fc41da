//! The trace in the headers of requests: W3C trace context and baggage.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

static PROPAGATOR: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ])
});

/// Headers carry the trace on. Of the process as a whole, as its outgoing requests are.
static PROPAGATES: AtomicBool = AtomicBool::new(false);
/// Spans are made somewhere in the process.
static TRACED: AtomicBool = AtomicBool::new(false);

pub(crate) fn set(propagates: bool) {
    PROPAGATES.store(propagates, Ordering::Relaxed);
    alloy_flow_http::set_propagation(propagates.then_some(inject));
}

pub(crate) fn set_traced(traced: bool) {
    TRACED.store(traced, Ordering::Relaxed);
}

/// Id of the trace that the calling code works for, if that trace is kept.
pub fn current_trace_id() -> Option<String> {
    if !TRACED.load(Ordering::Relaxed) {
        return None;
    }
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    span.is_sampled().then(|| span.trace_id().to_string())
}

/// Makes `span` part of the trace that a request comes with.
pub fn set_parent(span: &Span, headers: &HeaderMap) {
    if !PROPAGATES.load(Ordering::Relaxed) || span.is_disabled() {
        return;
    }
    let context = PROPAGATOR.extract(&Headers(headers));
    // Without a trace in the headers, the span is the first one of its own.
    if context.span().span_context().is_valid() {
        // It only fails for a span that has been entered already.
        drop(span.set_parent(context));
    }
}

/// Adds the trace of the calling code to the headers of a request.
fn inject(headers: &mut HeaderMap) {
    PROPAGATOR.inject_context(&Context::current(), &mut HeadersMut(headers));
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'h>(&'h mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
