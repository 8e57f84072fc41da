//! Reads segments from disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use alloy_telemetry::{Refs, Row, SampleBatch, SeriesOwner, SeriesRef, Timestamps};

use crate::codec::{self, StoredBatch};
use crate::log::{SegmentInfo, Shared, add};
use crate::segment::{self, HEADER_BYTES, Kind, Position, Step};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Damaged ranges are kept up to this size in all.
const QUARANTINE_BYTES: u64 = 64 << 20;

/// File of a segment.
pub(crate) fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:08}.log"))
}

/// Segments in a folder.
pub(crate) fn list(folder: &Path) -> io::Result<BTreeMap<u64, SegmentInfo>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|n| n.strip_suffix(".log")?.parse().ok()) else {
            continue;
        };
        let Ok(meta) = entry.metadata() else { continue };
        let newest = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.insert(number, SegmentInfo { bytes: meta.len(), newest });
    }
    Ok(found)
}

/// Gives back what a process that was killed had preallocated behind the end of a segment.
pub(crate) fn release_preallocated(folder: &Path, segments: &BTreeMap<u64, SegmentInfo>) {
    for (&number, info) in segments {
        let path = path(folder, number);
        let allocated = std::fs::metadata(&path).map_or(0, |m| m.blocks() * 512);
        if allocated <= info.bytes.saturating_add(CHUNK_BYTES as u64) {
            continue;
        }
        // Setting the length that it has keeps the content and frees what is behind.
        let shortened = File::options().write(true).open(path).and_then(|f| f.set_len(info.bytes));
        if let Err(error) = shortened {
            tracing::warn!(segment = number, %error, "cannot shorten a log segment");
        }
    }
}

/// A batch with its place.
pub(crate) type Found = (Position, Position, SampleBatch);

pub(crate) struct DiskReader {
    shared: Arc<Shared>,
    owner: SeriesOwner,
    position: Position,
    open: Option<Open>,
}

struct Open {
    segment: u64,
    file: File,
    /// Where reading stands; behind `position` while series are collected.
    at: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
    series: SeriesIndex,
}

/// Descriptions of a segment's series, interned when a sample needs them.
#[derive(Default)]
struct SeriesIndex {
    bytes: Vec<u8>,
    entries: Vec<Option<(u32, u32)>>,
    refs: Vec<Option<SeriesRef>>,
}

/// Numbers beyond this are damage that a checksum didn't catch.
const MAX_SERIES: usize = 1 << 26;

impl SeriesIndex {
    fn add(&mut self, payload: &[u8]) -> Result<(), codec::Malformed> {
        let body = codec::unwrap(payload)?;
        codec::decode_series(&body, |number, labels| {
            let number = number as usize;
            if number >= MAX_SERIES {
                return;
            }
            if self.entries.len() <= number {
                self.entries.resize(number + 1, None);
                self.refs.resize(number + 1, None);
            }
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(labels);
            self.entries[number] = Some((start, labels.len() as u32));
        })
    }

    fn get(&mut self, number: u32, owner: &mut SeriesOwner) -> Option<SeriesRef> {
        let known = self.refs.get_mut(number as usize)?;
        if known.is_none() {
            let (start, len) = (*self.entries.get(number as usize)?)?;
            let labels = self.bytes.get(start as usize..(start + len) as usize)?;
            *known = Some(owner.intern(&codec::decode_labels(labels).ok()?));
        }
        *known
    }
}

impl DiskReader {
    pub(crate) fn new(shared: Arc<Shared>, position: Position) -> Self {
        Self { owner: shared.table.owner(), shared, position, open: None }
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The next batch that starts before `bound`; `None` at the bound. Blocking.
    pub(crate) fn next(&mut self, bound: Position) -> Option<Found> {
        loop {
            if self.position >= bound {
                return None;
            }
            if self.open.as_ref().is_none_or(|o| o.segment != self.position.segment)
                && !self.open_segment(bound)
            {
                self.position = bound;
                return None;
            }
            let segment = self.position.segment;
            let Some(open) = &mut self.open else { return None };
            let limit = if segment == bound.segment { bound.offset } else { u64::MAX };
            let start = Position { segment, offset: open.at };
            match open.step(limit) {
                Ok(Read::Series(payload)) => {
                    add(&self.shared.stats.records_read, 1);
                    if open.series.add(&payload).is_err() {
                        add(&self.shared.stats.decode_failures, 1);
                    }
                    self.advance();
                }
                Ok(Read::Batch(payload)) => {
                    let end = Position { segment, offset: open.at };
                    if end <= self.position {
                        continue;
                    }
                    add(&self.shared.stats.records_read, 1);
                    let decoded =
                        codec::unwrap(&payload).and_then(|body| codec::decode_batch(&body));
                    self.position = end;
                    match decoded {
                        Ok(stored) => {
                            if let Some(batch) = self.resolve(stored) {
                                return Some((start, end, batch));
                            }
                        }
                        Err(codec::Malformed) => add(&self.shared.stats.decode_failures, 1),
                    }
                }
                Ok(Read::Skip) => self.advance(),
                Ok(Read::End) => self.leave_segment(bound),
                Ok(Read::Bad) => {
                    let (from, to) = open.skip_damage(limit);
                    self.report_damage(segment, from, to);
                    self.advance();
                }
                Err(error) => {
                    tracing::error!(segment, %error, "cannot read a log segment");
                    self.leave_segment(bound);
                }
            }
        }
    }

    /// The position follows reading, but not behind where it was to start.
    fn advance(&mut self) {
        if let Some(open) = &self.open {
            self.position.offset = self.position.offset.max(open.at);
        }
    }

    fn leave_segment(&mut self, bound: Position) {
        let next = Position { segment: self.position.segment + 1, offset: 0 };
        self.position = if self.position.segment >= bound.segment { bound } else { next };
    }

    /// Opens the segment of the position, or the first one after it. False if there is none up to
    /// the bound.
    fn open_segment(&mut self, bound: Position) -> bool {
        let held: Vec<_> =
            self.open.take().into_iter().flat_map(|o| o.series.refs).flatten().collect();
        self.owner.release(held);
        loop {
            let segment = self.position.segment;
            match Open::new(&self.shared.options.folder, segment) {
                Ok(open) => {
                    let found = self.open.insert(open);
                    match found.has_header() {
                        Ok(true) => found.at = HEADER_BYTES,
                        // Records have checksums of their own: a damaged header costs only itself.
                        _ => {
                            let len = found.file.metadata().map_or(0, |m| m.len());
                            found.at = HEADER_BYTES.min(len);
                            let to = found.at;
                            self.report_damage(segment, 0, to);
                        }
                    }
                    self.advance();
                    return true;
                }
                Err(error) => {
                    if error.kind() != io::ErrorKind::NotFound {
                        tracing::error!(segment, %error, "cannot open a log segment");
                    }
                    let known = {
                        let state = self.shared.state.lock();
                        state.segments.range(segment + 1..).next().map(|(number, _)| *number)
                    };
                    match known {
                        Some(next) if next <= bound.segment => {
                            self.position = Position { segment: next, offset: 0 };
                        }
                        _ => return false,
                    }
                }
            }
        }
    }

    /// Replaces numbers by series. Rows whose description is damaged are lost.
    fn resolve(&mut self, stored: StoredBatch) -> Option<SampleBatch> {
        let open = self.open.as_mut()?;
        let owner = &mut self.owner;
        let found: Vec<_> = stored.series.iter().map(|n| open.series.get(*n, owner)).collect();
        let lost = found.iter().filter(|f| f.is_none()).count();
        add(&self.shared.stats.rows_lost, lost as u64);
        // New index of each row that stays.
        let mut index = Vec::with_capacity(found.len());
        let mut refs = Vec::with_capacity(found.len());
        for reference in &found {
            index.push(reference.map(|_| refs.len() as u32));
            refs.extend(*reference);
        }
        if refs.is_empty() {
            return None;
        }
        let kept = |row: usize| found[row].is_some();
        let values: Vec<f64> =
            stored.values.iter().enumerate().filter(|(r, _)| kept(*r)).map(|(_, v)| *v).collect();
        let times: Vec<i64> = stored
            .timestamps
            .iter()
            .enumerate()
            .filter(|(r, _)| kept(*r))
            .map(|(_, t)| *t)
            .collect();
        let timestamps = match times.first() {
            Some(first) if times.iter().all(|t| t == first) => Timestamps::One(*first),
            _ => Timestamps::Each(times.into()),
        };
        Some(SampleBatch {
            hold: self.owner.hold(),
            refs: Refs::List(refs.into()),
            values: values.into(),
            timestamps,
            histograms: rows(stored.histograms, &index),
            exemplars: rows(stored.exemplars, &index),
            metadata: rows(stored.metadata, &index),
            created: rows(stored.created, &index),
            ack: None,
        })
    }

    fn report_damage(&self, segment: u64, from: u64, to: u64) {
        let place = Position { segment, offset: from };
        if from == to || !self.shared.state.lock().damaged.insert(place) {
            return;
        }
        add(&self.shared.stats.corruptions, 1);
        tracing::warn!(segment, offset = from, len_bytes = to - from, "skipped damage in the log");
        if let Err(error) = self.quarantine(segment, from, to) {
            tracing::warn!(%error, "cannot keep the damaged part of the log");
        }
    }

    fn quarantine(&self, segment: u64, from: u64, to: u64) -> io::Result<()> {
        let folder = self.shared.options.quarantine();
        std::fs::create_dir_all(&folder)?;
        let mut used = 0;
        for entry in std::fs::read_dir(&folder)? {
            used += entry?.metadata()?.len();
        }
        let len = (to - from).min(QUARANTINE_BYTES.saturating_sub(used));
        let Some(open) = &self.open else { return Ok(()) };
        let mut bytes = vec![0; len as usize];
        let read = read_at(&open.file, &mut bytes, from)?;
        std::fs::write(folder.join(format!("{segment:08}-{from}")), &bytes[..read])
    }
}

fn rows<T>(rows: Vec<Row<T>>, index: &[Option<u32>]) -> Option<Arc<[Row<T>]>> {
    let kept: Vec<_> = rows
        .into_iter()
        .filter_map(|r| Some(Row { row: (*index.get(r.row as usize)?)?, item: r.item }))
        .collect();
    (!kept.is_empty()).then(|| kept.into())
}

enum Read {
    Series(Vec<u8>),
    Batch(Vec<u8>),
    Skip,
    End,
    Bad,
}

impl Open {
    fn new(folder: &Path, segment: u64) -> io::Result<Self> {
        Ok(Self {
            segment,
            file: File::open(path(folder, segment))?,
            at: 0,
            buffer: Vec::new(),
            buffer_at: 0,
            series: SeriesIndex::default(),
        })
    }

    fn has_header(&mut self) -> io::Result<bool> {
        self.fill(HEADER_BYTES as usize, u64::MAX)?;
        Ok(segment::has_header(&self.buffer, self.segment))
    }

    /// Reads what is at `at`; nothing at or behind `limit` is read.
    fn step(&mut self, limit: u64) -> io::Result<Read> {
        let mut need = 1;
        loop {
            let have = self.fill(need, limit)?;
            let skip = (self.at - self.buffer_at) as usize;
            let data = self.buffer.get(skip..skip + have).unwrap_or_default();
            if data.is_empty() {
                return Ok(Read::End);
            }
            let (read, len) = match segment::step(data, self.at, self.segment) {
                Step::Record { kind: Kind::Series, payload, len } => {
                    (Read::Series(payload.to_vec()), len)
                }
                Step::Record { kind: Kind::Batch, payload, len } => {
                    (Read::Batch(payload.to_vec()), len)
                }
                Step::Skip { len } => (Read::Skip, len),
                Step::Short { need: more } if have >= need => {
                    need = more;
                    continue;
                }
                // What is missing is not in the file: cut by a crash, or a damaged length.
                Step::Short { .. } | Step::Bad => return Ok(Read::Bad),
            };
            self.at += len as u64;
            return Ok(read);
        }
    }

    /// Makes at least `need` bytes from `at` available, fewer only at the limit or the file's end.
    fn fill(&mut self, need: usize, limit: u64) -> io::Result<usize> {
        let room = usize::try_from(limit.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let buffered = self.buffer.len().saturating_sub((self.at - self.buffer_at) as usize);
        if buffered < need.min(room) {
            let skip = ((self.at - self.buffer_at) as usize).min(self.buffer.len());
            self.buffer.drain(..skip);
            self.buffer_at = self.at;
            let from = self.buffer.len();
            self.buffer.resize(need.max(CHUNK_BYTES).max(from), 0);
            let read = read_at(&self.file, &mut self.buffer[from..], self.at + from as u64)?;
            self.buffer.truncate(from + read);
        }
        let buffered = self.buffer.len().saturating_sub((self.at - self.buffer_at) as usize);
        Ok(buffered.min(room))
    }

    /// Moves to the next sync mark, or to the end. Returns the damaged range.
    fn skip_damage(&mut self, limit: u64) -> (u64, u64) {
        let from = self.at;
        let end = self.file.metadata().map_or(from, |m| m.len()).min(limit).max(from);
        let mut rest = vec![0; (end - from) as usize];
        let read = read_at(&self.file, &mut rest, from).unwrap_or(0);
        rest.truncate(read);
        // A mark at `from` itself would have been read.
        let ahead = rest
            .get(1..)
            .and_then(|rest| segment::find_sync(rest, from + 1, self.segment))
            .map_or(end, |ahead| from + 1 + ahead as u64);
        self.at = ahead;
        self.buffer.clear();
        self.buffer_at = ahead;
        (from, ahead)
    }
}

fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], at + read as u64) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
