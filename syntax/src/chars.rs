//! Character classes of the language and the two ways in which messages quote text.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_general_category::{GeneralCategory as G, get_general_category};

/// Assigned after Unicode 15.0, whose tables the language uses (spec/language.md §2): inclusive
/// ranges of letters, digits and printable characters that later versions added.
const NEWER_THAN_15_0: &[(u32, u32)] = &[
    (0x0897, 0x0897),
    (0x1B4E, 0x1B4F),
    (0x1B7F, 0x1B7F),
    (0x1C89, 0x1C8A),
    (0x2427, 0x2429),
    (0x2FFC, 0x2FFF),
    (0x31E4, 0x31E5),
    (0x31EF, 0x31EF),
    (0xA7CB, 0xA7CD),
    (0xA7DA, 0xA7DC),
    (0x105C0, 0x105F3),
    (0x10D40, 0x10D8F),
    (0x10EC2, 0x10EC4),
    (0x10EFC, 0x10EFC),
    (0x11380, 0x113E2),
    (0x116D0, 0x116E3),
    (0x11BC0, 0x11BF9),
    (0x11F5A, 0x11F5A),
    (0x13460, 0x143FA),
    (0x16100, 0x16139),
    (0x16D40, 0x16D79),
    (0x18CFF, 0x18CFF),
    (0x1CC00, 0x1CCF9),
    (0x1CD00, 0x1CEB3),
    (0x1E5D0, 0x1E5FF),
    (0x1F8B2, 0x1F8BB),
    (0x1F8C0, 0x1F8C1),
    (0x1FA89, 0x1FA8F),
    (0x1FABE, 0x1FABE),
    (0x1FAC6, 0x1FAC6),
    (0x1FADC, 0x1FADC),
    (0x1FADF, 0x1FADF),
    (0x1FAE9, 0x1FAE9),
    (0x1FBCB, 0x1FBEF),
    (0x2EBF0, 0x2EE5D),
];

fn category(c: char) -> G {
    let code = u32::from(c);
    let behind = NEWER_THAN_15_0.partition_point(|&(first, _)| first <= code);
    let range = behind.checked_sub(1).and_then(|index| NEWER_THAN_15_0.get(index));
    match range {
        Some(&(_, last)) if code <= last => G::Unassigned,
        _ => get_general_category(c),
    }
}

/// ASCII letter, `_` or any Unicode letter.
pub(crate) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic() || c == '_';
    }
    matches!(
        category(c),
        G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter
    )
}

/// ASCII digit or any Unicode decimal digit.
pub(crate) fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    category(c) == G::DecimalNumber
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(
        category(c),
        G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
            | G::SpaceSeparator
            | G::LineSeparator
            | G::ParagraphSeparator
    )
}

/// `U+0023 '#'`, without the character if it is not printable.
pub(crate) fn describe_char(c: char) -> String {
    let code = u32::from(c);
    if is_printable(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

/// Text in double quotes with Go escaping: printable Unicode stays, the rest is escaped.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// [`quote`] for a byte string; bytes that are not UTF-8 become `\xNN`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            quote_char(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn quote_char(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if is_printable(c) => out.push(c),
        c => {
            let code = u32::from(c);
            let _ = match code {
                0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// True if a name can hold the character, though perhaps not begin with it.
pub fn is_identifier_part(c: char) -> bool {
    is_letter(c) || is_digit(c)
}

/// True if the text is exactly one name: neither empty nor a keyword.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_letter)
        && chars.all(is_identifier_part)
        && !matches!(text, "true" | "false" | "null")
}

/// The text itself if it is a valid name, else a valid name made from it.
///
/// `None` for an empty text. Keywords get a `_` in front.
pub fn sanitize_identifier(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() {
        return None;
    }
    if is_identifier(text) {
        return Some(Cow::Borrowed(text));
    }
    let mut name = String::with_capacity(text.len() + 1);
    if text.chars().next().is_some_and(is_digit) || matches!(text, "true" | "false" | "null") {
        name.push('_');
    }
    name.extend(text.chars().map(|c| if is_letter(c) || is_digit(c) { c } else { '_' }));
    Some(Cow::Owned(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_follows_go() {
        assert_eq!(quote("a\"\\\n\u{1}\u{7f}ä\u{a0}\u{feff}"), r#""a\"\\\n\x01\x7fä\u00a0\ufeff""#);
        assert_eq!(quote_bytes(b"\xffa"), r#""\xffa""#);
    }

    /// The hash (FNV-1a) was computed over the tables of Go 1.26, which are those of Unicode 15.0.
    #[test]
    fn classes_are_those_of_unicode_15_0() {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for c in '\0'..=char::MAX {
            let class = u8::from(is_letter(c))
                | u8::from(is_digit(c)) << 1
                | u8::from(is_printable(c)) << 2;
            hash = (hash ^ u64::from(class)).wrapping_mul(0x0100_0000_01b3);
        }
        assert_eq!(hash, 2086469513945534646);
    }

    #[test]
    fn keywords_become_names() {
        assert_eq!(sanitize_identifier("true").as_deref(), Some("_true"));
        assert!(!is_identifier("null"));
    }
}
