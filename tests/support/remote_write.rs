//! The parts of a remote-write 1.0 message that a test or benchmark looks at.

/// One series of a message.
pub(crate) struct Series<'a> {
    /// Names and values, in order.
    pub(crate) labels: Vec<(&'a str, &'a str)>,
    /// Milliseconds and values.
    pub(crate) samples: Vec<(i64, f64)>,
}

/// The series of an uncompressed message.
pub(crate) fn series(request: &[u8]) -> impl Iterator<Item = Series<'_>> {
    fields(request).filter_map(|field| match field {
        (1, Field::Bytes(series)) => Some(one_series(series)),
        _ => None,
    })
}

fn one_series(message: &[u8]) -> Series<'_> {
    let mut series = Series { labels: Vec::new(), samples: Vec::new() };
    for field in fields(message) {
        match field {
            (1, Field::Bytes(label)) => series.labels.push((text(label, 1), text(label, 2))),
            (2, Field::Bytes(sample)) => series.samples.push(one_sample(sample)),
            _ => {}
        }
    }
    series
}

fn text(message: &[u8], wanted: u64) -> &str {
    fields(message)
        .find_map(|field| match field {
            (number, Field::Bytes(bytes)) if number == wanted => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
        .unwrap_or_default()
}

fn one_sample(message: &[u8]) -> (i64, f64) {
    let (mut time, mut value) = (0, 0.0);
    for field in fields(message) {
        match field {
            (1, Field::Fixed(bits)) => value = f64::from_bits(bits),
            (2, Field::Varint(ms)) => time = ms.cast_signed(),
            _ => {}
        }
    }
    (time, value)
}

enum Field<'a> {
    Varint(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

/// Fields of a message with their numbers; ends at what it does not know.
fn fields(mut rest: &[u8]) -> impl Iterator<Item = (u64, Field<'_>)> {
    std::iter::from_fn(move || {
        let key = varint(&mut rest)?;
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut rest)?),
            1 => {
                let (bits, after) = rest.split_first_chunk::<8>()?;
                rest = after;
                Field::Fixed(u64::from_le_bytes(*bits))
            }
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                Field::Bytes(bytes)
            }
            _ => return None,
        };
        Some((key >> 3, field))
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
