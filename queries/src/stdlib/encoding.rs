//! `encoding.*` for base64 and URLs; JSON and YAML have their own modules.

use alloy_value::{Str, Value};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::{CallError, text_of};
use crate::eval::Scope;

type Answer = Result<Value, CallError>;

pub(super) fn to_base64(args: &[Value], _: &dyn Scope) -> Answer {
    Ok(Value::from(STANDARD.encode(text_of(&args[0]).as_bytes())))
}

pub(super) fn to_url_base64(args: &[Value], _: &dyn Scope) -> Answer {
    Ok(Value::from(URL_SAFE.encode(text_of(&args[0]).as_bytes())))
}

pub(super) fn from_base64(args: &[Value], _: &dyn Scope) -> Answer {
    decode_base64(text_of(&args[0]).as_bytes(), [b'+', b'/'])
}

pub(super) fn from_url_base64(args: &[Value], _: &dyn Scope) -> Answer {
    decode_base64(text_of(&args[0]).as_bytes(), [b'-', b'_'])
}

/// Decodes with required padding; line ends are skipped. The error names the byte at which the
/// reference gives up: the offending one, or the start of an incomplete group.
fn decode_base64(input: &[u8], extra: [u8; 2]) -> Answer {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ if byte == extra[0] => Some(62),
        _ if byte == extra[1] => Some(63),
        _ => None,
    };
    let wrong = |at: usize| Err(format!("illegal base64 data at input byte {at}").into());
    let mut bytes = input.iter().copied().enumerate().filter(|(_, b)| !matches!(b, b'\r' | b'\n'));
    let mut out = Vec::with_capacity(input.len() / 4 * 3);
    let mut group = 0_u32;
    let mut filled = 0_usize;
    while let Some((at, byte)) = bytes.next() {
        if let Some(value) = digit(byte) {
            group = group << 6 | u32::from(value);
            filled += 1;
            if filled == 4 {
                out.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, filled) = (0, 0);
            }
            continue;
        }
        if byte != b'=' || filled < 2 {
            return wrong(at);
        }
        if filled == 2 {
            match bytes.next() {
                Some((_, b'=')) => {}
                Some((next, _)) => return wrong(next - 1),
                None => return wrong(input.len()),
            }
        }
        if let Some((next, _)) = bytes.next() {
            return wrong(next);
        }
        let padded = (group << (6 * (4 - filled))).to_be_bytes();
        out.extend_from_slice(&padded[1..filled]);
        filled = 0;
    }
    if filled > 0 {
        return wrong(input.len() - filled);
    }
    Ok(Value::byte_array(&out))
}

pub(super) fn url_encode(args: &[Value], _: &dyn Scope) -> Answer {
    let mut out = String::new();
    for &byte in text_of(&args[0]).as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(Value::from(out))
}

pub(super) fn url_decode(args: &[Value], _: &dyn Scope) -> Answer {
    let text = text_of(&args[0]);
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = tail.get(..2).and_then(|hex| {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    Some(digit(hex[0])? * 16 + digit(hex[1])?)
                });
                let Some(value) = digits.and_then(|value| u8::try_from(value).ok()) else {
                    let shown = alloy_value::quote_bytes(&rest[..rest.len().min(3)]);
                    return Err(format!("invalid URL escape {shown}").into());
                };
                out.push(value);
                rest = &tail[2..];
                continue;
            }
            _ => out.push(byte),
        }
        rest = tail;
    }
    Ok(Value::String(Str::from(out)))
}
