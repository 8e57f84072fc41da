//! `alloy_component_*` of the root controller.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{ComponentMetrics, MetricsHub};
use arc_swap::ArcSwap;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{
    CounterVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
};

use super::registered;
use crate::health::{component_labels, labels_of};
use crate::{Action, GraphSnapshot, Plan};

/// Buckets of both histograms.
const BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1., 5., 10., 30., 60., 120., 300., 600.];

/// What takes longer is counted by component.
const SLOW: Duration = Duration::from_secs(60);

/// Metrics of one controller.
pub(crate) struct ControllerMetrics {
    pub(crate) evaluating: Option<IntGauge>,
    pub(crate) evaluation_seconds: Option<Histogram>,
    pub(crate) wait_seconds: Option<Histogram>,
    pub(crate) queue_size: Option<IntGauge>,
    actions: Option<IntCounterVec>,
    slow: Option<CounterVec>,
    pub(crate) query_executions: Option<IntCounter>,
    pub(crate) cut_offs: Option<IntCounter>,
    pub(crate) revision: Option<IntGauge>,
    pub(crate) trace_dropped: Option<IntCounter>,
    _registry: ComponentMetrics,
}

impl ControllerMetrics {
    /// Registers the metrics of the controller of a module; empty is the root.
    pub(crate) fn new(hub: &MetricsHub, module_id: &str) -> Self {
        let (path, id) = labels_of(module_id);
        let registry = hub.registry(&[("controller_path", &path), ("controller_id", id)]);
        let histogram = |name: &str, help: &str| {
            let opts = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            registered(&registry, Histogram::with_opts(opts))
        };
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
            actions: None,
            slow: registered(
                &registry,
                CounterVec::new(
                    Opts::new(
                        "alloy_component_evaluation_slow_seconds",
                        "Seconds spent in evaluations, builds and updates of at least a minute.",
                    ),
                    &["component_id"],
                ),
            ),
            query_executions: None,
            cut_offs: None,
            revision: None,
            trace_dropped: None,
            _registry: registry,
        }
    }

    /// As [`Self::new`], for a controller that loads configurations.
    pub(crate) fn of_root(hub: &MetricsHub, id: &str) -> Self {
        let mut metrics = Self::new(hub, id);
        let opts = Opts::new(
            "alloy_component_controller_plan_actions_total",
            "Number of components that accepted loads created, updated, recreated or removed.",
        );
        let actions = registered(&metrics._registry, IntCounterVec::new(opts, &["action"]));
        if let Some(actions) = &actions {
            for action in Action::ALL {
                actions.with_label_values(&[action.as_str()]);
            }
        }
        metrics.actions = actions;
        let counter =
            |name: &str, help: &str| registered(&metrics._registry, IntCounter::new(name, help));
        let query_executions = counter(
            "alloy_component_controller_query_executions_total",
            "Number of queries that ran because something that they depend on had changed.",
        );
        let cut_offs = counter(
            "alloy_component_evaluation_cutoffs_total",
            "Number of evaluations whose arguments came out as before, so that nothing followed.",
        );
        let trace_dropped = counter(
            "alloy_component_evaluation_trace_dropped_total",
            "Number of evaluations that are not remembered any more for `alloy why`.",
        );
        let revision = IntGauge::new(
            "alloy_component_controller_revision",
            "Number of configurations that have been accepted; the last of them is live.",
        );
        metrics.revision = registered(&metrics._registry, revision);
        metrics.query_executions = query_executions;
        metrics.cut_offs = cut_offs;
        metrics.trace_dropped = trace_dropped;
        metrics
    }

    /// A component was evaluated, built or updated in this time. Only what is slow is counted.
    pub(crate) fn took(&self, component: &str, time: Duration) {
        if time >= SLOW
            && let Some(slow) = &self.slow
        {
            slow.with_label_values(&[component]).inc_by(time.as_secs_f64());
        }
    }

    /// Counts what an accepted load does.
    pub(crate) fn planned(&self, plan: &Plan) {
        let Some(actions) = &self.actions else { return };
        for action in Action::ALL {
            let count = plan.counts.of(action) as u64;
            actions.with_label_values(&[action.as_str()]).inc_by(count);
        }
    }
}

/// Registers the metrics about the graphs of all controllers.
pub(crate) fn graph_metrics(
    hub: &MetricsHub,
    snapshot: Arc<ArcSwap<GraphSnapshot>>,
) -> ComponentMetrics {
    let registry = hub.registry(&[]);
    registered(&registry, GraphCollector::new(snapshot));
    registry
}

/// Counts components by health, and shows their updates and data-flow edges, from the snapshot of the
/// moment. A counter of its own in each of many components would be most of what they hold.
#[derive(Clone)]
struct GraphCollector {
    snapshot: Arc<ArcSwap<GraphSnapshot>>,
    running: IntGaugeVec,
    connection: IntGaugeVec,
    updates: Desc,
}

const UPDATES_TOTAL: &str = "alloy_component_updates_total";
const UPDATES_HELP: &str =
    "Number of times new arguments were handed to the component after it was built.";

fn running() -> prometheus::Result<IntGaugeVec> {
    let opts = Opts::new(
        "alloy_component_controller_running_components",
        "Total number of running components.",
    );
    IntGaugeVec::new(opts, &["controller_path", "controller_id", "health_type"])
}

fn connection() -> prometheus::Result<IntGaugeVec> {
    let opts = Opts::new(
        "alloy_component_graph_connection",
        "Connections between components in the Alloy graph.",
    );
    IntGaugeVec::new(opts, &["controller_path", "controller_id", "from", "to"])
}

impl GraphCollector {
    fn new(snapshot: Arc<ArcSwap<GraphSnapshot>>) -> prometheus::Result<Self> {
        let updates = Desc::new(
            UPDATES_TOTAL.to_owned(),
            UPDATES_HELP.to_owned(),
            Vec::new(),
            HashMap::new(),
        )?;
        Ok(Self { snapshot, running: running()?, connection: connection()?, updates })
    }

    fn sample(&self) -> prometheus::Result<Vec<MetricFamily>> {
        // Fresh vectors: two scrapes at once must not see each other's half-filled state.
        let (running, connection) = (running()?, connection()?);
        let graph = self.snapshot.load_full();
        let mut by_health: BTreeMap<(&str, &'static str), i64> = BTreeMap::new();
        let mut updates = Vec::new();
        for (cell, edges) in graph.nodes.iter().zip(graph.edges.iter()) {
            if cell.info.hides_metrics && !cell.info.module_id.is_empty() {
                continue;
            }
            if let Some(health) = cell.health() {
                let key = (&*cell.info.module_id, health.state.as_str());
                *by_health.entry(key).or_default() += 1;
            }
            if cell.component().is_some() {
                let info = &cell.info;
                let labels = component_labels(info.kind, &info.module_id, &info.local_id);
                updates.push(counted(labels, cell.updates()));
            }
            let (path, id) = labels_of(&cell.info.module_id);
            for &to in &edges.data_flow_to {
                let (from, to) = (&*cell.info.local_id, &*graph.nodes[to].info.local_id);
                connection.with_label_values(&[&*path, id, from, to]).set(1);
            }
        }
        for ((module, health), count) in by_health {
            let (path, id) = labels_of(module);
            running.with_label_values(&[&*path, id, health]).set(count);
        }
        let mut updated = MetricFamily::default();
        updated.set_name(UPDATES_TOTAL.to_owned());
        updated.set_help(UPDATES_HELP.to_owned());
        updated.set_field_type(MetricType::COUNTER);
        updated.set_metric(updates);
        let families = running.collect().into_iter().chain(connection.collect()).chain([updated]);
        Ok(families.filter(|family| !family.get_metric().is_empty()).collect())
    }
}

/// One series of a counter.
fn counted(labels: [(&str, String); 2], count: u64) -> Metric {
    let pair = |(name, value): (&str, String)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value);
        pair
    };
    let mut counter = Counter::default();
    counter.set_value(count as f64);
    let mut metric = Metric::default();
    metric.set_label(labels.map(pair).into());
    metric.set_counter(counter);
    metric
}

impl Collector for GraphCollector {
    fn desc(&self) -> Vec<&Desc> {
        [self.running.desc(), self.connection.desc(), vec![&self.updates]].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.sample().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_work_is_counted() {
        let hub = MetricsHub::new();
        let metrics = ControllerMetrics::new(&hub, "");
        let counted = || {
            let families = hub.gather();
            let name = "alloy_component_evaluation_slow_seconds";
            let family = families.iter().find(|family| family.name() == name)?;
            Some(family.get_metric()[0].get_counter().get_value())
        };
        metrics.took("test.node.a", Duration::from_secs(59));
        assert_eq!(counted(), None);
        metrics.took("test.node.a", Duration::from_secs(61));
        metrics.took("test.node.a", Duration::from_secs(60));
        assert_eq!(counted(), Some(121.0));
    }
}
