//! `string.*` and `file.path_join`. Strings are bytes; what is valid UTF-8 stays so.

use alloy_value::{Str, Value};

use super::{CallError, text_of};
use crate::eval::Scope;

type Answer = Result<Value, CallError>;

fn string(bytes: impl Into<Str>) -> Answer {
    Ok(Value::String(bytes.into()))
}

pub(super) fn join(args: &[Value], _: &dyn Scope) -> Answer {
    let separator = text_of(&args[1]);
    let parts = match &args[0] {
        Value::Array(items) => items.iter().map(text_of).collect(),
        _ => Vec::new(),
    };
    let parts: Vec<&[u8]> = parts.iter().map(Str::as_bytes).collect();
    string(parts.join(separator.as_bytes()))
}

pub(super) fn replace(args: &[Value], _: &dyn Scope) -> Answer {
    let (text, old, new) = (text_of(&args[0]), text_of(&args[1]), text_of(&args[2]));
    let pieces: Vec<&[u8]> = if old.as_bytes().is_empty() {
        let mut pieces: Vec<&[u8]> = vec![&[]];
        pieces.extend(characters(text.as_bytes()));
        pieces.push(&[]);
        pieces
    } else {
        pieces(text.as_bytes(), old.as_bytes())
    };
    string(pieces.join(new.as_bytes()))
}

pub(super) fn split(args: &[Value], _: &dyn Scope) -> Answer {
    let (text, separator) = (text_of(&args[0]), text_of(&args[1]));
    let parts = if separator.as_bytes().is_empty() {
        characters(text.as_bytes())
    } else {
        pieces(text.as_bytes(), separator.as_bytes())
    };
    Ok(Value::Array(parts.into_iter().map(|part| Value::String(Str::from(part))).collect()))
}

/// `text` between the occurrences of `separator`, which is not empty.
fn pieces<'t>(text: &'t [u8], separator: &[u8]) -> Vec<&'t [u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(separator.len()).position(|window| window == separator) {
        pieces.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The characters of `text`; a byte that is not UTF-8 counts as one.
fn characters(text: &[u8]) -> Vec<&[u8]> {
    let mut characters = Vec::new();
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            characters.push(&text[at..at + c.len_utf8()]);
            at += c.len_utf8();
        }
        for _ in chunk.invalid() {
            characters.push(&text[at..=at]);
            at += 1;
        }
    }
    characters
}

pub(super) fn to_lower(args: &[Value], _: &dyn Scope) -> Answer {
    map_characters(&args[0], |c| simple(c, c.to_lowercase()))
}

pub(super) fn to_upper(args: &[Value], _: &dyn Scope) -> Answer {
    map_characters(&args[0], |c| simple(c, c.to_uppercase()))
}

fn map_characters(value: &Value, map: impl Fn(char) -> char) -> Answer {
    string(text_of(value).to_lossy().chars().map(map).collect::<String>())
}

/// Simple case mapping: one character stays one character.
fn simple(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        // U+0130 is the one character whose simple mapping is the first of its full mapping.
        (Some(first), Some(_)) if c == '\u{130}' => first,
        _ => c,
    }
}

pub(super) fn trim(args: &[Value], _: &dyn Scope) -> Answer {
    let (text, cutset) = (text_of(&args[0]), text_of(&args[1]));
    let cutset = characters(cutset.as_bytes());
    let mut characters = characters(text.as_bytes());
    while characters.last().is_some_and(|c| cutset.contains(c)) {
        characters.pop();
    }
    let start = characters.iter().take_while(|c| cutset.contains(c)).count();
    string(characters[start..].concat())
}

pub(super) fn trim_prefix(args: &[Value], _: &dyn Scope) -> Answer {
    let (text, prefix) = (text_of(&args[0]), text_of(&args[1]));
    string(text.as_bytes().strip_prefix(prefix.as_bytes()).unwrap_or(text.as_bytes()))
}

pub(super) fn trim_suffix(args: &[Value], _: &dyn Scope) -> Answer {
    let (text, suffix) = (text_of(&args[0]), text_of(&args[1]));
    string(text.as_bytes().strip_suffix(suffix.as_bytes()).unwrap_or(text.as_bytes()))
}

pub(super) fn trim_space(args: &[Value], _: &dyn Scope) -> Answer {
    let text = text_of(&args[0]);
    let is_space = |c: &&[u8]| std::str::from_utf8(c).is_ok_and(|c| c.trim().is_empty());
    let characters = characters(text.as_bytes());
    let start = characters.iter().take_while(|c| is_space(c)).count();
    let kept = &characters[start..];
    let end = kept.len() - kept.iter().rev().take_while(|c| is_space(c)).count();
    string(kept[..end].concat())
}

/// Joins with `/` and cleans: doubled separators, `.` and `..` go as far as they can.
pub(super) fn path_join(args: &[Value], _: &dyn Scope) -> Answer {
    let texts: Vec<Str> = args.iter().map(text_of).collect();
    let parts: Vec<&[u8]> = texts.iter().map(Str::as_bytes).filter(|p| !p.is_empty()).collect();
    if parts.is_empty() {
        return string("");
    }
    let joined = parts.join(&b'/');
    let rooted = joined.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in joined.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(last) if *last != b".." => {
                    kept.pop();
                }
                None if rooted => {}
                _ => kept.push(part),
            },
            _ => kept.push(part),
        }
    }
    let path = kept.join(&b'/');
    match (rooted, path.is_empty()) {
        (true, _) => string([b"/", path.as_slice()].concat()),
        (false, true) => string("."),
        (false, false) => string(path),
    }
}
