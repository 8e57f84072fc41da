//! Byte sizes in text (`64KiB`, `1.5GB`), powers of 1024 (spec/language.md §6.5).

use std::fmt;
use std::str::FromStr;

use crate::{DecodeError, FromValue, ToValue, TypeSchema, Value, text_of};

/// A number of bytes, written with units: `B`, `KiB` … `EiB`, or `KB` … `EB` for the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub i64);

const PREFIXES: &[char] = &['K', 'M', 'G', 'T', 'P', 'E'];

/// Size of the unit `name`, where units other than `B` end in `suffix`.
fn unit(name: &str, suffix: &str) -> Option<f64> {
    if name == "B" {
        return Some(1.0);
    }
    let mut prefix = name.strip_suffix(suffix)?.chars();
    let first = prefix.next()?;
    let power = PREFIXES.iter().position(|p| *p == first)?;
    prefix.next().is_none().then(|| 1024f64.powi(power as i32 + 1))
}

fn parse(text: &str, suffix: &str) -> Result<i64, String> {
    let invalid = || format!("units: invalid {text}");
    let (sign, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let end = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let number: f64 = number.parse().map_err(|_| invalid())?;
        let end = tail.find(is_number).unwrap_or(tail.len());
        let (name, tail) = tail.split_at(end);
        let size =
            unit(name, suffix).ok_or_else(|| format!("units: unknown unit {name} in {text}"))?;
        total += number * size;
        rest = tail;
    }
    let total = sign * total;
    if total.abs() >= i64::MAX as f64 {
        return Err(format!("units: overflow parsing unit {text}"));
    }
    Ok(total as i64)
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, "iB").or_else(|_| parse(text, "B")).map(Self)
    }
}

/// The largest units first, without zero parts: `1MiB512KiB`.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return f.write_str("0B");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (power, prefix) in PREFIXES.iter().enumerate().rev() {
            let size = 1u64 << (10 * (power + 1));
            if rest >= size {
                write!(f, "{}{prefix}iB", rest / size)?;
                rest %= size;
            }
        }
        if rest > 0 {
            write!(f, "{rest}B")?;
        }
        Ok(())
    }
}

impl FromValue for ByteSize {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self::default()),
            value => text_of(value)?.parse().map_err(DecodeError::value),
        }
    }
}

impl ToValue for ByteSize {
    const TYPE: TypeSchema = TypeSchema::Text("bytes");

    fn to_value(&self) -> Value {
        Value::from(self.to_string().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("1B", 1),
            ("4MiB", 4 << 20),
            ("4MB", 4 << 20),
            ("1.5KiB", 1536),
            ("1GiB512MiB", (1 << 30) + (512 << 20)),
            ("-1KiB", -1024),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        assert_eq!(ByteSize((1 << 30) + 512).to_string(), "1GiB512B");
        assert_eq!(ByteSize(0).to_string(), "0B");
    }

    #[test]
    fn what_is_no_size_is_named() {
        for (text, message) in [
            ("zz", "units: invalid zz"),
            ("", "units: invalid "),
            ("5", "units: unknown unit  in 5"),
            ("5Q", "units: unknown unit Q in 5Q"),
            ("9000000EB", "units: overflow parsing unit 9000000EB"),
        ] {
            assert_eq!(text.parse::<ByteSize>(), Err(message.to_owned()), "{text}");
        }
    }
}
