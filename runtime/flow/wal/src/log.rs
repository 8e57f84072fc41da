//! The log: appending, retention, statistics.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use alloy_telemetry::{SampleBatch, SeriesTable};
use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::cursor::CursorFile;
use crate::disk;
use crate::reader::Reader;
use crate::ring::{Ring, size_of_batch};
use crate::segment::Position;
use crate::writer::Writer;

/// When written data is forced to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPolicy {
    /// At most this long after it was written.
    Interval(Duration),
    /// Before it is acknowledged.
    Always,
    /// When the kernel sees fit.
    None,
}

/// How a log is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder; created if absent.
    pub folder: PathBuf,
    /// When written data is forced to the disk.
    pub sync: SyncPolicy,
    /// Longest segment.
    pub segment_bytes: u64,
    /// A segment is not written to for longer.
    pub segment_age: Duration,
    /// Batches that arrive within this time are written together.
    pub commit_interval: Duration,
    /// A group of this size is written at once.
    pub commit_bytes: usize,
    /// Cap of batches in memory for readers.
    pub ring_bytes: usize,
    /// Cap of batches that wait to be written; appending waits.
    pub queue_bytes: usize,
    /// Cap of all segments; the oldest is deleted.
    pub disk_bytes: u64,
}

impl Options {
    /// The values of design/performance.md §3.6 and §8.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            sync: SyncPolicy::Interval(Duration::from_secs(1)),
            segment_bytes: 64 << 20,
            segment_age: Duration::from_secs(2 * 3600),
            commit_interval: Duration::from_millis(50),
            commit_bytes: 256 << 10,
            ring_bytes: 64 << 20,
            queue_bytes: 16 << 20,
            disk_bytes: 10 << 30,
        }
    }

    pub(crate) fn cursors(&self) -> PathBuf {
        self.folder.join("cursors")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.folder.join("quarantine")
    }
}

/// Why a batch is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The log is closed.
    #[error("the log is closed")]
    Closed,
    /// Nothing can be written, and memory is full.
    #[error("the log cannot be written and memory is full: {reason}")]
    Full {
        /// Why nothing can be written.
        reason: String,
    },
}

/// Counters; they only go up, gauges excepted.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Stats {
    pub samples_appended: AtomicU64,
    pub histograms_appended: AtomicU64,
    pub exemplars_appended: AtomicU64,
    pub metadata_appended: AtomicU64,
    /// Samples that are not newer than the last one of their series.
    pub out_of_order: AtomicU64,
    pub series_created: AtomicU64,
    pub series_removed: AtomicU64,
    /// Series described in the current segment (gauge).
    pub series_active: AtomicU64,
    pub bytes_written: AtomicU64,
    pub syncs: AtomicU64,
    pub write_failures: AtomicU64,
    /// Damaged places that readers met.
    pub corruptions: AtomicU64,
    /// Rows that no reader will see: damaged, or pushed out of memory while nothing could be written.
    pub rows_lost: AtomicU64,
    pub truncations: AtomicU64,
    pub segments_deleted: AtomicU64,
    pub segments_delete_failures: AtomicU64,
    /// Number of the current segment (gauge).
    pub segment: AtomicU64,
    pub records_read: AtomicU64,
    pub decode_failures: AtomicU64,
}

pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentInfo {
    pub(crate) bytes: u64,
    /// When it was last written to.
    pub(crate) newest: SystemTime,
}

/// What writer, readers and retention share.
pub(crate) struct State {
    pub(crate) ring: Ring,
    /// End of what was written and may be read from disk.
    pub(crate) committed: Position,
    pub(crate) segments: BTreeMap<u64, SegmentInfo>,
    /// Damaged places, so that several readers count one once.
    pub(crate) damaged: BTreeSet<Position>,
    /// Why nothing can be written at the moment.
    pub(crate) failure: Option<String>,
    /// The writer has ended.
    pub(crate) closed: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) items: VecDeque<(Arc<SampleBatch>, OwnedSemaphorePermit)>,
    pub(crate) bytes: usize,
    pub(crate) closing: bool,
}

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) table: SeriesTable,
    pub(crate) state: Mutex<State>,
    pub(crate) queue: Mutex<Queue>,
    pub(crate) arrived: Condvar,
    /// Moves with each commit and at the end.
    pub(crate) commits: watch::Sender<u64>,
    pub(crate) stats: Stats,
    permits: Arc<Semaphore>,
    end_at_open: Position,
}

/// A log of sample batches. Cheap to clone; [`Log::close`] ends it for all clones.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// Unit of the queue's cap.
const PERMIT_BYTES: usize = 1024;

impl Log {
    /// Opens the log in a folder, whatever is in it.
    ///
    /// # Errors
    /// If the folder cannot be created or listed.
    pub fn open(options: Options, table: SeriesTable) -> io::Result<Self> {
        std::fs::create_dir_all(options.cursors())?;
        let segments = disk::list(&options.folder)?;
        disk::release_preallocated(&options.folder, &segments);
        let end = segments.last_key_value().map_or(Position::default(), |(segment, info)| {
            Position { segment: *segment, offset: info.bytes }
        });
        let permits = (options.queue_bytes / PERMIT_BYTES).max(1);
        let shared = Arc::new(Shared {
            options,
            table,
            state: Mutex::new(State {
                ring: Ring::default(),
                committed: end,
                segments,
                damaged: BTreeSet::new(),
                failure: None,
                closed: false,
            }),
            queue: Mutex::new(Queue::default()),
            arrived: Condvar::new(),
            commits: watch::Sender::new(0),
            stats: Stats::default(),
            permits: Arc::new(Semaphore::new(permits)),
            end_at_open: end,
        });
        let writer = Writer::new(Arc::clone(&shared));
        let thread =
            std::thread::Builder::new().name("log-writer".to_owned()).spawn(|| writer.run())?;
        Ok(Self { shared, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Hands a batch to the writer. Waits while too much waits to be written. The batch's
    /// acknowledgement is dropped once it is safe.
    ///
    /// Cancel safety: dropping the future before completion appends nothing.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(&self, batch: Arc<SampleBatch>) -> Result<(), AppendError> {
        let shared = &*self.shared;
        {
            let state = shared.state.lock();
            if let Some(reason) = &state.failure
                && state.ring.bytes() >= shared.options.ring_bytes
            {
                return Err(AppendError::Full { reason: reason.clone() });
            }
        }
        let bytes = size_of_batch(&batch);
        let most = (shared.options.queue_bytes / PERMIT_BYTES).max(1);
        let units = (bytes / PERMIT_BYTES).clamp(1, most) as u32;
        let permit = Arc::clone(&shared.permits)
            .acquire_many_owned(units)
            .await
            .map_err(|_| AppendError::Closed)?;
        let mut queue = shared.queue.lock();
        if queue.closing {
            return Err(AppendError::Closed);
        }
        queue.items.push_back((batch, permit));
        queue.bytes += bytes;
        shared.arrived.notify_one();
        Ok(())
    }

    /// A reader that starts at `from`.
    pub fn reader(&self, from: Position) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// End of what is written.
    pub fn end(&self) -> Position {
        self.shared.state.lock().committed
    }

    /// End of the log when it was opened: what is before was written by an earlier process.
    pub fn end_at_open(&self) -> Position {
        self.shared.end_at_open
    }

    /// Why nothing can be written at the moment, if that is so.
    pub fn failure(&self) -> Option<String> {
        self.shared.state.lock().failure.clone()
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// Bytes of all segments.
    pub fn disk_bytes(&self) -> u64 {
        self.shared.state.lock().segments.values().map(|s| s.bytes).sum()
    }

    /// The cursor file of that name.
    pub fn cursor(&self, name: &str) -> CursorFile {
        CursorFile::new(&self.shared.options.cursors(), name)
    }

    /// Deletes cursor files of other names: nobody will go on from there.
    pub fn forget_other_cursors(&self, names: &[&str]) {
        let folder = self.shared.options.cursors();
        let kept: Vec<_> =
            names.iter().map(|n| CursorFile::new(&folder, n).path().to_owned()).collect();
        let Ok(entries) = std::fs::read_dir(&folder) else { return };
        for path in entries.flatten().map(|e| e.path()) {
            if path.extension().is_some_and(|e| e == "cursor") && !kept.contains(&path) {
                // A file that stays does no harm.
                let _stays = std::fs::remove_file(&path);
            }
        }
    }

    /// Deletes whole segments: those before `keep_from` that were not written to for `min_age`, those
    /// not written to for `max_age`, and the oldest while all are larger than the cap. Blocking.
    pub fn truncate(&self, keep_from: Position, min_age: Duration, max_age: Duration) {
        let shared = &*self.shared;
        let now = SystemTime::now();
        let mut doomed = Vec::new();
        {
            let state = shared.state.lock();
            let mut total: u64 = state.segments.values().map(|s| s.bytes).sum();
            for (&number, info) in state.segments.range(..state.committed.segment) {
                let age = now.duration_since(info.newest).unwrap_or_default();
                let unread = number >= keep_from.segment;
                let over = total > shared.options.disk_bytes;
                if (!unread && age >= min_age) || age >= max_age || over {
                    total -= info.bytes;
                    doomed.push((number, unread));
                }
            }
        }
        add(&shared.stats.truncations, 1);
        for (number, unread) in doomed {
            if unread {
                tracing::warn!(segment = number, "deleted a log segment that was not sent yet");
            }
            match std::fs::remove_file(disk::path(&shared.options.folder, number)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(segment = number, %error, "cannot delete a log segment");
                    add(&shared.stats.segments_delete_failures, 1);
                }
                _ => {
                    shared.state.lock().segments.remove(&number);
                    add(&shared.stats.segments_deleted, 1);
                }
            }
        }
    }

    /// Writes what waits, ends the writer and lets readers come to an end.
    pub async fn close(&self) {
        self.begin_close();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // The writer catches its own failures; a panic has been reported already.
            let _panicked = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn begin_close(&self) {
        self.shared.queue.lock().closing = true;
        self.shared.permits.close();
        self.shared.arrived.notify_one();
    }

    /// Folder of the log.
    pub fn folder(&self) -> &Path {
        &self.shared.options.folder
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // The last handle: nobody can append any more, so the writer ends by itself.
        if Arc::strong_count(&self.thread) == 1 {
            self.begin_close();
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("folder", &self.shared.options.folder).finish_non_exhaustive()
    }
}
