//! Follows the log: from disk while behind, from memory once caught up.

use std::sync::Arc;

use alloy_telemetry::SampleBatch;
use tokio::sync::watch;

use crate::Position;
use crate::disk::DiskReader;
use crate::log::Shared;

/// A batch of the log.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it starts: a cursor that stands here delivers it again.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The batch.
    pub batch: Arc<SampleBatch>,
}

/// Reads the log in order.
pub struct Reader {
    shared: Arc<Shared>,
    commits: watch::Receiver<u64>,
    id: u64,
    position: Position,
    /// Number in the ring, once caught up.
    next: Option<u64>,
    disk: Option<DiskReader>,
}

enum Plan {
    Deliver(Delivery),
    Wait,
    Disk(Position),
    End,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, position: Position) -> Self {
        let id = shared.state.lock().ring.add_reader();
        let commits = shared.commits.subscribe();
        Self { shared, commits, id, position, next: None, disk: None }
    }

    /// Where the next batch will start, or before.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The next batch; waits for one. `None` once the log is closed and read to its end.
    ///
    /// Cancel safety: a batch is lost to nobody; what was not returned is returned next time.
    pub async fn next(&mut self) -> Option<Delivery> {
        loop {
            self.commits.borrow_and_update();
            match self.plan() {
                Plan::Deliver(delivery) => return Some(delivery),
                Plan::End => return None,
                Plan::Wait => {
                    // The sender lives in `shared`, so this cannot fail.
                    let _alive = self.commits.changed().await;
                }
                Plan::Disk(bound) => {
                    if let Some(delivery) = self.read_disk(bound).await {
                        return Some(delivery);
                    }
                }
            }
        }
    }

    fn plan(&mut self) -> Plan {
        let shared = Arc::clone(&self.shared);
        let state = &mut *shared.state.lock();
        let Some(next) = self.next else {
            let front = state.ring.front().map(|(number, entry)| (number, entry.start));
            let bound = front.map_or(state.committed, |(_, start)| start);
            if self.position < bound {
                return Plan::Disk(bound);
            }
            let next = front.map_or(state.ring.next(), |(number, _)| number);
            // What is in memory may have been read from disk already, if it is behind the position.
            self.next = Some(next);
            self.disk = None;
            state.ring.advance(self.id, next);
            return self.read_ring(state, next);
        };
        self.read_ring(state, next)
    }

    fn read_ring(&mut self, state: &mut crate::log::State, mut next: u64) -> Plan {
        loop {
            if let Some(entry) = state.ring.get(next) {
                let delivery = Delivery {
                    start: entry.start,
                    end: entry.end,
                    batch: Arc::clone(&entry.batch),
                };
                // Entries that only memory has start and end where the log ended.
                let seen = entry.end <= self.position && entry.start != entry.end;
                next += 1;
                self.next = Some(next);
                state.ring.advance(self.id, next);
                if seen {
                    continue;
                }
                self.position = self.position.max(delivery.end);
                return Plan::Deliver(delivery);
            }
            if next < state.ring.next() {
                // Pushed out of memory before it was read here.
                self.next = None;
                let bound = state.ring.front().map_or(state.committed, |(_, e)| e.start);
                return Plan::Disk(bound);
            }
            return if state.closed { Plan::End } else { Plan::Wait };
        }
    }

    async fn read_disk(&mut self, bound: Position) -> Option<Delivery> {
        let shared = Arc::clone(&self.shared);
        let position = self.position;
        // Lost if the future is dropped here: then a new one starts at the position.
        let mut disk =
            self.disk.take().unwrap_or_else(|| DiskReader::new(Arc::clone(&shared), position));
        let read = tokio::task::spawn_blocking(move || {
            let found = disk.next(bound);
            (disk, found)
        });
        let (disk, found) = match read.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, position = %self.position, "reading the log failed");
                self.position = bound;
                return None;
            }
        };
        self.position = disk.position();
        self.disk = Some(disk);
        let (start, end, batch) = found?;
        Some(Delivery { start, end, batch: Arc::new(batch) })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.state.lock().ring.remove_reader(self.id);
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("position", &self.position).finish_non_exhaustive()
    }
}
