//! Finds known series when a body is not in the order of the last one.

use alloy_telemetry::SeriesRef;
use hashbrown::HashTable;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::cache::KeyEntry;

/// Index over the entries of a cache. Built when it is first needed, dropped when it no longer is.
pub(crate) struct Index {
    seed: u64,
    by_key: HashTable<u32>,
    by_series: FxHashMap<SeriesRef, u32>,
}

impl Index {
    /// `seed` is secret, because keys come from the target.
    pub(crate) fn build(entries: &[KeyEntry], seed: u64) -> Self {
        let mut index = Self {
            seed,
            by_key: HashTable::with_capacity(entries.len()),
            by_series: FxHashMap::default(),
        };
        index.by_series.reserve(entries.len());
        for at in 0..entries.len() {
            index.insert(entries, at as u32);
        }
        index
    }

    /// Adds entry `at`. Gives another entry of the same series, if there is one.
    pub(crate) fn insert(&mut self, entries: &[KeyEntry], at: u32) -> Option<u32> {
        let entry = &entries[at as usize];
        let seed = self.seed;
        let hash_of = |at: &u32| xxh3_64_with_seed(&entries[*at as usize].key, seed);
        if !entry.key.is_empty() {
            let hash = xxh3_64_with_seed(&entry.key, seed);
            self.by_key.insert_unique(hash, at, hash_of);
        }
        self.by_series.insert(entry.series, at)
    }

    /// The newest entry with `key` that `fits`.
    pub(crate) fn find(
        &self,
        entries: &[KeyEntry],
        key: &[u8],
        fits: impl Fn(&KeyEntry) -> bool,
    ) -> Option<u32> {
        let hash = xxh3_64_with_seed(key, self.seed);
        let is_it = |at: &u32| {
            let entry = &entries[*at as usize];
            *entry.key == *key && fits(entry)
        };
        self.by_key.find(hash, is_it).copied()
    }
}
