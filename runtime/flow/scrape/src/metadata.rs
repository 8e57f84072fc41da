//! Types and help texts of families, and which series belong to them.

use std::sync::Arc;

use alloy_telemetry::{Metadata, MetricType};
use rustc_hash::FxHashMap;

/// Families of one target. Remembers them between scrapes, so that only changes are passed on.
#[derive(Debug, Default)]
pub(crate) struct Families {
    known: FxHashMap<Arc<str>, Family>,
    current: Option<Arc<str>>,
}

#[derive(Debug)]
struct Family {
    metadata: Metadata,
    /// Scrape in which it changed.
    changed: u32,
    /// Scrape in which it was last seen.
    seen: u32,
}

/// Families that were not exposed for this many scrapes are forgotten.
const KEEP_SCRAPES: u32 = 10;

impl Families {
    /// Begins a body.
    pub(crate) fn begin(&mut self, scrape: u32) {
        self.current = None;
        self.known.retain(|_, family| scrape.wrapping_sub(family.seen) <= KEEP_SCRAPES);
    }

    pub(crate) fn set_type(&mut self, name: &str, kind: MetricType, scrape: u32) {
        let family = self.enter(name, scrape);
        if family.metadata.kind != kind {
            family.metadata.kind = kind;
            family.changed = scrape;
        }
    }

    pub(crate) fn set_help(&mut self, name: &str, help: &str, scrape: u32) {
        let family = self.enter(name, scrape);
        if *family.metadata.help != *help {
            family.metadata.help = help.into();
            family.changed = scrape;
        }
    }

    /// Makes `name` the family of the lines that follow.
    fn enter(&mut self, name: &str, scrape: u32) -> &mut Family {
        let name: Arc<str> = match self.known.get_key_value(name) {
            Some((known, _)) => Arc::clone(known),
            None => name.into(),
        };
        self.current = Some(Arc::clone(&name));
        let family = self.known.entry(Arc::clone(&name)).or_insert_with(|| Family {
            metadata: Metadata { family: name, ..Metadata::default() },
            changed: scrape,
            seen: scrape,
        });
        family.seen = scrape;
        family
    }

    /// Metadata to send on with a series: that of its family, if the series is new and there is
    /// anything to say, or if the family has changed in this scrape.
    pub(crate) fn news(&self, is_new: bool, scrape: u32) -> Option<&Metadata> {
        let family = self.known.get(self.current.as_ref()?)?;
        let metadata = &family.metadata;
        let says_something = metadata.kind != MetricType::Unknown || !metadata.help.is_empty();
        ((is_new && says_something) || family.changed == scrape).then_some(metadata)
    }
}

/// True if a series called `metric` belongs to the family `family` of type `kind`.
pub(crate) fn belongs(metric: &str, family: &str, kind: MetricType) -> bool {
    let without = |suffixes: &[&str]| {
        suffixes.iter().find_map(|suffix| metric.strip_suffix(suffix)).unwrap_or(metric)
    };
    match kind {
        // The name of a counter's family may or may not have the suffix.
        MetricType::Counter => {
            without(&["_total"]) == family.strip_suffix("_total").unwrap_or(family)
        }
        MetricType::Histogram => without(&["_bucket", "_sum", "_count"]) == family,
        MetricType::GaugeHistogram => without(&["_bucket", "_gsum", "_gcount"]) == family,
        MetricType::Summary => without(&["_sum", "_count"]) == family,
        MetricType::Info => without(&["_info"]) == family,
        MetricType::Gauge | MetricType::StateSet | MetricType::Unknown => metric == family,
    }
}
