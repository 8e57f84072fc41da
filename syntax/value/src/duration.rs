//! Durations in Go's text syntax (spec/language.md §6.5).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::quote;

/// Signed duration in nanoseconds, as the language has it. Arguments that cannot be negative use
/// [`std::time::Duration`] directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(pub i64);

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl GoDuration {
    /// The length; `None` if negative.
    pub fn to_std(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }
}

impl From<Duration> for GoDuration {
    /// Saturates at about 292 years.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl FromStr for GoDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || format!("time: invalid duration {}", quote(text));
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (number, tail) = split_number(rest).ok_or_else(invalid)?;
            let end = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit_name, tail) = tail.split_at(end);
            if unit_name.is_empty() {
                return Err(format!("time: missing unit in duration {}", quote(text)));
            }
            let Some(&(_, unit)) = UNITS.iter().find(|(name, _)| *name == unit_name) else {
                return Err(format!(
                    "time: unknown unit {} in duration {}",
                    quote(unit_name),
                    quote(text)
                ));
            };
            total = number
                .nanos(unit)
                .and_then(|nanos| total.checked_add(nanos))
                .filter(|sum| *sum <= 1 << 63)
                .ok_or_else(invalid)?;
            rest = tail;
        }
        if negative {
            return Ok(Self((total as i64).wrapping_neg()));
        }
        i64::try_from(total).map(Self).map_err(|_| invalid())
    }
}

struct Decimal<'a> {
    whole: &'a str,
    fraction: &'a str,
}

/// Digits with an optional fraction at the start of `text`; at least one digit.
fn split_number(text: &str) -> Option<(Decimal<'_>, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    Some((Decimal { whole, fraction }, rest))
}

impl Decimal<'_> {
    fn nanos(&self, unit: u64) -> Option<u64> {
        let whole: u64 = if self.whole.is_empty() { 0 } else { self.whole.parse().ok()? };
        let mut nanos = whole.checked_mul(unit)?;
        // Digits beyond the precision of a nanosecond don't change the result: 18 are enough.
        let digits = &self.fraction[..self.fraction.len().min(18)];
        if !digits.is_empty() {
            let scale = 10u128.pow(digits.len() as u32);
            let fraction: u128 = digits.parse().ok()?;
            nanos = nanos.checked_add(u64::try_from(fraction * u128::from(unit) / scale).ok()?)?;
        }
        Some(nanos)
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if nanos < 1_000_000_000 {
            let (unit, name) = match nanos {
                0..1_000 => (1, "ns"),
                1_000..1_000_000 => (1_000, "µs"),
                _ => (1_000_000, "ms"),
            };
            return write!(f, "{}{name}", Fraction { nanos, unit });
        }
        let minutes = nanos / 60_000_000_000;
        if minutes >= 60 {
            write!(f, "{}h", minutes / 60)?;
        }
        if minutes > 0 {
            write!(f, "{}m", minutes % 60)?;
        }
        write!(f, "{}s", Fraction { nanos: nanos % 60_000_000_000, unit: 1_000_000_000 })
    }
}

struct Fraction {
    nanos: u64,
    unit: u64,
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.nanos / self.unit)?;
        let rest = self.nanos % self.unit;
        if rest == 0 {
            return Ok(());
        }
        let width = self.unit.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let cases = [
            ("0", "0s"),
            ("+5s", "5s"),
            ("-1.5h", "-1h30m0s"),
            ("1h", "1h0m0s"),
            ("90s", "1m30s"),
            ("1.5s", "1.5s"),
            ("100ms", "100ms"),
            ("1us", "1µs"),
            ("1500µs", "1.5ms"),
            ("1h15m30.918273645s", "1h15m30.918273645s"),
            (".5s", "500ms"),
            ("1.s", "1s"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
            ("-2562047h47m16.854775808s", "-2562047h47m16.854775808s"),
        ];
        for (text, expected) in cases {
            let duration: GoDuration = text.parse().unwrap();
            assert_eq!(duration.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn errors_quote_the_text() {
        let cases = [
            ("", "time: invalid duration \"\""),
            ("-", "time: invalid duration \"-\""),
            ("s", "time: invalid duration \"s\""),
            (".s", "time: invalid duration \".s\""),
            ("15", "time: missing unit in duration \"15\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("1s ", "time: unknown unit \"s \" in duration \"1s \""),
            ("2562047h47m16.854775808s", "time: invalid duration \"2562047h47m16.854775808s\""),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<GoDuration>().unwrap_err(), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn text_leads_back_to_the_same_duration(nanos: i64) {
            let duration = GoDuration(nanos);
            proptest::prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
