//! What was appended last, for readers that keep up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use alloy_telemetry::SampleBatch;

use crate::Position;

/// One appended batch.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) start: Position,
    pub(crate) end: Position,
    pub(crate) batch: Arc<SampleBatch>,
    bytes: usize,
    on_disk: bool,
}

impl Entry {
    pub(crate) fn new(start: Position, end: Position, batch: Arc<SampleBatch>) -> Self {
        let bytes = size_of_batch(&batch);
        Self { start, end, batch, bytes, on_disk: start != end }
    }
}

/// Rough size of a batch in memory.
pub(crate) fn size_of_batch(batch: &SampleBatch) -> usize {
    let histograms = batch.histograms.as_ref().map_or(0, |h| h.len() * 512);
    let exemplars = batch.exemplars.as_ref().map_or(0, |e| e.len() * 256);
    let metadata = batch.metadata.as_ref().map_or(0, |m| m.len() * 256);
    batch.len() * 20 + histograms + exemplars + metadata + 256
}

/// Entries by sequence number, dropped when every reader has them or when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    first: u64,
    bytes: usize,
    /// Next entry of each reader.
    readers: BTreeMap<u64, u64>,
    next_reader: u64,
    /// Rows that left memory unread without being on disk.
    pub(crate) lost_rows: u64,
}

impl Ring {
    /// Number that the next entry will have.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(crate) fn front(&self) -> Option<(u64, &Entry)> {
        Some((self.first, self.entries.front()?))
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, entry: Entry, cap_bytes: usize) {
        self.bytes += entry.bytes;
        self.entries.push_back(entry);
        self.release();
        while self.bytes > cap_bytes {
            self.pop();
        }
    }

    /// A reader that needs everything from now on, or `None` while it reads the disk.
    pub(crate) fn add_reader(&mut self) -> u64 {
        self.next_reader += 1;
        self.readers.insert(self.next_reader, self.next());
        self.next_reader
    }

    pub(crate) fn remove_reader(&mut self, reader: u64) {
        self.readers.remove(&reader);
        self.release();
    }

    /// The reader needs nothing before `number` any more.
    pub(crate) fn advance(&mut self, reader: u64, number: u64) {
        if let Some(next) = self.readers.get_mut(&reader) {
            *next = number;
        }
        self.release();
    }

    fn release(&mut self) {
        let needed = self.readers.values().copied().min().unwrap_or(u64::MAX);
        while self.first < needed && !self.entries.is_empty() {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(entry) = self.entries.pop_front() else {
            self.bytes = 0;
            return;
        };
        if !entry.on_disk && self.readers.values().any(|next| *next <= self.first) {
            self.lost_rows += entry.batch.len() as u64;
        }
        self.bytes -= entry.bytes;
        self.first += 1;
    }
}
