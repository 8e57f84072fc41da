//! `alloy_labelstore_*`: the series that components share.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_component::{ComponentMetrics, MetricsHub};
use alloy_telemetry::SeriesTable;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntGauge};

use super::registered;

/// Reads the table of series when it is asked.
#[derive(Clone)]
pub struct LabelStoreMetrics {
    table: SeriesTable,
    series: IntGauge,
    checked: Gauge,
}

impl LabelStoreMetrics {
    /// Registers the metrics, which are there as long as the result is kept.
    pub fn register(hub: &MetricsHub, table: &SeriesTable) -> ComponentMetrics {
        let registry = hub.registry(&[]);
        registered(&registry, Self::new(table));
        registry
    }

    fn new(table: &SeriesTable) -> prometheus::Result<Self> {
        Ok(Self {
            table: table.clone(),
            series: IntGauge::new(
                "alloy_labelstore_global_ids_count",
                "Series that scrapes, logs and caches of the process hold.",
            )?,
            checked: Gauge::new(
                "alloy_labelstore_last_stale_check_timestamp",
                "When series that nobody holds were dropped last: they are dropped at once.",
            )?,
        })
    }
}

impl Collector for LabelStoreMetrics {
    fn desc(&self) -> Vec<&Desc> {
        [self.series.desc(), self.checked.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.series.set(i64::try_from(self.table.len()).unwrap_or(i64::MAX));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.checked.set(now.as_secs() as f64);
        [self.series.collect(), self.checked.collect()].concat()
    }
}

impl std::fmt::Debug for LabelStoreMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LabelStoreMetrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloy_telemetry::Labels;

    use super::*;

    #[test]
    fn series_are_counted_while_somebody_holds_them() {
        let (hub, table) = (MetricsHub::new(), SeriesTable::new());
        let _registered = LabelStoreMetrics::register(&hub, &table);
        let count = || {
            let families = hub.gather();
            let name = "alloy_labelstore_global_ids_count";
            let family = families.iter().find(|family| family.name() == name).unwrap();
            family.get_metric()[0].get_gauge().get_value()
        };
        assert_eq!(count(), 0.0);
        let mut owner = table.owner();
        owner.intern(&Labels::new([("__name__", "up")]));
        assert_eq!(count(), 1.0);
        drop(owner);
        assert_eq!(count(), 0.0);
    }
}
