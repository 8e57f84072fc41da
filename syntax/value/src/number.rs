//! Numbers from and to text (spec/language.md §6.1 to §6.3).

use crate::{Str, Value};

/// A number whose width is still to be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Uint(u64),
    Float(f64),
}

impl Number {
    /// The number in `value`, which may also be text.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(Self::Int(*n)),
            Value::Uint(n) => Some(Self::Uint(*n)),
            Value::Float(n) => Some(Self::Float(*n)),
            Value::String(text) => Self::parse(text),
            Value::Capsule(_) => {
                let plain = value.as_optional_secret().filter(|s| !s.is_secret)?;
                Self::parse(&Str::from(plain.expose()))
            }
            _ => None,
        }
    }

    fn parse(text: &Str) -> Option<Self> {
        let text = text.as_str()?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(rest) = text.strip_prefix('-') {
            return if digits(rest) { text.parse().ok().map(Self::Int) } else { None };
        }
        if text.contains(['.', 'e', 'E']) {
            return parse_float(text).map(Self::Float);
        }
        if digits(text) { text.parse().ok().map(Self::Uint) } else { None }
    }

    /// Truncates toward zero and wraps. Floats out of range become the smallest integer, as the
    /// reference's processor does it.
    pub(crate) fn to_i64(self) -> i64 {
        match self {
            Self::Int(n) => n,
            Self::Uint(n) => n as i64,
            Self::Float(n) if n >= 9_223_372_036_854_775_808.0 || n.is_nan() => i64::MIN,
            Self::Float(n) => n as i64,
        }
    }

    /// Truncates toward zero and wraps.
    pub(crate) fn to_u64(self) -> u64 {
        match self {
            Self::Int(n) => n as u64,
            Self::Uint(n) => n,
            Self::Float(n) if n < 0.0 => n as i64 as u64,
            Self::Float(n) => n as u64,
        }
    }

    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Uint(n) => n as f64,
            Self::Float(n) => n,
        }
    }
}

/// Decimal float syntax: `1.5`, `.5`, `1.`, `1e3`, with an optional sign; infinite results are
/// errors.
fn parse_float(text: &str) -> Option<f64> {
    let plain =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let number: f64 = if plain { text.parse().ok()? } else { return None };
    number.is_finite().then_some(number)
}

/// Text of a number: integers in decimal, floats in plain decimal notation with the fewest digits
/// that round-trip, never with an exponent. `None` if `value` is no number.
pub fn number_text(value: &Value) -> Option<String> {
    match *value {
        Value::Int(n) => Some(n.to_string()),
        Value::Uint(n) => Some(n.to_string()),
        Value::Float(n) if n.is_nan() => Some("NaN".to_owned()),
        Value::Float(n) if n.is_infinite() => {
            Some(if n > 0.0 { "+Inf" } else { "-Inf" }.to_owned())
        }
        // Rust prints floats like this: shortest digits, no exponent.
        Value::Float(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_number_by_its_first_and_inner_characters() {
        let cases = [
            ("", None),
            ("12", Some(Number::Uint(12))),
            ("18446744073709551615", Some(Number::Uint(u64::MAX))),
            ("18446744073709551616", None),
            ("-5", Some(Number::Int(-5))),
            ("-1.5", None),
            ("--5", None),
            ("-+5", None),
            ("1.5", Some(Number::Float(1.5))),
            (".5", Some(Number::Float(0.5))),
            ("5.", Some(Number::Float(5.0))),
            ("1e3", Some(Number::Float(1000.0))),
            ("1e400", None),
            ("+5", None),
            (" 5", None),
            ("0x1F", None),
            ("1_000", None),
            ("nope", None),
            ("inf", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Number::of(&Value::from(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn floats_print_without_exponent() {
        let cases = [
            (1e21, "1000000000000000000000"),
            (2.0, "2"),
            (1e-7, "0.0000001"),
            (0.1, "0.1"),
            (-0.5, "-0.5"),
        ];
        for (number, expected) in cases {
            assert_eq!(number_text(&Value::Float(number)).as_deref(), Some(expected));
        }
    }
}
