//! Payloads of records: series descriptions and batches.
//!
//! A payload starts with one byte, 0 for plain or 1 for zstd, and goes on with the body. Numbers are
//! LEB128 varints, signed ones zigzag first; values of samples are split into byte planes, which
//! makes the similar high bytes of neighbours adjacent.

use std::io::Read;
use std::sync::Arc;

use alloy_telemetry::{Exemplar, Histogram, Labels, Metadata, MetricType, Row};

/// Bodies from this size on are compressed (design/performance.md §3.6).
const COMPRESS_FROM_BYTES: usize = 4096;
/// No body is larger when decompressed; a batch is about 1 MiB at most.
const MAX_BODY_BYTES: u64 = 64 << 20;

/// Why a payload cannot be decoded although its checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A batch as it is stored: series by their number within the segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredBatch {
    pub(crate) series: Vec<u32>,
    pub(crate) timestamps: Vec<i64>,
    pub(crate) values: Vec<f64>,
    pub(crate) histograms: Vec<Row<Histogram>>,
    pub(crate) exemplars: Vec<Row<Exemplar>>,
    pub(crate) metadata: Vec<Row<Metadata>>,
    pub(crate) created: Vec<Row<i64>>,
}

/// Wraps a body, compressed if that pays.
pub(crate) fn wrap(body: &[u8]) -> Vec<u8> {
    if body.len() >= COMPRESS_FROM_BYTES
        && let Ok(packed) = zstd::bulk::compress(body, 1)
        && packed.len() < body.len()
    {
        return [&[1][..], &packed].concat();
    }
    [&[0][..], body].concat()
}

/// Undoes [`wrap`].
pub(crate) fn unwrap(payload: &[u8]) -> Result<Vec<u8>, Malformed> {
    match payload.split_first() {
        Some((0, body)) => Ok(body.to_vec()),
        Some((1, packed)) => {
            let decoder = zstd::stream::read::Decoder::new(packed).map_err(|_| Malformed)?;
            let mut body = Vec::new();
            let read = decoder.take(MAX_BODY_BYTES + 1).read_to_end(&mut body);
            match read {
                Ok(len) if len as u64 <= MAX_BODY_BYTES => Ok(body),
                _ => Err(Malformed),
            }
        }
        _ => Err(Malformed),
    }
}

/// Body of a series record: consecutive numbers from `first`.
pub(crate) fn encode_series(first: u32, series: &[Labels]) -> Vec<u8> {
    let mut out = Vec::new();
    put(u64::from(first), &mut out);
    put(series.len() as u64, &mut out);
    series.iter().for_each(|labels| put_labels(labels, &mut out));
    out
}

/// Calls `each` with the number and the encoded labels of every series of a record.
pub(crate) fn decode_series(
    mut body: &[u8],
    mut each: impl FnMut(u32, &[u8]),
) -> Result<(), Malformed> {
    let input = &mut body;
    let first = u32::try_from(get(input)?).map_err(|_| Malformed)?;
    let count = get(input)?;
    for n in 0..count {
        let start: &[u8] = input;
        let pairs = get(input)?;
        for _ in 0..pairs.checked_mul(2).ok_or(Malformed)? {
            get_bytes(input)?;
        }
        let used = start.len() - input.len();
        let number = u32::try_from(n).ok().and_then(|n| first.checked_add(n)).ok_or(Malformed)?;
        each(number, &start[..used]);
    }
    Ok(())
}

/// Labels as [`decode_series`] hands them out.
pub(crate) fn decode_labels(mut body: &[u8]) -> Result<Labels, Malformed> {
    get_labels(&mut body)
}

/// Body of a batch record.
pub(crate) fn encode_batch(batch: &StoredBatch) -> Vec<u8> {
    let rows = batch.values.len();
    let mut out = Vec::with_capacity(rows * 10 + 64);
    put(rows as u64, &mut out);
    let is_run = batch.series.windows(2).all(|w| w[0].checked_add(1) == Some(w[1]));
    match (is_run, batch.series.first()) {
        (true, Some(&first)) => {
            out.push(0);
            put(u64::from(first), &mut out);
        }
        _ => {
            out.push(1);
            put_deltas(batch.series.iter().map(|s| i64::from(*s)), &mut out);
        }
    }
    match batch.timestamps.first() {
        Some(first) if batch.timestamps.iter().all(|t| t == first) => {
            out.push(0);
            put(zigzag(*first), &mut out);
        }
        _ => {
            out.push(1);
            put_deltas(batch.timestamps.iter().copied(), &mut out);
        }
    }
    for plane in 0..8 {
        out.extend(batch.values.iter().map(|v| (v.to_bits() >> (8 * plane)) as u8));
    }
    put_rows(&batch.histograms, &mut out, put_histogram);
    put_rows(&batch.exemplars, &mut out, |e, out| {
        put_labels(&e.labels, out);
        put_f64(e.value, out);
        out.push(u8::from(e.timestamp_ms.is_some()));
        put(zigzag(e.timestamp_ms.unwrap_or_default()), out);
    });
    put_rows(&batch.metadata, &mut out, |m, out| {
        put_bytes(m.family.as_bytes(), out);
        out.push(m.kind.number());
        put_bytes(m.help.as_bytes(), out);
        put_bytes(m.unit.as_bytes(), out);
    });
    put_rows(&batch.created, &mut out, |ms, out| put(zigzag(*ms), out));
    out
}

/// Undoes [`encode_batch`].
pub(crate) fn decode_batch(mut body: &[u8]) -> Result<StoredBatch, Malformed> {
    let input = &mut body;
    let rows = usize::try_from(get(input)?).map_err(|_| Malformed)?;
    // The planes need eight bytes a row, so no length makes more than the body's size.
    if rows > input.len() / 8 {
        return Err(Malformed);
    }
    let series = match byte(input)? {
        0 => {
            let first = u32::try_from(get(input)?).map_err(|_| Malformed)?;
            let last = u32::try_from(rows).ok().and_then(|n| first.checked_add(n));
            (first..last.ok_or(Malformed)?).collect()
        }
        1 => {
            let numbers = get_deltas(input, rows)?;
            numbers
                .into_iter()
                .map(u32::try_from)
                .collect::<Result<_, _>>()
                .map_err(|_| Malformed)?
        }
        _ => return Err(Malformed),
    };
    let timestamps = match byte(input)? {
        0 => vec![unzigzag(get(input)?); rows],
        1 => get_deltas(input, rows)?,
        _ => return Err(Malformed),
    };
    let mut bits = vec![0u64; rows];
    for plane in 0..8 {
        let bytes = take(input, rows)?;
        bits.iter_mut().zip(bytes).for_each(|(v, b)| *v |= u64::from(*b) << (8 * plane));
    }
    let values = bits.into_iter().map(f64::from_bits).collect();
    let histograms = get_rows(input, rows, get_histogram)?;
    let exemplars = get_rows(input, rows, |input| {
        let labels = get_labels(input)?;
        let value = get_f64(input)?;
        let has_time = byte(input)? != 0;
        let time = unzigzag(get(input)?);
        Ok(Exemplar { labels, value, timestamp_ms: has_time.then_some(time) })
    })?;
    let metadata = get_rows(input, rows, |input| {
        let family = get_text(input)?.into();
        let kind = MetricType::from_number(byte(input)?.into()).ok_or(Malformed)?;
        Ok(Metadata { family, kind, help: get_text(input)?.into(), unit: get_text(input)?.into() })
    })?;
    let created = get_rows(input, rows, |input| Ok(unzigzag(get(input)?)))?;
    Ok(StoredBatch { series, timestamps, values, histograms, exemplars, metadata, created })
}

fn put_rows<T>(rows: &[Row<T>], out: &mut Vec<u8>, mut item: impl FnMut(&T, &mut Vec<u8>)) {
    put(rows.len() as u64, out);
    for row in rows {
        put(u64::from(row.row), out);
        item(&row.item, out);
    }
}

fn get_rows<T>(
    input: &mut &[u8],
    rows: usize,
    mut item: impl FnMut(&mut &[u8]) -> Result<T, Malformed>,
) -> Result<Vec<Row<T>>, Malformed> {
    let count = get(input)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let row = u32::try_from(get(input)?).map_err(|_| Malformed)?;
        if row as usize >= rows {
            return Err(Malformed);
        }
        found.push(Row { row, item: item(input)? });
    }
    Ok(found)
}

fn put_histogram(h: &Histogram, out: &mut Vec<u8>) {
    out.push(u8::from(h.is_float));
    for value in [h.count, h.sum, h.zero_threshold, h.zero_count] {
        put_f64(value, out);
    }
    put(zigzag(i64::from(h.schema)), out);
    put(zigzag(i64::from(h.reset_hint)), out);
    for spans in [&h.positive_spans, &h.negative_spans] {
        put(spans.len() as u64, out);
        for (offset, length) in spans {
            put(zigzag(i64::from(*offset)), out);
            put(u64::from(*length), out);
        }
    }
    for deltas in [&h.positive_deltas, &h.negative_deltas] {
        put(deltas.len() as u64, out);
        deltas.iter().for_each(|d| put(zigzag(*d), out));
    }
    for values in [&h.positive_counts, &h.negative_counts, &h.custom_values] {
        put(values.len() as u64, out);
        values.iter().for_each(|v| put_f64(*v, out));
    }
}

fn get_histogram(input: &mut &[u8]) -> Result<Histogram, Malformed> {
    let small = |value: u64| i32::try_from(unzigzag(value)).map_err(|_| Malformed);
    let spans = |input: &mut &[u8]| {
        get_many(input, |input| {
            let offset = small(get(input)?)?;
            Ok((offset, u32::try_from(get(input)?).map_err(|_| Malformed)?))
        })
    };
    let deltas = |input: &mut &[u8]| get_many(input, |input| Ok(unzigzag(get(input)?)));
    let values = |input: &mut &[u8]| get_many(input, get_f64);
    Ok(Histogram {
        is_float: byte(input)? != 0,
        count: get_f64(input)?,
        sum: get_f64(input)?,
        zero_threshold: get_f64(input)?,
        zero_count: get_f64(input)?,
        schema: small(get(input)?)?,
        reset_hint: small(get(input)?)?,
        positive_spans: spans(input)?,
        negative_spans: spans(input)?,
        positive_deltas: deltas(input)?,
        negative_deltas: deltas(input)?,
        positive_counts: values(input)?,
        negative_counts: values(input)?,
        custom_values: values(input)?,
    })
}

/// A count and its items; nothing is allocated ahead, since each item takes at least a byte.
fn get_many<T>(
    input: &mut &[u8],
    item: impl Fn(&mut &[u8]) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let count = get(input)?;
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(item(input)?);
    }
    Ok(found)
}

fn put_labels(labels: &Labels, out: &mut Vec<u8>) {
    put(labels.len() as u64, out);
    for (name, value) in labels.iter() {
        put_bytes(name.as_bytes(), out);
        put_bytes(value.as_bytes(), out);
    }
}

fn get_labels(input: &mut &[u8]) -> Result<Labels, Malformed> {
    let pairs = get_many(input, |input| {
        let name: Arc<str> = get_text(input)?.into();
        Ok((name, Arc::<str>::from(get_text(input)?)))
    })?;
    Ok(Labels::new(pairs))
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn get_bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let len = usize::try_from(get(input)?).map_err(|_| Malformed)?;
    take(input, len)
}

fn get_text<'a>(input: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    std::str::from_utf8(get_bytes(input)?).map_err(|_| Malformed)
}

fn put_f64(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

fn get_f64(input: &mut &[u8]) -> Result<f64, Malformed> {
    let (bytes, rest) = input.split_first_chunk().ok_or(Malformed)?;
    *input = rest;
    Ok(f64::from_bits(u64::from_le_bytes(*bytes)))
}

fn put_deltas(values: impl Iterator<Item = i64>, out: &mut Vec<u8>) {
    let mut last = 0i64;
    for value in values {
        put(zigzag(value.wrapping_sub(last)), out);
        last = value;
    }
}

fn get_deltas(input: &mut &[u8], count: usize) -> Result<Vec<i64>, Malformed> {
    let mut last = 0i64;
    (0..count)
        .map(|_| {
            last = last.wrapping_add(unzigzag(get(input)?));
            Ok(last)
        })
        .collect()
}

fn byte(input: &mut &[u8]) -> Result<u8, Malformed> {
    Ok(take(input, 1)?[0])
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = input.split_at_checked(len).ok_or(Malformed)?;
    *input = rest;
    Ok(taken)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Appends a varint.
pub(crate) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a varint.
pub(crate) fn get(input: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = input.split_first().ok_or(Malformed)?;
        *input = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

pub(crate) fn fuzz(data: &[u8]) {
    drop(decode_batch(data));
    let _checked = decode_series(data, |_, labels| drop(decode_labels(labels)));
    if let Ok(body) = unwrap(data) {
        drop(decode_batch(&body));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch() -> impl Strategy<Value = StoredBatch> {
        let row = (any::<u32>(), any::<i64>(), any::<f64>());
        (prop::collection::vec(row, 0..40), any::<bool>(), any::<i32>()).prop_map(
            |(rows, regular, n)| {
                let mut batch = StoredBatch {
                    series: rows.iter().map(|r| r.0).collect(),
                    timestamps: rows.iter().map(|r| r.1).collect(),
                    values: rows.iter().map(|r| r.2).collect(),
                    ..StoredBatch::default()
                };
                if regular {
                    batch.series = (7..7 + rows.len() as u32).collect();
                    batch.timestamps.fill(i64::from(n));
                }
                if !rows.is_empty() {
                    let labels = Labels::new([("trace_id", n.to_string())]);
                    let exemplar = Exemplar { labels, value: 1.5, timestamp_ms: Some(-3) };
                    batch.exemplars = vec![Row { row: 0, item: exemplar }];
                    batch.histograms = vec![Row {
                        row: 0,
                        item: Histogram {
                            schema: n,
                            positive_spans: vec![(n, 3)],
                            positive_deltas: vec![i64::from(n), -1],
                            custom_values: vec![0.5],
                            ..Histogram::default()
                        },
                    }];
                    batch.metadata = vec![Row {
                        row: 0,
                        item: Metadata { kind: MetricType::Summary, ..Metadata::default() },
                    }];
                    batch.created = vec![Row { row: 0, item: i64::from(n) }];
                }
                batch
            },
        )
    }

    /// Bits, since NaN is not equal to itself.
    fn same(a: &StoredBatch, b: &StoredBatch) -> bool {
        let bits = |b: &StoredBatch| b.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let rest = |b: &StoredBatch| StoredBatch { values: Vec::new(), ..b.clone() };
        bits(a) == bits(b) && rest(a) == rest(b)
    }

    proptest! {
        #[test]
        fn batches_round_trip(batch in batch()) {
            let body = encode_batch(&batch);
            prop_assert!(same(&decode_batch(&unwrap(&wrap(&body)).unwrap()).unwrap(), &batch));
        }

        #[test]
        fn series_round_trip(
            first in 0u32..1000,
            names in prop::collection::vec(
                prop::collection::vec((".{0,8}", ".{0,8}"), 0..5),
                0..8,
            ),
        ) {
            let series: Vec<_> = names.into_iter().map(Labels::new).collect();
            let mut found = Vec::new();
            decode_series(&encode_series(first, &series), |n, labels| {
                found.push((n, decode_labels(labels).unwrap()));
            }).unwrap();
            let expected: Vec<_> = (first..).zip(series).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_decode_or_fail(data: Vec<u8>) {
            fuzz(&data);
        }

        #[test]
        fn cut_batches_fail(batch in batch(), at: prop::sample::Index) {
            let body = encode_batch(&batch);
            prop_assert!(decode_batch(&body[..at.index(body.len())]).is_err());
        }
    }

    #[test]
    fn a_regular_scrape_takes_few_bytes() {
        let rows = 2_000;
        let batch = StoredBatch {
            series: (0..rows).collect(),
            timestamps: vec![1_700_000_000_000; rows as usize],
            values: (0..rows).map(|i| f64::from(i * 37 % 1000)).collect(),
            ..StoredBatch::default()
        };
        let stored = wrap(&encode_batch(&batch)).len();
        assert!(stored < 4 * rows as usize, "{stored}");
    }
}
