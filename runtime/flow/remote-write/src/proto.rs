//! The `prometheus.WriteRequest` message of remote write 1.0, written and read by hand: labels are
//! encoded once per series and copied into every request, and decoding borrows from the body.

use alloy_telemetry::{Histogram, MetricType};

/// One label, as bytes: names and values may be anything on the wire.
pub type LabelBytes<'a> = (&'a [u8], &'a [u8]);

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// Why a body is no write request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A field or the message ends early.
    #[error("unexpected end of the message")]
    Truncated,
    /// A varint of more than ten bytes.
    #[error("a number has more than 64 bits")]
    Overflow,
    /// Wire type 3, 4, 6 or 7, or one that the field does not have.
    #[error("field {field} has wire type {wire}")]
    WireType {
        /// Field number.
        field: u64,
        /// Its wire type.
        wire: u8,
    },
}

// ---- writing ----

/// What one entry of a request carries besides its labels.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// A sample.
    Sample {
        /// Value.
        value: f64,
        /// Time in ms.
        timestamp_ms: i64,
    },
    /// An exemplar.
    Exemplar {
        /// Its labels, as written by [`encode_labels`].
        labels: &'a [u8],
        /// Value.
        value: f64,
        /// Time in ms.
        timestamp_ms: i64,
    },
    /// A native histogram.
    Histogram {
        /// Value.
        histogram: &'a Histogram,
        /// Time in ms.
        timestamp_ms: i64,
    },
}

/// Appends the label fields of a time series, in the order given, to `out`.
pub fn encode_labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>, out: &mut Vec<u8>) {
    for (name, value) in labels {
        let inner = len_of_bytes(name.len()) + len_of_bytes(value.len());
        key(1, BYTES, out);
        varint(inner as u64, out);
        bytes(1, name.as_bytes(), out);
        bytes(2, value.as_bytes(), out);
    }
}

/// Appends one time series with one entry to `out`. `labels` comes from [`encode_labels`].
pub fn encode_entry(labels: &[u8], entry: Entry<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    scratch.clear();
    let field = match entry {
        Entry::Sample { value, timestamp_ms } => {
            double(1, value, scratch);
            int(2, timestamp_ms, scratch);
            2
        }
        Entry::Exemplar { labels, value, timestamp_ms } => {
            scratch.extend_from_slice(labels);
            double(2, value, scratch);
            int(3, timestamp_ms, scratch);
            3
        }
        Entry::Histogram { histogram, timestamp_ms } => {
            encode_histogram(histogram, timestamp_ms, scratch);
            4
        }
    };
    key(1, BYTES, out);
    varint((labels.len() + len_of_bytes(scratch.len())) as u64, out);
    out.extend_from_slice(labels);
    bytes(field, scratch, out);
}

/// Appends one metadata entry to `out`.
pub fn encode_metadata(family: &str, kind: MetricType, help: &str, unit: &str, out: &mut Vec<u8>) {
    let mut inner = Vec::with_capacity(family.len() + help.len() + unit.len() + 12);
    int(1, i64::from(kind.number()), &mut inner);
    text(2, family, &mut inner);
    text(4, help, &mut inner);
    text(5, unit, &mut inner);
    bytes(3, &inner, out);
}

fn encode_histogram(h: &Histogram, timestamp_ms: i64, out: &mut Vec<u8>) {
    // The members of a oneof are written even when zero: which one is there says what it is.
    if h.is_float {
        double_always(2, h.count, out);
    } else {
        key(1, VARINT, out);
        varint(h.count as u64, out);
    }
    double(3, h.sum, out);
    sint(4, i64::from(h.schema), out);
    double(5, h.zero_threshold, out);
    if h.is_float {
        double_always(7, h.zero_count, out);
    } else {
        key(6, VARINT, out);
        varint(h.zero_count as u64, out);
    }
    spans(8, &h.negative_spans, out);
    deltas(9, &h.negative_deltas, out);
    doubles(10, &h.negative_counts, out);
    spans(11, &h.positive_spans, out);
    deltas(12, &h.positive_deltas, out);
    doubles(13, &h.positive_counts, out);
    int(14, i64::from(h.reset_hint), out);
    int(15, timestamp_ms, out);
    doubles(16, &h.custom_values, out);
}

fn spans(field: u64, spans: &[(i32, u32)], out: &mut Vec<u8>) {
    for &(offset, length) in spans {
        let mut inner = Vec::with_capacity(12);
        sint(1, i64::from(offset), &mut inner);
        int(2, i64::from(length), &mut inner);
        bytes(field, &inner, out);
    }
}

fn deltas(field: u64, deltas: &[i64], out: &mut Vec<u8>) {
    if deltas.is_empty() {
        return;
    }
    let mut inner = Vec::with_capacity(deltas.len() * 2);
    for &delta in deltas {
        varint(zigzag(delta), &mut inner);
    }
    bytes(field, &inner, out);
}

fn doubles(field: u64, values: &[f64], out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    key(field, BYTES, out);
    varint(values.len() as u64 * 8, out);
    for value in values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

fn key(field: u64, wire: u8, out: &mut Vec<u8>) {
    varint(field << 3 | u64::from(wire), out);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Length of a bytes field with a number below 16 and `len` bytes.
fn len_of_bytes(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
    key(field, BYTES, out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn text(field: u64, value: &str, out: &mut Vec<u8>) {
    if !value.is_empty() {
        bytes(field, value.as_bytes(), out);
    }
}

/// Zero is the default and not written; the sign of a zero is lost, as with every proto3 writer
/// that senders use.
fn double(field: u64, value: f64, out: &mut Vec<u8>) {
    if value != 0.0 || value.is_nan() {
        double_always(field, value, out);
    }
}

fn double_always(field: u64, value: f64, out: &mut Vec<u8>) {
    key(field, FIXED64, out);
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

fn int(field: u64, value: i64, out: &mut Vec<u8>) {
    if value != 0 {
        key(field, VARINT, out);
        varint(value as u64, out);
    }
}

fn sint(field: u64, value: i64, out: &mut Vec<u8>) {
    if value != 0 {
        key(field, VARINT, out);
        varint(zigzag(value), out);
    }
}

// ---- reading ----

/// A decoded request; strings borrow from the body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteRequest<'a> {
    /// Time series in the order of the message.
    pub series: Vec<TimeSeries<'a>>,
    /// Metadata entries.
    pub metadata: Vec<MetadataEntry<'a>>,
}

/// One time series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries<'a> {
    /// Labels in the order of the message; nothing is checked.
    pub labels: Vec<LabelBytes<'a>>,
    /// Value and time in ms.
    pub samples: Vec<(f64, i64)>,
    /// Exemplars.
    pub exemplars: Vec<ExemplarEntry<'a>>,
    /// Native histograms and their times in ms.
    pub histograms: Vec<(Histogram, i64)>,
}

/// One exemplar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExemplarEntry<'a> {
    /// Labels in the order of the message.
    pub labels: Vec<LabelBytes<'a>>,
    /// Value.
    pub value: f64,
    /// Time in ms.
    pub timestamp_ms: i64,
}

/// One metadata entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataEntry<'a> {
    /// Type; numbers that are not known are `Unknown`.
    pub kind: MetricType,
    /// Family name.
    pub family: &'a [u8],
    /// Help text.
    pub help: &'a [u8],
    /// Unit.
    pub unit: &'a [u8],
}

/// Decodes a request.
///
/// # Errors
/// The message is not well formed. Unknown fields are skipped.
pub fn decode(body: &[u8]) -> Result<WriteRequest<'_>, DecodeError> {
    let mut request = WriteRequest::default();
    for_each(body, |field, value| {
        match field {
            1 => request.series.push(series(value.bytes(field)?)?),
            3 => request.metadata.push(metadata(value.bytes(field)?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(request)
}

fn series(body: &[u8]) -> Result<TimeSeries<'_>, DecodeError> {
    let mut series = TimeSeries::default();
    for_each(body, |field, value| {
        match field {
            1 => series.labels.push(label(value.bytes(field)?)?),
            2 => series.samples.push(sample(value.bytes(field)?)?),
            3 => series.exemplars.push(exemplar(value.bytes(field)?)?),
            4 => series.histograms.push(histogram(value.bytes(field)?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(series)
}

fn label(body: &[u8]) -> Result<LabelBytes<'_>, DecodeError> {
    let mut label: LabelBytes<'_> = (&[], &[]);
    for_each(body, |field, value| {
        match field {
            1 => label.0 = value.bytes(field)?,
            2 => label.1 = value.bytes(field)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(label)
}

fn sample(body: &[u8]) -> Result<(f64, i64), DecodeError> {
    let mut sample = (0.0, 0);
    for_each(body, |field, value| {
        match field {
            1 => sample.0 = value.double(field)?,
            2 => sample.1 = value.int(field)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(sample)
}

fn exemplar(body: &[u8]) -> Result<ExemplarEntry<'_>, DecodeError> {
    let mut exemplar = ExemplarEntry::default();
    for_each(body, |field, value| {
        match field {
            1 => exemplar.labels.push(label(value.bytes(field)?)?),
            2 => exemplar.value = value.double(field)?,
            3 => exemplar.timestamp_ms = value.int(field)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(exemplar)
}

fn metadata(body: &[u8]) -> Result<MetadataEntry<'_>, DecodeError> {
    let mut entry = MetadataEntry::default();
    for_each(body, |field, value| {
        match field {
            1 => {
                let number = u64::try_from(value.int(field)?).unwrap_or(u64::MAX);
                entry.kind = MetricType::from_number(number).unwrap_or_default();
            }
            2 => entry.family = value.bytes(field)?,
            4 => entry.help = value.bytes(field)?,
            5 => entry.unit = value.bytes(field)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(entry)
}

fn histogram(body: &[u8]) -> Result<(Histogram, i64), DecodeError> {
    let mut h = Histogram::default();
    let mut timestamp_ms = 0;
    for_each(body, |field, value| {
        match field {
            1 => h.count = value.int(field)? as u64 as f64,
            2 => (h.count, h.is_float) = (value.double(field)?, true),
            3 => h.sum = value.double(field)?,
            4 => h.schema = unzigzag(value.int(field)? as u64) as i32,
            5 => h.zero_threshold = value.double(field)?,
            6 => h.zero_count = value.int(field)? as u64 as f64,
            7 => (h.zero_count, h.is_float) = (value.double(field)?, true),
            8 => h.negative_spans.push(span(value.bytes(field)?)?),
            9 => read_deltas(value, field, &mut h.negative_deltas)?,
            10 => read_doubles(value, field, &mut h.negative_counts)?,
            11 => h.positive_spans.push(span(value.bytes(field)?)?),
            12 => read_deltas(value, field, &mut h.positive_deltas)?,
            13 => read_doubles(value, field, &mut h.positive_counts)?,
            14 => h.reset_hint = value.int(field)? as i32,
            15 => timestamp_ms = value.int(field)?,
            16 => read_doubles(value, field, &mut h.custom_values)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((h, timestamp_ms))
}

fn span(body: &[u8]) -> Result<(i32, u32), DecodeError> {
    let mut span = (0, 0);
    for_each(body, |field, value| {
        match field {
            1 => span.0 = unzigzag(value.int(field)? as u64) as i32,
            2 => span.1 = value.int(field)? as u32,
            _ => {}
        }
        Ok(())
    })?;
    Ok(span)
}

/// Packed or not: a reader must take both.
fn read_deltas(value: Wire<'_>, field: u64, out: &mut Vec<i64>) -> Result<(), DecodeError> {
    if let Wire::Varint(one) = value {
        out.push(unzigzag(one));
        return Ok(());
    }
    let mut rest = value.bytes(field)?;
    while !rest.is_empty() {
        out.push(unzigzag(read_varint(&mut rest)?));
    }
    Ok(())
}

fn read_doubles(value: Wire<'_>, field: u64, out: &mut Vec<f64>) -> Result<(), DecodeError> {
    if let Wire::Fixed64(_) = value {
        out.push(value.double(field)?);
        return Ok(());
    }
    let (chunks, rest) = value.bytes(field)?.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(DecodeError::Truncated);
    }
    out.extend(chunks.iter().map(|c| f64::from_bits(u64::from_le_bytes(*c))));
    Ok(())
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[derive(Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    fn mismatch(self, field: u64) -> DecodeError {
        let wire = match self {
            Self::Varint(_) => VARINT,
            Self::Fixed64(_) => FIXED64,
            Self::Fixed32 => FIXED32,
            Self::Bytes(_) => BYTES,
        };
        DecodeError::WireType { field, wire }
    }

    fn bytes(self, field: u64) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.mismatch(field)),
        }
    }

    fn int(self, field: u64) -> Result<i64, DecodeError> {
        match self {
            Self::Varint(value) => Ok(value as i64),
            other => Err(other.mismatch(field)),
        }
    }

    fn double(self, field: u64) -> Result<f64, DecodeError> {
        match self {
            Self::Fixed64(bits) => Ok(f64::from_bits(bits)),
            other => Err(other.mismatch(field)),
        }
    }
}

fn for_each<'a>(
    mut rest: &'a [u8],
    mut field: impl FnMut(u64, Wire<'a>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while !rest.is_empty() {
        let key = read_varint(&mut rest)?;
        let (number, wire) = (key >> 3, (key & 7) as u8);
        let value = match wire {
            VARINT => Wire::Varint(read_varint(&mut rest)?),
            FIXED64 => {
                let (value, after) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
                rest = after;
                Wire::Fixed64(u64::from_le_bytes(*value))
            }
            BYTES => {
                let len =
                    usize::try_from(read_varint(&mut rest)?).map_err(|_| DecodeError::Truncated)?;
                let (value, after) = rest.split_at_checked(len).ok_or(DecodeError::Truncated)?;
                rest = after;
                Wire::Bytes(value)
            }
            FIXED32 => {
                rest = rest.get(4..).ok_or(DecodeError::Truncated)?;
                Wire::Fixed32
            }
            wire => return Err(DecodeError::WireType { field: number, wire }),
        };
        field(number, value)?;
    }
    Ok(())
}

fn read_varint(rest: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(DecodeError::Truncated)?;
        *rest = after;
        if shift == 63 && byte > 1 {
            return Err(DecodeError::Overflow);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(DecodeError::Overflow)
}

/// Harness of the fuzz target: any bytes decode or fail, and never by panic.
pub fn fuzz(body: &[u8]) {
    drop(decode(body));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(labels: &[(&str, &str)], entry: Entry<'_>) -> Vec<u8> {
        let (mut encoded, mut scratch, mut out) = (Vec::new(), Vec::new(), Vec::new());
        encode_labels(labels.iter().copied(), &mut encoded);
        encode_entry(&encoded, entry, &mut scratch, &mut out);
        out
    }

    #[test]
    fn a_sample_has_the_bytes_of_the_message_definition() {
        let body = request(&[("__name__", "up")], Entry::Sample { value: 1.0, timestamp_ms: 300 });
        assert_eq!(
            body,
            [
                0x0a, 0x1e, // timeseries
                0x0a, 0x0e, 0x0a, 0x08, b'_', b'_', b'n', b'a', b'm', b'e', b'_', b'_', 0x12, 0x02,
                b'u', b'p', // label
                0x12, 0x0c, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02, // sample
            ]
        );
    }

    #[test]
    fn zero_and_stale_values_survive() {
        for bits in [0, alloy_telemetry::STALE_NAN_BITS, f64::NAN.to_bits()] {
            let entry = Entry::Sample { value: f64::from_bits(bits), timestamp_ms: 0 };
            let body = request(&[("a", "b")], entry);
            let decoded = decode(&body).expect("decodes");
            assert_eq!(decoded.series[0].samples[0].0.to_bits(), bits);
        }
    }

    #[test]
    fn metadata_round_trips() {
        let mut body = Vec::new();
        encode_metadata("http_requests", MetricType::Counter, "Requests.", "", &mut body);
        let decoded = decode(&body).expect("decodes");
        assert_eq!(
            decoded.metadata,
            [MetadataEntry {
                kind: MetricType::Counter,
                family: b"http_requests",
                help: b"Requests.",
                unit: b""
            }]
        );
    }

    #[test]
    fn a_declared_length_beyond_the_end_is_an_error() {
        assert_eq!(decode(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), Err(DecodeError::Truncated));
        assert_eq!(decode(&[0x08]), Err(DecodeError::Truncated));
        assert_eq!(decode(&[0x0b]), Err(DecodeError::WireType { field: 1, wire: 3 }));
        assert_eq!(decode(&[0x08, 1]), Err(DecodeError::WireType { field: 1, wire: 0 }));
        assert_eq!(decode(&[0xff; 11]), Err(DecodeError::Overflow));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail(body: Vec<u8>) {
            fuzz(&body);
        }

        #[test]
        fn samples_round_trip(
            labels: Vec<(String, String)>,
            value in any::<f64>().prop_filter("the sign of a zero is lost", |v| *v != 0.0),
            timestamp_ms: i64,
        ) {
            let labels: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let body = request(&labels, Entry::Sample { value, timestamp_ms });
            let decoded = decode(&body).expect("decodes");
            let series = &decoded.series[0];
            let names: Vec<_> = labels.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
            prop_assert_eq!(&series.labels, &names);
            prop_assert_eq!(series.samples[0].0.to_bits(), value.to_bits());
            prop_assert_eq!(series.samples[0].1, timestamp_ms);
        }

        #[test]
        fn histograms_round_trip(
            is_float: bool,
            count in 0u32..,
            schema in -4i32..=8,
            spans: Vec<(i32, u32)>,
            deltas: Vec<i64>,
            counts in prop::collection::vec(-1e9..1e9, 0..5),
            timestamp_ms: i64,
        ) {
            let histogram = Histogram {
                is_float,
                count: f64::from(count),
                sum: 1.5,
                schema,
                positive_spans: spans.clone(),
                negative_spans: spans,
                positive_deltas: deltas,
                negative_counts: counts.clone(),
                custom_values: counts,
                ..Histogram::default()
            };
            let body = request(&[], Entry::Histogram { histogram: &histogram, timestamp_ms });
            let decoded = decode(&body).expect("decodes");
            prop_assert_eq!(&decoded.series[0].histograms, &vec![(histogram, timestamp_ms)]);
        }
    }
}
