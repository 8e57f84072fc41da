//! Which part of the log is done: delivered, refused or left out on purpose.

use std::collections::VecDeque;

use alloy_flow_wal::Position;
use parking_lot::Mutex;

/// Counts what is open per batch of the log; batches are done in any order, the position moves in
/// the order of the log.
#[derive(Debug)]
pub(crate) struct Tracker(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Number of the front slot.
    first: u64,
    slots: VecDeque<Slot>,
    done: Position,
}

#[derive(Debug)]
struct Slot {
    end: Position,
    open: u32,
}

impl Tracker {
    pub(crate) fn new(done: Position) -> Self {
        Self(Mutex::new(State { first: 0, slots: VecDeque::new(), done }))
    }

    /// A batch that ends at `end`, with one item open so that it is not done before all are known.
    pub(crate) fn begin(&self, end: Position) -> u64 {
        let mut state = self.0.lock();
        state.slots.push_back(Slot { end, open: 1 });
        state.first + state.slots.len() as u64 - 1
    }

    /// Adds open items to a batch.
    pub(crate) fn open(&self, batch: u64, n: u32) {
        let mut state = self.0.lock();
        let index = batch.wrapping_sub(state.first) as usize;
        if let Some(slot) = state.slots.get_mut(index) {
            slot.open += n;
        }
    }

    /// Items of a batch are done.
    pub(crate) fn done(&self, batch: u64, n: u32) {
        let mut state = self.0.lock();
        let index = batch.wrapping_sub(state.first) as usize;
        if let Some(slot) = state.slots.get_mut(index) {
            slot.open = slot.open.saturating_sub(n);
        }
        while state.slots.front().is_some_and(|slot| slot.open == 0) {
            if let Some(slot) = state.slots.pop_front() {
                state.first += 1;
                state.done = state.done.max(slot.end);
            }
        }
    }

    /// Everything before is done.
    pub(crate) fn position(&self) -> Position {
        self.0.lock().done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_waits_for_the_oldest_open_batch() {
        let at = |offset| Position { segment: 1, offset };
        let tracker = Tracker::new(at(0));
        let (a, b) = (tracker.begin(at(10)), tracker.begin(at(20)));
        tracker.open(a, 2);
        tracker.done(a, 1);
        tracker.done(b, 1);
        assert_eq!(tracker.position(), at(0));
        tracker.done(a, 1);
        assert_eq!(tracker.position(), at(0));
        tracker.done(a, 1);
        assert_eq!(tracker.position(), at(20));
    }
}
