//! What literals mean.

use std::borrow::Cow;

use crate::parser::cut_quotes;

/// A number literal with the kind that it has in the language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Fits a signed 64-bit integer.
    Int(i64),
    /// Fits only an unsigned 64-bit integer.
    Uint(u64),
    /// Anything else.
    Float(f64),
}

/// The number of a [`crate::SyntaxKind::Number`] or [`crate::SyntaxKind::Float`] token. `None` if
/// it is out of the range of a 64-bit float, or not a number at all.
///
/// A leading zero means octal if all digits allow it (spec/language.md §4.1).
pub fn parse_number(source: &str) -> Option<Number> {
    if source.bytes().all(|byte| byte.is_ascii_digit()) {
        let (digits, base) = match source.strip_prefix('0') {
            Some(rest) if !rest.is_empty() => (rest, 8),
            _ => (source, 10),
        };
        if let Ok(value) = i64::from_str_radix(digits, base) {
            return Some(Number::Int(value));
        }
        if let Ok(value) = u64::from_str_radix(digits, base) {
            return Some(Number::Uint(value));
        }
    }
    let value: f64 = source.parse().ok()?;
    value.is_finite().then_some(Number::Float(value))
}

/// The value of a string token, quotes included in `source`: a byte string, because `\x` and
/// octal escapes give single bytes. Escapes that the lexer reports as wrong stay as written.
pub fn unescape(source: &str) -> Cow<'_, [u8]> {
    let content = cut_quotes(source);
    if source.starts_with('`') {
        if !content.contains('\r') {
            return Cow::Borrowed(content.as_bytes());
        }
        return Cow::Owned(content.bytes().filter(|&byte| byte != b'\r').collect());
    }
    if !content.contains('\\') {
        return Cow::Borrowed(content.as_bytes());
    }
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let length = unescape_one(escape, &mut out).unwrap_or_else(|| {
            out.push(b'\\');
            1
        });
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    Cow::Owned(out)
}

/// Appends the value of the escape at the start of `escape`, and returns its length. `None` if it
/// is not a valid one.
fn unescape_one(escape: &str, out: &mut Vec<u8>) -> Option<usize> {
    let simple = match escape.as_bytes().get(1)? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        b'\\' => b'\\',
        b'"' => b'"',
        b'0'..=b'7' => {
            let value = u32::from_str_radix(escape.get(1..4)?, 8).ok()?;
            out.push(u8::try_from(value).ok()?);
            return Some(4);
        }
        b'x' => {
            out.push(u8::from_str_radix(escape.get(2..4)?, 16).ok()?);
            return Some(4);
        }
        kind @ (b'u' | b'U') => {
            let length = if *kind == b'u' { 6 } else { 10 };
            let value = u32::from_str_radix(escape.get(2..length)?, 16).ok()?;
            let c = char::from_u32(value)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(length);
        }
        _ => return None,
    };
    out.push(simple);
    Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zero_means_octal() {
        assert_eq!(parse_number("010"), Some(Number::Int(8)));
        assert_eq!(parse_number("08"), Some(Number::Float(8.0)));
        assert_eq!(parse_number("0"), Some(Number::Int(0)));
        assert_eq!(parse_number("00"), Some(Number::Int(0)));
    }

    #[test]
    fn large_numbers_change_kind() {
        assert_eq!(parse_number("9223372036854775807"), Some(Number::Int(i64::MAX)));
        assert_eq!(parse_number("9223372036854775808"), Some(Number::Uint(1 << 63)));
        assert_eq!(
            parse_number("18446744073709551616"),
            Some(Number::Float(18446744073709551616.0))
        );
        assert_eq!(parse_number("1e400"), None);
        assert_eq!(parse_number("1e"), None);
        assert_eq!(parse_number("5."), Some(Number::Float(5.0)));
        assert_eq!(parse_number(".5"), Some(Number::Float(0.5)));
    }

    #[test]
    fn escapes_give_bytes() {
        assert_eq!(
            &*unescape(r#""a\tb\x41\101\u00e4\U0001f600\xff""#),
            "a\tbAAä😀".bytes().chain([0xFF]).collect::<Vec<_>>()
        );
        assert_eq!(&*unescape("`a\\n\r\n`"), b"a\\n\n");
        assert_eq!(&*unescape(r#""\q\x4""#), br"\q\x4");
        assert_eq!(&*unescape("\""), b"");
    }
}
