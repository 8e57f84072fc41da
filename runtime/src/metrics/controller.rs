//! `alloy_component_*` of the root controller.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_component::{ComponentMetrics, MetricsHub};
use arc_swap::ArcSwap;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, IntGauge, IntGaugeVec, Opts};

use super::registered;
use crate::GraphSnapshot;

/// Buckets of both histograms.
const BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1., 5., 10., 30., 60., 120., 300., 600.];

/// Metrics of one controller.
pub(crate) struct ControllerMetrics {
    pub(crate) evaluating: Option<IntGauge>,
    pub(crate) evaluation_seconds: Option<Histogram>,
    pub(crate) wait_seconds: Option<Histogram>,
    pub(crate) queue_size: Option<IntGauge>,
    _registry: ComponentMetrics,
}

impl ControllerMetrics {
    /// Registers the metrics of the root controller; those about the graph read `snapshot`.
    pub(crate) fn new(hub: &MetricsHub, snapshot: Arc<ArcSwap<GraphSnapshot>>) -> Self {
        let registry = hub.registry(&[("controller_path", "/"), ("controller_id", "")]);
        let histogram = |name: &str, help: &str| {
            let opts = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            registered(&registry, Histogram::with_opts(opts))
        };
        registered(&registry, GraphCollector::new(snapshot));
        Self {
            evaluating: registered(
                &registry,
                IntGauge::new(
                    "alloy_component_controller_evaluating",
                    "Tracks if the controller is currently in the middle of a graph evaluation",
                ),
            ),
            evaluation_seconds: histogram(
                "alloy_component_evaluation_seconds",
                "Time spent performing component evaluation",
            ),
            wait_seconds: histogram(
                "alloy_component_dependencies_wait_seconds",
                "Time spent by components waiting to be evaluated after their dependency is updated.",
            ),
            queue_size: registered(
                &registry,
                IntGauge::new(
                    "alloy_component_evaluation_queue_size",
                    "Tracks the number of components waiting to be evaluated in the worker pool",
                ),
            ),
            _registry: registry,
        }
    }
}

/// Counts components by health and shows data-flow edges, from the snapshot of the moment.
#[derive(Clone)]
struct GraphCollector {
    snapshot: Arc<ArcSwap<GraphSnapshot>>,
    running: IntGaugeVec,
    connection: IntGaugeVec,
}

fn running() -> prometheus::Result<IntGaugeVec> {
    let opts = Opts::new(
        "alloy_component_controller_running_components",
        "Total number of running components.",
    );
    IntGaugeVec::new(opts, &["health_type"])
}

fn connection() -> prometheus::Result<IntGaugeVec> {
    let opts = Opts::new(
        "alloy_component_graph_connection",
        "Connections between components in the Alloy graph.",
    );
    IntGaugeVec::new(opts, &["from", "to"])
}

impl GraphCollector {
    fn new(snapshot: Arc<ArcSwap<GraphSnapshot>>) -> prometheus::Result<Self> {
        Ok(Self { snapshot, running: running()?, connection: connection()? })
    }

    fn sample(&self) -> prometheus::Result<Vec<MetricFamily>> {
        // Fresh vectors: two scrapes at once must not see each other's half-filled state.
        let (running, connection) = (running()?, connection()?);
        let graph = self.snapshot.load_full();
        let mut by_health: BTreeMap<&'static str, i64> = BTreeMap::new();
        for (cell, edges) in graph.components() {
            if let Some(health) = cell.health() {
                *by_health.entry(health.state.as_str()).or_default() += 1;
            }
            for &to in &edges.data_flow_to {
                connection.with_label_values(&[&*cell.info.id, &*graph.nodes[to].info.id]).set(1);
            }
        }
        for (health, count) in by_health {
            running.with_label_values(&[health]).set(count);
        }
        let families = running.collect().into_iter().chain(connection.collect());
        // The constant labels of the controller are those of the registry, not of this collector.
        Ok(families.filter(|family| !family.get_metric().is_empty()).collect())
    }
}

impl Collector for GraphCollector {
    fn desc(&self) -> Vec<&Desc> {
        [self.running.desc(), self.connection.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.sample().unwrap_or_default()
    }
}
