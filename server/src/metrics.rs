//! `/metrics`, and how often it is asked.

use std::sync::Arc;

use alloy_component::{ComponentMetrics, MetricsHub};
use http::{HeaderMap, StatusCode};
use prometheus::{IntCounterVec, IntGauge, Opts};

use crate::State;
use crate::response::{Answer, compressed};
use crate::routes::compute;

// What the reference answers, with its escaping scheme.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
/// Answers that have a series from the start.
const CODES: [StatusCode; 3] =
    [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE];

/// Counts the requests for `/metrics`.
#[derive(Debug)]
pub(crate) struct ScrapeMetrics {
    requests: IntCounterVec,
    in_flight: IntGauge,
    /// Keeps them where they are gathered.
    _registry: ComponentMetrics,
}

impl ScrapeMetrics {
    /// None if they cannot be made; the process goes on without.
    pub(crate) fn register(hub: &MetricsHub) -> Option<Self> {
        let made = Self::make(hub);
        if let Err(error) = &made {
            debug_assert!(false, "{error}");
            tracing::error!(service = "http", err = %error, "cannot count requests for metrics");
        }
        made.ok()
    }

    fn make(hub: &MetricsHub) -> prometheus::Result<Self> {
        let opts = Opts::new(
            "promhttp_metric_handler_requests_total",
            "Answers to requests for the metrics of the process, by status code.",
        );
        let registry = hub.registry(&[]);
        let requests = registry.register(IntCounterVec::new(opts, &["code"])?);
        let in_flight = registry.register(IntGauge::new(
            "promhttp_metric_handler_requests_in_flight",
            "Requests for the metrics of the process that are being answered.",
        )?);
        for code in CODES {
            requests.with_label_values(&[code.as_str()]);
        }
        Ok(Self { requests, in_flight, _registry: registry })
    }
}

/// One request that is being answered.
struct InFlight<'a>(&'a IntGauge);

impl<'a> InFlight<'a> {
    fn new(gauge: &'a IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Answers with all metrics of the process.
pub(crate) async fn answer(state: &Arc<State>, headers: HeaderMap) -> Answer {
    let scrapes = state.scrapes.as_ref();
    let _in_flight = scrapes.map(|scrapes| InFlight::new(&scrapes.in_flight));
    let answer = compute(state, headers, |state, headers| {
        let families = state.options.metrics.gather();
        let mut body = String::new();
        alloy_flow_exposition::encode::text(&families, &mut body);
        compressed(headers, METRICS_TYPE, body)
    })
    .await;
    if let Some(scrapes) = scrapes {
        scrapes.requests.with_label_values(&[answer.status().as_str()]).inc();
    }
    answer
}
