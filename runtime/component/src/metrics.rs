//! Metrics of the process: one registry for the process itself, one per component.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use prometheus::Registry;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;

/// All registries of the process.
#[derive(Clone, Default)]
pub struct MetricsHub(Arc<Mutex<BTreeMap<u64, Registry>>>);

impl MetricsHub {
    /// An empty hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// A registry whose series carry `labels`, removed when the handle is dropped. Until something
    /// is registered it costs next to nothing: there are many components, and few have metrics.
    pub fn registry(&self, labels: &[(&str, &str)]) -> ComponentMetrics {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        ComponentMetrics(Arc::new(Registered { hub: self.clone(), labels, made: OnceLock::new() }))
    }

    /// Families of all registries, merged by name, sorted by name.
    pub fn gather(&self) -> Vec<MetricFamily> {
        let registries: Vec<_> = self.0.lock().values().cloned().collect();
        let mut families: BTreeMap<String, MetricFamily> = BTreeMap::new();
        for mut family in registries.iter().flat_map(Registry::gather) {
            match families.get_mut(family.name()) {
                Some(known) => known.mut_metric().extend(family.take_metric()),
                None => drop(families.insert(family.name().to_owned(), family)),
            }
        }
        // The registry adds its own labels in no particular order.
        for metric in families.values_mut().flat_map(|family| family.mut_metric()) {
            metric.mut_label().sort_by(|a, b| a.name().cmp(b.name()));
        }
        families.into_values().collect()
    }
}

impl std::fmt::Debug for MetricsHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsHub").field("registries", &self.0.lock().len()).finish()
    }
}

struct Registered {
    hub: MetricsHub,
    labels: Box<[(Box<str>, Box<str>)]>,
    /// The registry, with its key in the hub.
    made: OnceLock<(u64, Registry)>,
}

impl Registered {
    fn registry(&self) -> &Registry {
        let (_, registry) = self.made.get_or_init(|| {
            let labels: HashMap<_, _> =
                self.labels.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            let registry = if labels.is_empty() {
                Registry::new()
            } else {
                Registry::new_custom(None, Some(labels)).unwrap_or_default()
            };
            let mut all = self.hub.0.lock();
            let key = all.last_key_value().map_or(0, |(k, _)| k + 1);
            all.insert(key, registry.clone());
            (key, registry)
        });
        registry
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some((key, _)) = self.made.get() {
            self.hub.0.lock().remove(key);
        }
    }
}

/// Metrics of one component. Cheap to clone; the metrics leave `/metrics` with the last clone, so a
/// component needs not unregister anything.
#[derive(Clone)]
pub struct ComponentMetrics(Arc<Registered>);

impl ComponentMetrics {
    /// Registers `metric` and returns it. Registering the same name again (a component rebuilt in
    /// the same context) replaces nothing and is logged: the first one stays.
    pub fn register<C: Collector + Clone + 'static>(&self, metric: C) -> C {
        if let Err(error) = self.0.registry().register(Box::new(metric.clone())) {
            tracing::error!(%error, "cannot register a metric of the component");
        }
        metric
    }
}

impl std::fmt::Debug for ComponentMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComponentMetrics").finish_non_exhaustive()
    }
}
