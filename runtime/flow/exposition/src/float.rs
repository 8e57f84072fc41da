//! Numbers as Go reads and writes them.

use std::fmt::Write as _;

/// Reads a sample value or bucket bound. `None` if the text is no number, or one too large.
pub fn parse(text: &str) -> Option<f64> {
    // Short integers are most of what is exposed.
    let bytes = text.as_bytes();
    if (1..=15).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        let value = bytes.iter().fold(0, |n: u64, &digit| n * 10 + u64::from(digit - b'0'));
        return Some(value as f64);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        let value: f64 = text.parse().ok()?;
        return value.is_finite().then_some(value);
    }
    let is = |word: &str| unsigned.eq_ignore_ascii_case(word);
    if is("inf") || is("infinity") {
        let negative = text.starts_with('-');
        return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    text.eq_ignore_ascii_case("nan").then_some(f64::from_bits(NORMAL_NAN_BITS))
}

/// Bits of the NaN that stands for every exposed NaN.
pub const NORMAL_NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

/// Appends `value` in the shortest form that reads back the same, with an exponent outside of
/// 1e-4 to 1e6: `1`, `0.25`, `1.5e+06`, `NaN`, `+Inf`.
pub fn write(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0. { "+Inf" } else { "-Inf" });
    } else if value == 0. {
        out.push('0');
    } else if (1e-4..1e6).contains(&value.abs()) {
        // Writing to a String cannot fail.
        let _infallible = write!(out, "{value}");
    } else {
        let start = out.len();
        let _infallible = write!(out, "{value:e}");
        // At least two digits of exponent, with a sign.
        let Some(at) = out[start..].find('e').map(|at| start + at + 1) else { return };
        let digits_at = if out[at..].starts_with('-') {
            at + 1
        } else {
            out.insert(at, '+');
            at + 1
        };
        if out.len() - digits_at < 2 {
            out.insert(digits_at, '0');
        }
    }
}

/// Appends `value` in the form of bucket bounds and quantiles: like [`write()`], but never without a
/// point or an exponent.
pub fn write_bound(out: &mut String, value: f64) {
    let start = out.len();
    write(out, value);
    if value.is_finite() && !out[start..].contains(['e', '.']) {
        out.push_str(".0");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_go_does() {
        for (text, value) in [
            ("1", 1.),
            ("007", 7.),
            ("+5", 5.),
            ("-.5", -0.5),
            ("5.", 5.),
            ("1E+2", 100.),
            ("1e-999", 0.),
            ("Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("9999999999999999", 1e16),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        assert_eq!(parse("nAn").map(f64::to_bits), Some(NORMAL_NAN_BITS));
        for text in [
            "", ".", "+", "1_0", "0x10", "0x1p-2", "1e999", "1e", "++1", "1,5", "12x", "+nan",
            "e5", "+.", "infin", "-+1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, text) in [
            (1., "1"),
            (-0., "0"),
            (0.25, "0.25"),
            (100_000., "100000"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (123_456_789., "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            let mut out = String::new();
            write(&mut out, value);
            assert_eq!(out, text);
        }
        let mut out = String::new();
        for bound in [1., 10., 0.5, 1e7, f64::INFINITY] {
            write_bound(&mut out, bound);
            out.push(' ');
        }
        assert_eq!(out, "1.0 10.0 0.5 1e+07 +Inf ");
    }

    proptest! {
        #[test]
        fn written_numbers_read_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let mut out = String::new();
            write(&mut out, value);
            let read = parse(&out).unwrap();
            prop_assert!(read == value || (read.is_nan() && value.is_nan()), "{} {}", out, value);
        }
    }
}
