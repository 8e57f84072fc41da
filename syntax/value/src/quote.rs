//! Text in double quotes with Go's escapes, as messages and printed values show it.

use std::fmt::Write as _;

use unicode_general_category::{GeneralCategory as C, get_general_category};

/// `text` in double quotes: printable Unicode kept, `"` and `\` escaped, the rest as `\n`, `\x07`,
/// `\u00a0`.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// As [`quote`]; bytes that are not UTF-8 become `\xNN`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut out, c);
        }
        for byte in chunk.invalid() {
            push_code(&mut out, 'x', u32::from(*byte), 2);
        }
    }
    out.push('"');
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(c),
        _ if is_printable(c) => out.push(c),
        _ => match u32::from(c) {
            code @ ..0x80 => push_code(out, 'x', code, 2),
            code @ ..0x1_0000 => push_code(out, 'u', code, 4),
            code => push_code(out, 'U', code, 8),
        },
    }
}

fn push_code(out: &mut String, letter: char, code: u32, width: usize) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\{letter}{code:0width$x}");
}

/// Letters, marks, numbers, punctuation and symbols.
fn is_printable(c: char) -> bool {
    !matches!(
        get_general_category(c),
        C::Control
            | C::Format
            | C::Surrogate
            | C::PrivateUse
            | C::Unassigned
            | C::SpaceSeparator
            | C::LineSeparator
            | C::ParagraphSeparator
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_cannot_be_seen() {
        assert_eq!(quote("a\"b\\c\n\t\u{7}"), r#""a\"b\\c\n\t\a""#);
        assert_eq!(quote("ä漢\u{301}"), "\"ä漢\u{301}\"");
        assert_eq!(
            quote("\u{0}\u{7f}\u{a0}\u{e000}\u{10ffff}"),
            r#""\x00\x7f\u00a0\ue000\U0010ffff""#
        );
        assert_eq!(quote_bytes(b"a\xffb"), r#""a\xffb""#);
    }
}
