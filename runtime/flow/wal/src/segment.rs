//! Framing of segments: header, records, padding and sync marks, without I/O.
//!
//! A record is `len varint, type u8, crc32c u32, payload`; the checksum covers type and payload.
//! A zero byte where a record would start is padding up to the next multiple of 4 KiB, where a sync
//! mark stands: after damage, reading goes on there.

use crate::codec::{self, Malformed};

/// Length of the header.
pub(crate) const HEADER_BYTES: u64 = 32;
/// Longest payload that is written or believed.
pub(crate) const MAX_PAYLOAD_BYTES: u64 = 64 << 20;
const MAGIC: &[u8; 8] = b"ALLOYLOG";
const VERSION: u32 = 1;
const SYNC_EVERY: u64 = 4096;
/// Starts with zero, so that no record looks like it.
const SYNC_MAGIC: &[u8; 8] = b"\0\xf5SYNC\xf5\0";
/// Magic, low half of the segment's number, checksum.
const SYNC_BYTES: usize = 16;

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Segment.
    pub segment: u64,
    /// Byte in its file.
    pub offset: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Series = 1,
    Batch = 2,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Series),
            2 => Some(Self::Batch),
            _ => None,
        }
    }
}

pub(crate) fn header(segment: u64, previous_crc: u32) -> [u8; HEADER_BYTES as usize] {
    let mut out = [0; HEADER_BYTES as usize];
    out[..8].copy_from_slice(MAGIC);
    out[8..12].copy_from_slice(&VERSION.to_le_bytes());
    out[16..24].copy_from_slice(&segment.to_le_bytes());
    out[24..28].copy_from_slice(&previous_crc.to_le_bytes());
    let crc = crc32c::crc32c(&out[..28]);
    out[28..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// True if `data` starts with the header of `segment` in a version that can be read.
pub(crate) fn has_header(data: &[u8], segment: u64) -> bool {
    let Some(head) = data.first_chunk::<{ HEADER_BYTES as usize }>() else { return false };
    let mut previous = [0; 4];
    previous.copy_from_slice(&head[24..28]);
    *head == header(segment, u32::from_le_bytes(previous))
}

/// Appends a record.
pub(crate) fn put_record(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    codec::put(payload.len() as u64, out);
    out.push(kind as u8);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&[kind as u8]), payload);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Appends padding and a sync mark; `at` is where `out` ends in the file.
pub(crate) fn put_sync(segment: u64, at: u64, out: &mut Vec<u8>) {
    let padding = at.next_multiple_of(SYNC_EVERY) - at;
    out.resize(out.len() + padding as usize, 0);
    out.extend_from_slice(&sync_mark(segment));
}

fn sync_mark(segment: u64) -> [u8; SYNC_BYTES] {
    let mut mark = [0; SYNC_BYTES];
    mark[..8].copy_from_slice(SYNC_MAGIC);
    mark[8..12].copy_from_slice(&(segment as u32).to_le_bytes());
    let crc = crc32c::crc32c(&mark[..12]);
    mark[12..].copy_from_slice(&crc.to_le_bytes());
    mark
}

/// What stands at a place.
#[derive(Debug, PartialEq)]
pub(crate) enum Step<'a> {
    Record {
        kind: Kind,
        payload: &'a [u8],
        /// Bytes up to the next step.
        len: usize,
    },
    /// Padding or a sync mark.
    Skip { len: usize },
    /// More bytes are needed to tell.
    Short { need: usize },
    /// Damage.
    Bad,
}

/// Reads what stands at the start of `data`, which is at `offset` of the file of `segment`.
pub(crate) fn step(data: &[u8], offset: u64, segment: u64) -> Step<'_> {
    match data.first() {
        None => return Step::Short { need: 1 },
        Some(0) if offset.is_multiple_of(SYNC_EVERY) => {
            return match data.first_chunk::<SYNC_BYTES>() {
                None => Step::Short { need: SYNC_BYTES },
                Some(found) if *found == sync_mark(segment) => Step::Skip { len: SYNC_BYTES },
                Some(_) => Step::Bad,
            };
        }
        Some(0) => {
            let len = (offset.next_multiple_of(SYNC_EVERY) - offset) as usize;
            return match data.get(..len) {
                None => Step::Short { need: len },
                Some(padding) if padding.iter().all(|b| *b == 0) => Step::Skip { len },
                Some(_) => Step::Bad,
            };
        }
        Some(_) => {}
    }
    let mut rest = data;
    let len = match codec::get(&mut rest) {
        Ok(len) if len <= MAX_PAYLOAD_BYTES => len as usize,
        Err(Malformed) if data.len() < 10 => return Step::Short { need: data.len() + 1 },
        _ => return Step::Bad,
    };
    let head = data.len() - rest.len();
    let whole = head + 5 + len;
    if rest.first().is_some_and(|kind| Kind::from_byte(*kind).is_none()) {
        return Step::Bad;
    }
    let Some(record) = data.get(head..whole) else { return Step::Short { need: whole } };
    let (Some(kind), Some((crc, payload))) =
        (Kind::from_byte(record[0]), record[1..].split_first_chunk::<4>())
    else {
        return Step::Bad;
    };
    if crc32c::crc32c_append(crc32c::crc32c(&record[..1]), payload) != u32::from_le_bytes(*crc) {
        return Step::Bad;
    }
    Step::Record { kind, payload, len: whole }
}

/// Offset in `data` of the first sync mark at or after its start.
pub(crate) fn find_sync(data: &[u8], offset: u64, segment: u64) -> Option<usize> {
    let mark = sync_mark(segment);
    let mut at = (offset.next_multiple_of(SYNC_EVERY) - offset) as usize;
    while at + SYNC_BYTES <= data.len() {
        if data[at..at + SYNC_BYTES] == mark {
            return Some(at);
        }
        at += SYNC_EVERY as usize;
    }
    None
}

/// Scans `data` to its end and decodes what it finds.
pub(crate) fn fuzz(data: &[u8]) {
    let mut at = 0;
    loop {
        match step(&data[at..], at as u64, 0) {
            Step::Record { kind, payload, len } => {
                if let (Kind::Batch, Ok(body)) = (kind, codec::unwrap(payload)) {
                    drop(codec::decode_batch(&body));
                }
                at += len;
            }
            Step::Skip { len } => at += len,
            Step::Short { .. } => return,
            Step::Bad => match find_sync(&data[at..], at as u64, 0) {
                Some(ahead) if ahead > 0 => at += ahead,
                _ => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(records: &[Vec<u8>], sync_before: usize) -> Vec<u8> {
        let mut out = header(3, 0).to_vec();
        for (i, record) in records.iter().enumerate() {
            if i == sync_before {
                let at = out.len() as u64;
                put_sync(3, at, &mut out);
            }
            put_record(Kind::Batch, record, &mut out);
        }
        out
    }

    /// Payloads that are found, skipping damage.
    fn scan(data: &[u8]) -> Vec<Vec<u8>> {
        let (mut at, mut found) = (HEADER_BYTES as usize, Vec::new());
        loop {
            match step(&data[at..], at as u64, 3) {
                Step::Record { payload, len, .. } => {
                    found.push(payload.to_vec());
                    at += len;
                }
                Step::Skip { len } => at += len,
                Step::Short { .. } => match find_sync(&data[at..], at as u64, 3) {
                    Some(ahead) if ahead > 0 => at += ahead,
                    _ => return found,
                },
                Step::Bad => match find_sync(&data[at..], at as u64, 3) {
                    Some(ahead) => at += ahead,
                    None => return found,
                },
            }
        }
    }

    #[test]
    fn header_names_its_segment() {
        assert!(has_header(&header(7, 1), 7));
        assert!(!has_header(&header(7, 1), 8));
        assert!(!has_header(&header(7, 1)[..31], 7));
    }

    proptest! {
        #[test]
        fn records_are_found_in_order(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..20),
            sync_before in 0usize..20,
        ) {
            prop_assert_eq!(scan(&sample(&records, sync_before)), records);
        }

        #[test]
        fn a_cut_leaves_a_prefix(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..10),
            at: prop::sample::Index,
        ) {
            let data = sample(&records, 4);
            let cut = HEADER_BYTES as usize + at.index(data.len() - HEADER_BYTES as usize);
            let found = scan(&data[..cut]);
            prop_assert!(records.starts_with(&found));
        }

        #[test]
        fn damage_before_a_mark_costs_nothing_behind_it(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 6..12),
            at: prop::sample::Index,
            bits in 1u8..,
        ) {
            let mut data = sample(&records, 5);
            let mark = find_sync(&data, 0, 3).unwrap();
            let hit = HEADER_BYTES as usize + at.index(mark - HEADER_BYTES as usize);
            data[hit] ^= bits;
            let found = scan(&data);
            prop_assert!(found.ends_with(&records[5..]), "{} found", found.len());
        }

        #[test]
        fn any_bytes_scan(data: Vec<u8>) {
            fuzz(&data);
        }
    }
}
