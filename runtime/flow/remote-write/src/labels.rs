//! The labels of a series as an endpoint gets them: with external labels, relabelled, encoded.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_flow_relabel::{Keep, Program};
use alloy_telemetry::{Labels, SeriesOwner, SeriesRef, SeriesTable};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::proto::encode_labels;

/// A series that was not met for one to two of these is forgotten.
const GENERATION: Duration = Duration::from_secs(120);
/// Series of one generation; more start a new one.
const GENERATION_SERIES: usize = 250_000;

/// Encoded labels with their hash, or `None` for a series that is not sent.
pub(crate) type Encoded = Option<(Arc<[u8]>, u64)>;

/// Cache of encoded labels by series.
pub(crate) struct LabelCache {
    external: Vec<(String, String)>,
    relabel: Program,
    owner: SeriesOwner,
    young: FxHashMap<SeriesRef, Encoded>,
    old: FxHashMap<SeriesRef, Encoded>,
    since: Instant,
    scratch: Vec<u8>,
}

impl LabelCache {
    pub(crate) fn new(
        external: Vec<(String, String)>,
        relabel: Program,
        table: &SeriesTable,
    ) -> Self {
        Self {
            external,
            relabel,
            owner: table.owner(),
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            since: Instant::now(),
            scratch: Vec::new(),
        }
    }

    /// Labels of a series that somebody holds.
    pub(crate) fn get(&mut self, series: SeriesRef) -> Encoded {
        if let Some(known) = self.young.get(&series) {
            return known.clone();
        }
        let encoded = match self.old.remove(&series) {
            Some(known) => known,
            None => {
                self.owner.adopt(series);
                let labels = self.owner.table().labels(series);
                self.encode(&labels)
            }
        };
        self.young.insert(series, encoded.clone());
        encoded
    }

    /// Forgets series that were not met for long.
    pub(crate) fn age(&mut self) {
        if self.since.elapsed() < GENERATION && self.young.len() < GENERATION_SERIES {
            return;
        }
        self.since = Instant::now();
        let forgotten = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        self.owner.release(forgotten.into_keys());
    }

    fn encode(&mut self, labels: &Labels) -> Encoded {
        let mut builder = labels.to_builder();
        for (name, value) in &self.external {
            if builder.get(name).is_empty() && !value.is_empty() {
                builder.set(name.as_str(), value.as_str());
            }
        }
        if !self.relabel.is_empty() && self.relabel.apply(&mut builder) == Keep::No {
            return None;
        }
        if builder.iter().len() == 0 {
            return None;
        }
        self.scratch.clear();
        encode_labels(builder.iter(), &mut self.scratch);
        // Chooses the shard: references may change while samples of a series wait in one.
        let hash = FxBuildHasher.hash_one(&self.scratch);
        Some((self.scratch.as_slice().into(), hash))
    }
}
