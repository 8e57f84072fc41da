//! Results of relabelling by series: least recently used, or by time since the last use.

use std::time::{Duration, Instant};

use alloy_telemetry::{Hold, SeriesOwner, SeriesRef, SeriesTable};
use rustc_hash::FxHashMap;

/// When a result is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// To make room for another: at most so many are kept.
    Size(usize),
    /// So long after its last use.
    Ttl(Duration),
}

const NONE: u32 = u32::MAX;

/// An entry, in a list from the most to the least recently used.
struct Entry {
    input: SeriesRef,
    /// What it becomes; `None` if it is dropped.
    output: Option<SeriesRef>,
    used: Instant,
    newer: u32,
    older: u32,
}

/// Remembered results. Holds every series that it knows.
pub(super) struct Cache {
    policy: Policy,
    inputs: SeriesOwner,
    outputs: SeriesOwner,
    by_input: FxHashMap<SeriesRef, u32>,
    /// How many entries have an output.
    output_uses: FxHashMap<SeriesRef, u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    next_scan: Option<Instant>,
    /// Series that no entry has any more, until batches hold them.
    gone: (Vec<SeriesRef>, Vec<SeriesRef>),
}

impl Cache {
    pub(super) fn new(table: &SeriesTable, policy: Policy) -> Self {
        Self {
            policy,
            inputs: table.owner(),
            outputs: table.owner(),
            by_input: FxHashMap::default(),
            output_uses: FxHashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            next_scan: None,
            gone: Default::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_input.len()
    }

    /// The remembered result for `input`.
    pub(super) fn get(&mut self, input: SeriesRef, now: Instant) -> Option<Option<SeriesRef>> {
        let &at = self.by_input.get(&input)?;
        self.entries[at as usize].used = now;
        if self.newest != at {
            self.unlink(at);
            self.link_newest(at);
        }
        Some(self.entries[at as usize].output)
    }

    /// Interns a result.
    pub(super) fn output(&mut self, labels: &alloy_telemetry::Labels) -> SeriesRef {
        self.outputs.intern(labels)
    }

    /// Remembers a result. `input` must be held by somebody right now.
    pub(super) fn insert(&mut self, input: SeriesRef, output: Option<SeriesRef>, now: Instant) {
        if let Policy::Size(size) = self.policy
            && self.by_input.len() >= size
            && self.oldest != NONE
        {
            self.remove_at(self.oldest);
        }
        self.inputs.adopt(input);
        if let Some(output) = output {
            *self.output_uses.entry(output).or_default() += 1;
        }
        let entry = Entry { input, output, used: now, newer: NONE, older: NONE };
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at as usize] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        self.by_input.insert(input, at);
        self.link_newest(at);
    }

    /// Forgets the result for `input`. True if there was one.
    pub(super) fn remove(&mut self, input: SeriesRef) -> bool {
        let Some(&at) = self.by_input.get(&input) else { return false };
        self.remove_at(at);
        true
    }

    /// Forgets what was not used for too long; looks only every quarter of that time. Gives the
    /// number of forgotten results.
    pub(super) fn expire(&mut self, now: Instant) -> u64 {
        let Policy::Ttl(ttl) = self.policy else { return 0 };
        if self.next_scan.is_some_and(|next| now < next) {
            return 0;
        }
        self.next_scan = Some(now + ttl / 4);
        let mut expired = 0;
        while self.oldest != NONE && now - self.entries[self.oldest as usize].used > ttl {
            self.remove_at(self.oldest);
            expired += 1;
        }
        expired
    }

    /// Keeps all results given so far valid while a batch travels, then lets go of what is forgotten.
    pub(super) fn hold(&mut self) -> Hold {
        let hold = self.outputs.hold();
        let (inputs, outputs) = &mut self.gone;
        // What came back in the meantime stays.
        let gone_inputs: Vec<_> =
            inputs.drain(..).filter(|input| !self.by_input.contains_key(input)).collect();
        let gone_outputs: Vec<_> =
            outputs.drain(..).filter(|output| !self.output_uses.contains_key(output)).collect();
        self.inputs.release(gone_inputs);
        self.outputs.release(gone_outputs);
        hold
    }

    fn remove_at(&mut self, at: u32) {
        self.unlink(at);
        let Entry { input, output, .. } = self.entries[at as usize];
        self.by_input.remove(&input);
        self.free.push(at);
        self.gone.0.push(input);
        let Some(output) = output else { return };
        if let Some(uses) = self.output_uses.get_mut(&output) {
            *uses -= 1;
            if *uses == 0 {
                self.output_uses.remove(&output);
                self.gone.1.push(output);
            }
        }
    }

    fn unlink(&mut self, at: u32) {
        let Entry { newer, older, .. } = self.entries[at as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.entries[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.entries[older as usize].newer = newer,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let old = std::mem::replace(&mut self.newest, at);
        (self.entries[at as usize].newer, self.entries[at as usize].older) = (NONE, old);
        match old {
            NONE => self.oldest = at,
            old => self.entries[old as usize].newer = at,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_telemetry::Labels;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unused_results_expire() {
        let table = SeriesTable::new();
        let mut owner = table.owner();
        let inputs: Vec<_> =
            ["a", "b"].map(|name| owner.intern(&Labels::new([("__name__", name)]))).into();
        let start = Instant::now();
        let minutes = |n: u64| start + Duration::from_secs(60 * n);
        let mut cache = Cache::new(&table, Policy::Ttl(Duration::from_secs(600)));
        cache.insert(inputs[0], None, start);
        cache.insert(inputs[1], None, start);
        assert_eq!(cache.expire(minutes(1)), 0);
        assert_eq!(cache.get(inputs[0], minutes(8)), Some(None));
        assert_eq!(cache.expire(minutes(11)), 1);
        assert_eq!(cache.get(inputs[1], minutes(11)), None);
        assert_eq!(cache.expire(minutes(12)), 0, "not looked at yet");
    }

    proptest! {
        /// Against a plain list, most recently used first.
        #[test]
        fn least_recently_used_is_forgotten(uses in prop::collection::vec((0..6_usize, any::<bool>()), 0..60)) {
            let table = SeriesTable::new();
            let mut owner = table.owner();
            let inputs: Vec<_> = (0..6).map(|i| owner.intern(&Labels::new([("i", i.to_string())]))).collect();
            let mut cache = Cache::new(&table, Policy::Size(3));
            let mut model: Vec<usize> = Vec::new();
            let now = Instant::now();
            for (i, remove) in uses {
                let known = model.iter().position(|&m| m == i);
                if remove {
                    prop_assert_eq!(cache.remove(inputs[i]), known.is_some());
                    model.retain(|&m| m != i);
                } else {
                    prop_assert_eq!(cache.get(inputs[i], now).is_some(), known.is_some());
                    if known.is_none() {
                        let shared = cache.output(&Labels::new([("half", (i / 2).to_string())]));
                        cache.insert(inputs[i], Some(shared), now);
                    }
                    model.retain(|&m| m != i);
                    model.insert(0, i);
                    model.truncate(3);
                }
                cache.hold();
                prop_assert_eq!(cache.len(), model.len());
                let outputs: std::collections::BTreeSet<_> = model.iter().map(|i| i / 2).collect();
                prop_assert_eq!(table.len(), 6 + outputs.len(), "no output is held too long");
            }
        }
    }
}
