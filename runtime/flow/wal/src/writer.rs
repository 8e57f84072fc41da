//! The thread that writes: groups batches, describes new series, rotates segments.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use alloy_telemetry::{SampleBatch, SeriesOwner, SeriesRef};
use rustix::fs::FallocateFlags;

use crate::codec::{self, StoredBatch};
use crate::disk;
use crate::log::{SegmentInfo, Shared, SyncPolicy, add};
use crate::ring::Entry;
use crate::segment::{self, HEADER_BYTES, Kind, Position};

/// A sync mark is written after this many bytes.
const SYNC_EVERY_BYTES: u64 = 64 << 10;
/// How often writing is tried again after it failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const NO_NUMBER: u32 = u32::MAX;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    current: Option<Current>,
    /// Number of the last segment that exists or existed.
    last_segment: u64,
    previous_crc: u32,
    owner: SeriesOwner,
    /// Number within the segment by series, or [`NO_NUMBER`].
    numbers: Vec<u32>,
    held: Vec<SeriesRef>,
    /// Time of the last sample by number within the segment.
    last_ms: Vec<i64>,
    retry_at: Option<Instant>,
    dirty_since: Option<Instant>,
}

/// The segment that is written to.
struct Current {
    number: u64,
    file: File,
    offset: u64,
    last_sync_mark: u64,
    crc: u32,
    since: Instant,
}

/// A batch that waits for its group to be written.
struct Pending {
    start: u64,
    end: u64,
    batch: Arc<SampleBatch>,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let last_segment = {
            let state = shared.state.lock();
            state.segments.last_key_value().map_or(0, |(number, _)| *number)
        };
        Self {
            owner: shared.table.owner(),
            shared,
            current: None,
            last_segment,
            previous_crc: 0,
            numbers: Vec::new(),
            held: Vec::new(),
            last_ms: Vec::new(),
            retry_at: None,
            dirty_since: None,
        }
    }

    pub(crate) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut last_commit = Instant::now();
        loop {
            let mut queue = shared.queue.lock();
            while queue.items.is_empty() && !queue.closing {
                match self.sync_due() {
                    None => shared.arrived.wait(&mut queue),
                    Some(due) if due > Instant::now() => {
                        shared.arrived.wait_until(&mut queue, due);
                    }
                    Some(_) => parking_lot::MutexGuard::unlocked(&mut queue, || self.sync()),
                }
            }
            let deadline = last_commit + shared.options.commit_interval;
            while queue.bytes < shared.options.commit_bytes
                && !queue.closing
                && Instant::now() < deadline
            {
                shared.arrived.wait_until(&mut queue, deadline);
            }
            let items = std::mem::take(&mut queue.items);
            queue.bytes = 0;
            let closing = queue.closing;
            drop(queue);
            if !items.is_empty() {
                let (batches, permits): (Vec<_>, Vec<_>) = items.into_iter().unzip();
                self.commit(batches);
                last_commit = Instant::now();
                drop(permits);
            }
            if self.sync_due().is_some_and(|due| due <= Instant::now()) {
                self.sync();
            }
            if closing && shared.queue.lock().items.is_empty() {
                break;
            }
        }
        self.sync();
        self.finish_segment();
        shared.state.lock().closed = true;
        shared.commits.send_modify(|n| *n += 1);
    }

    fn sync_due(&self) -> Option<Instant> {
        match self.shared.options.sync {
            SyncPolicy::Interval(interval) => Some(self.dirty_since? + interval),
            SyncPolicy::Always | SyncPolicy::None => None,
        }
    }

    fn sync(&mut self) {
        if self.dirty_since.take().is_none() {
            return;
        }
        if let Some(current) = &self.current {
            add(&self.shared.stats.syncs, 1);
            if let Err(error) = current.file.sync_data() {
                tracing::error!(%error, "cannot force the log to the disk");
            }
        }
    }

    /// Writes a group of batches and hands them to the readers.
    fn commit(&mut self, batches: Vec<Arc<SampleBatch>>) {
        let mut group = Group::default();
        for batch in batches {
            self.count(&batch);
            if batch.is_empty() {
                continue;
            }
            self.open_segment_if_needed();
            if self.current.is_none() {
                self.publish(vec![Pending { start: 0, end: 0, batch }], None);
                continue;
            }
            let mut record = self.encode(&batch);
            let over = self.current.as_ref().is_some_and(|current| {
                let used = current.offset + group.bytes.len() as u64;
                let full = used + record.len() as u64 + 4096 + 16
                    > self.shared.options.segment_bytes
                    && used > HEADER_BYTES;
                full || current.since.elapsed() > self.shared.options.segment_age
            });
            if over {
                self.write(std::mem::take(&mut group));
                self.finish_segment();
                self.open_segment_if_needed();
                if self.current.is_none() {
                    self.publish(vec![Pending { start: 0, end: 0, batch }], None);
                    continue;
                }
                record = self.encode(&batch);
            }
            let Some(current) = &mut self.current else { continue };
            let mut at = current.offset + group.bytes.len() as u64;
            if at - current.last_sync_mark >= SYNC_EVERY_BYTES {
                segment::put_sync(current.number, at, &mut group.bytes);
                at = current.offset + group.bytes.len() as u64;
                current.last_sync_mark = at;
            }
            group.bytes.extend_from_slice(&record);
            let end = current.offset + group.bytes.len() as u64;
            group.pending.push(Pending { start: at, end, batch });
        }
        self.write(group);
    }

    fn count(&self, batch: &SampleBatch) {
        let histograms = batch.histograms.as_ref().map_or(0, |h| h.len()) as u64;
        let exemplars = batch.exemplars.as_ref().map_or(0, |e| e.len()) as u64;
        add(&self.shared.stats.samples_appended, batch.len() as u64 - histograms);
        add(&self.shared.stats.histograms_appended, histograms);
        add(&self.shared.stats.exemplars_appended, exemplars);
        let metadata = batch.metadata.as_ref().map_or(0, |m| m.len()) as u64;
        add(&self.shared.stats.metadata_appended, metadata);
    }

    /// The records of a batch: new series first.
    fn encode(&mut self, batch: &SampleBatch) -> Vec<u8> {
        let mut series = Vec::with_capacity(batch.len());
        let first_new = self.held.len();
        let mut out_of_order = 0;
        for row in 0..batch.len() {
            let reference = batch.series(row);
            if self.numbers.len() <= reference.index() {
                self.numbers.resize(reference.index() + 1, NO_NUMBER);
            }
            let mut number = self.numbers[reference.index()];
            let ms = batch.timestamp_ms(row);
            if number == NO_NUMBER {
                number = self.held.len() as u32;
                self.numbers[reference.index()] = number;
                self.owner.adopt(reference);
                self.held.push(reference);
                self.last_ms.push(ms);
            } else if let Some(last) = self.last_ms.get_mut(number as usize) {
                if ms <= *last {
                    out_of_order += 1;
                }
                *last = ms.max(*last);
            }
            series.push(number);
        }
        let stats = &self.shared.stats;
        add(&stats.out_of_order, out_of_order);
        let mut out = Vec::new();
        if self.held.len() > first_new {
            let mut labels = Vec::new();
            self.shared.table.labels_of(self.held[first_new..].iter().copied(), &mut labels);
            let body = codec::encode_series(first_new as u32, &labels);
            segment::put_record(Kind::Series, &codec::wrap(&body), &mut out);
            add(&stats.series_created, labels.len() as u64);
            stats.series_active.store(self.held.len() as u64, Ordering::Relaxed);
        }
        let stored = StoredBatch {
            series,
            timestamps: (0..batch.len()).map(|row| batch.timestamp_ms(row)).collect(),
            values: batch.values.to_vec(),
            histograms: batch.histograms.as_deref().unwrap_or_default().to_vec(),
            exemplars: batch.exemplars.as_deref().unwrap_or_default().to_vec(),
            metadata: batch.metadata.as_deref().unwrap_or_default().to_vec(),
            created: batch.created.as_deref().unwrap_or_default().to_vec(),
        };
        segment::put_record(Kind::Batch, &codec::wrap(&codec::encode_batch(&stored)), &mut out);
        out
    }

    fn write(&mut self, group: Group) {
        if group.pending.is_empty() {
            return;
        }
        let always = self.shared.options.sync == SyncPolicy::Always;
        let Some(current) = &mut self.current else {
            self.publish(group.pending, None);
            return;
        };
        let written = current.file.write_all(&group.bytes).and_then(|()| match always {
            true => current.file.sync_data(),
            false => Ok(()),
        });
        match written {
            Ok(()) => {
                current.offset += group.bytes.len() as u64;
                current.crc = crc32c::crc32c_append(current.crc, &group.bytes);
                let number = current.number;
                add(&self.shared.stats.bytes_written, group.bytes.len() as u64);
                self.dirty_since.get_or_insert_with(Instant::now);
                self.publish(group.pending, Some(number));
            }
            Err(error) => {
                self.failed(&error);
                // Nothing behind the last good record may stay: it is cut by the failed write.
                self.finish_segment();
                self.publish(group.pending, None);
            }
        }
    }

    fn failed(&mut self, error: &io::Error) {
        add(&self.shared.stats.write_failures, 1);
        self.retry_at = Some(Instant::now() + RETRY_AFTER);
        let previous = self.shared.state.lock().failure.replace(error.to_string());
        if previous.is_none() {
            tracing::error!(%error, "cannot write the log; going on from memory");
        }
    }

    /// Makes batches readable. `segment`: where they were written, if they were.
    fn publish(&mut self, pending: Vec<Pending>, segment: Option<u64>) {
        let recovered = {
            let mut state = self.shared.state.lock();
            for item in pending {
                let (start, end) = match segment {
                    Some(segment) => (
                        Position { segment, offset: item.start },
                        Position { segment, offset: item.end },
                    ),
                    None => (state.committed, state.committed),
                };
                state.committed = end;
                // The ring must not delay the acknowledgement.
                let batch = match &item.batch.ack {
                    None => item.batch,
                    Some(_) => Arc::new(SampleBatch { ack: None, ..(*item.batch).clone() }),
                };
                state.ring.push(Entry::new(start, end, batch), self.shared.options.ring_bytes);
            }
            let lost = std::mem::take(&mut state.ring.lost_rows);
            add(&self.shared.stats.rows_lost, lost);
            match segment {
                Some(number) => {
                    let bytes = state.committed.offset;
                    let info = SegmentInfo { bytes, newest: SystemTime::now() };
                    state.segments.insert(number, info);
                    state.failure.take()
                }
                None => None,
            }
        };
        if recovered.is_some() {
            tracing::info!("the log can be written again");
        }
        self.shared.commits.send_modify(|n| *n += 1);
    }

    fn open_segment_if_needed(&mut self) {
        if self.current.is_some() || self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let number = self.last_segment + 1;
        match self.create(number) {
            Ok(file) => {
                self.retry_at = None;
                self.last_segment = number;
                self.shared.stats.segment.store(number, Ordering::Relaxed);
                self.current = Some(Current {
                    number,
                    file,
                    offset: HEADER_BYTES,
                    last_sync_mark: HEADER_BYTES,
                    crc: 0,
                    since: Instant::now(),
                });
            }
            Err(error) => {
                // A file without a header would be taken for a damaged segment.
                let path = disk::path(&self.shared.options.folder, number);
                let _left_behind = std::fs::remove_file(path);
                self.failed(&error);
            }
        }
    }

    fn create(&self, number: u64) -> io::Result<File> {
        let path = disk::path(&self.shared.options.folder, number);
        let mut file = File::options().write(true).create_new(true).open(path)?;
        file.write_all(&segment::header(number, self.previous_crc))?;
        // Only saves fragmentation: file systems that cannot, and disks that are nearly full, go on.
        let _not_supported = rustix::fs::fallocate(
            &file,
            FallocateFlags::KEEP_SIZE,
            0,
            self.shared.options.segment_bytes,
        );
        Ok(file)
    }

    /// Ends the current segment at its last good record and forgets its series.
    fn finish_segment(&mut self) {
        if let Some(current) = self.current.take() {
            // Gives preallocated space back; a longer file ends in damage that readers skip.
            if let Err(error) = current.file.set_len(current.offset) {
                tracing::warn!(%error, "cannot shorten a log segment");
            }
            if self.shared.options.sync != SyncPolicy::None {
                let _reported_by_the_next_sync = current.file.sync_data();
            }
            self.previous_crc = current.crc;
        }
        add(&self.shared.stats.series_removed, self.held.len() as u64);
        for reference in &self.held {
            if let Some(number) = self.numbers.get_mut(reference.index()) {
                *number = NO_NUMBER;
            }
        }
        self.owner.release(self.held.drain(..));
        self.last_ms.clear();
    }
}

/// Records that go into one write.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    pending: Vec<Pending>,
}
