//! Interned series: each label set exists once per process, batches carry references.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rustc_hash::FxHashSet;

use crate::Labels;

/// Opaque reference to an interned label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesRef(u32);

impl SeriesRef {
    /// The `n`-th reference after this one in a run.
    #[must_use]
    pub const fn offset(self, n: u32) -> Self {
        Self(self.0 + n)
    }

    /// Dense number for tables indexed by series.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Default)]
struct Inner {
    /// Hashed with a random key: whoever pushes samples chooses the labels.
    by_labels: HashMap<Labels, SeriesRef>,
    slots: Vec<Slot>,
    free: Vec<SeriesRef>,
}

#[derive(Default)]
struct Slot {
    labels: Labels,
    holders: u32,
}

/// Process-wide table of series. Cheap to clone.
#[derive(Clone, Default)]
pub struct SeriesTable(Arc<Mutex<Inner>>);

impl SeriesTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new owner without series.
    pub fn owner(&self) -> SeriesOwner {
        SeriesOwner { table: self.clone(), refs: FxHashSet::default(), epoch: Epoch::new(self) }
    }

    /// Labels of `series`. The caller must hold it: a reference that nobody holds may already mean
    /// another series.
    pub fn labels(&self, series: SeriesRef) -> Labels {
        self.0.lock().slots[series.index()].labels.clone()
    }

    /// Labels of many series under one lock.
    pub fn labels_of(&self, series: impl IntoIterator<Item = SeriesRef>, out: &mut Vec<Labels>) {
        let inner = self.0.lock();
        out.extend(series.into_iter().map(|s| inner.slots[s.index()].labels.clone()));
    }

    /// Number of live series.
    pub fn len(&self) -> usize {
        self.0.lock().by_labels.len()
    }

    /// True if no series is alive.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn intern(&self, labels: &Labels) -> SeriesRef {
        let mut inner = self.0.lock();
        if let Some(&known) = inner.by_labels.get(labels) {
            inner.slots[known.index()].holders += 1;
            return known;
        }
        let slot = Slot { labels: labels.clone(), holders: 1 };
        let series = match inner.free.pop() {
            Some(series) => {
                inner.slots[series.index()] = slot;
                series
            }
            None => {
                inner.slots.push(slot);
                SeriesRef((inner.slots.len() - 1) as u32)
            }
        };
        inner.by_labels.insert(labels.clone(), series);
        series
    }

    fn adopt(&self, series: SeriesRef) {
        self.0.lock().slots[series.index()].holders += 1;
    }

    fn release(&self, refs: impl IntoIterator<Item = SeriesRef>) {
        let mut inner = self.0.lock();
        for series in refs {
            let slot = &mut inner.slots[series.index()];
            slot.holders -= 1;
            if slot.holders == 0 {
                let labels = std::mem::take(&mut slot.labels);
                inner.by_labels.remove(&labels);
                inner.free.push(series);
            }
        }
    }
}

impl std::fmt::Debug for SeriesTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeriesTable").field("series", &self.len()).finish()
    }
}

/// Refs released while batches of this epoch or an earlier one may still be on their way.
struct Epoch {
    table: SeriesTable,
    released: Mutex<Vec<SeriesRef>>,
    /// Keeps later epochs alive as long as this one, so that releases happen in order.
    next: OnceLock<Arc<Epoch>>,
}

impl Epoch {
    fn new(table: &SeriesTable) -> Arc<Self> {
        Arc::new(Self {
            table: table.clone(),
            released: Mutex::new(Vec::new()),
            next: OnceLock::new(),
        })
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        self.table.release(std::mem::take(self.released.get_mut()));
        // A long chain must not be dropped recursively.
        let mut next = self.next.take();
        while let Some(mut epoch) = next.and_then(Arc::into_inner) {
            next = epoch.next.take();
        }
    }
}

/// Interns series and keeps them alive: a scrape target, a push receiver, a relabel cache, a log
/// segment. Dropping it releases its series once no batch refers to them any more.
pub struct SeriesOwner {
    table: SeriesTable,
    refs: FxHashSet<SeriesRef>,
    epoch: Arc<Epoch>,
}

impl SeriesOwner {
    /// The table.
    pub fn table(&self) -> &SeriesTable {
        &self.table
    }

    /// Interns `labels` and holds the result until released.
    pub fn intern(&mut self, labels: &Labels) -> SeriesRef {
        let series = self.table.intern(labels);
        if !self.refs.insert(series) {
            self.table.release([series]);
        }
        series
    }

    /// Holds a series that somebody else holds right now.
    pub fn adopt(&mut self, series: SeriesRef) {
        if self.refs.insert(series) {
            self.table.adopt(series);
        }
    }

    /// Gives series up. Batches that carry a [`Hold`] taken before still keep them valid.
    pub fn release(&mut self, series: impl IntoIterator<Item = SeriesRef>) {
        let released: Vec<_> = series.into_iter().filter(|s| self.refs.remove(s)).collect();
        if released.is_empty() {
            return;
        }
        let next = Epoch::new(&self.table);
        self.epoch.released.lock().extend(released);
        // Set once per epoch: the owner is the only writer and moves on right after.
        let _already_set = self.epoch.next.set(Arc::clone(&next));
        self.epoch = next;
    }

    /// Keeps everything this owner holds now valid while a batch travels.
    pub fn hold(&self) -> Hold {
        Hold(Arc::clone(&self.epoch))
    }

    /// Number of series held.
    pub fn len(&self) -> usize {
        self.refs.len()
    }

    /// True if nothing is held.
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }
}

impl Drop for SeriesOwner {
    fn drop(&mut self) {
        let all: Vec<_> = self.refs.drain().collect();
        self.epoch.released.lock().extend(all);
    }
}

impl std::fmt::Debug for SeriesOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeriesOwner").field("series", &self.refs.len()).finish()
    }
}

/// Keeps the series of a batch valid. Cheap to clone.
#[derive(Clone)]
pub struct Hold(#[expect(dead_code, reason = "held for its drop")] Arc<Epoch>);

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hold")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use rustc_hash::FxHashMap;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Intern(usize, u8),
        Release(usize, u8),
        Hold(usize),
        DropHold(usize),
        Replace(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3_usize, 0..6_u8).prop_map(|(owner, n)| Step::Intern(owner, n)),
            (0..3_usize, 0..6_u8).prop_map(|(owner, n)| Step::Release(owner, n)),
            (0..3_usize).prop_map(Step::Hold),
            (0..9_usize).prop_map(Step::DropHold),
            (0..3_usize).prop_map(Step::Replace),
        ]
    }

    proptest! {
        /// Whatever owners and batches do: a reference means its labels while anybody holds it, and
        /// nothing is left when all are gone.
        #[test]
        fn references_stay_valid_while_held(steps in prop::collection::vec(step(), 0..80)) {
            let table = SeriesTable::new();
            let labels = |n: u8| Labels::new([("n", n.to_string())]);
            let mut owners = [table.owner(), table.owner(), table.owner()];
            let mut owned: [FxHashMap<u8, SeriesRef>; 3] = Default::default();
            let mut holds: Vec<(Hold, FxHashMap<u8, SeriesRef>)> = Vec::new();
            for step in steps {
                match step {
                    Step::Intern(at, n) => {
                        let series = owners[at].intern(&labels(n));
                        owned[at].insert(n, series);
                    }
                    Step::Release(at, n) => owners[at].release(owned[at].remove(&n)),
                    Step::Hold(at) => holds.push((owners[at].hold(), owned[at].clone())),
                    Step::DropHold(at) => {
                        if at < holds.len() {
                            holds.swap_remove(at);
                        }
                    }
                    Step::Replace(at) => {
                        owners[at] = table.owner();
                        owned[at].clear();
                    }
                }
                let held = owned.iter().chain(holds.iter().map(|(_, refs)| refs));
                for (&n, &series) in held.flatten() {
                    prop_assert_eq!(table.labels(series), labels(n));
                }
            }
            drop(holds);
            let alive: FxHashSet<u8> = owned.iter().flatten().map(|(&n, _)| n).collect();
            prop_assert_eq!(table.len(), alive.len());
            drop(owners);
            prop_assert!(table.is_empty());
        }
    }

    #[test]
    fn released_series_stays_valid_while_a_batch_holds_it() {
        let table = SeriesTable::new();
        let mut owner = table.owner();
        let a = owner.intern(&Labels::new([("__name__", "a")]));
        let hold = owner.hold();
        owner.release([a]);
        let b = owner.intern(&Labels::new([("__name__", "b")]));
        owner.release([b]);
        assert_eq!(table.labels(a).get("__name__"), Some("a"));
        assert_eq!(
            table.labels(b).get("__name__"),
            Some("b"),
            "later epochs wait for earlier ones"
        );
        drop(hold);
        assert!(table.is_empty());
    }

    #[test]
    fn same_labels_are_one_series_with_two_holders() {
        let table = SeriesTable::new();
        let (mut one, mut two) = (table.owner(), table.owner());
        let labels = Labels::new([("__name__", "up"), ("job", "x")]);
        assert_eq!(one.intern(&labels), two.intern(&labels));
        drop(one);
        assert_eq!(table.len(), 1);
        drop(two);
        assert!(table.is_empty());
    }

    #[test]
    fn a_long_chain_of_epochs_drops_without_recursion() {
        let table = SeriesTable::new();
        let mut owner = table.owner();
        let hold = owner.hold();
        for i in 0..200_000 {
            let s = owner.intern(&Labels::new([("__name__", format!("m{i}"))]));
            owner.release([s]);
        }
        drop(owner);
        drop(hold);
        assert!(table.is_empty());
    }
}
