//! `encoding.from_json` and `encoding.to_json`, with the reference's texts and its way to write
//! numbers and strings.

use alloy_value::{Object, Str, Value, quote};

use super::{CallError, text_of};
use crate::eval::Scope;

type Answer = Result<Value, CallError>;

/// How deep decoded documents may nest; bounds recursion here and wherever the value goes.
pub(super) const MAX_DEPTH: usize = 256;

pub(super) fn from_json(args: &[Value], _: &dyn Scope) -> Answer {
    let text = text_of(&args[0]);
    let mut reader = Reader { text: text.as_bytes(), at: 0, depth: 0, unreadable: None };
    let value = reader.document()?;
    match reader.unreadable {
        Some(number) => {
            Err(format!("json: cannot unmarshal number {number} into Go value of type float64")
                .into())
        }
        None => Ok(value),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    /// A number out of range. Reported last: syntax comes first.
    unreadable: Option<String>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn document(&mut self) -> Read<Value> {
        let value = self.value()?;
        match self.skip_space() {
            None => Ok(value),
            Some(_) => Err(self.unexpected("after top-level value")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    /// The byte at the current place does not belong there. At the end of the text the document is
    /// incomplete.
    fn unexpected(&self, place: &str) -> String {
        match self.peek() {
            Some(byte) => format!("invalid character {} {place}", shown(byte)),
            None => "unexpected end of JSON input".to_owned(),
        }
    }

    /// As [`Self::unexpected`] inside numbers and literals, which the end of the text ends like a
    /// blank does.
    fn unexpected_in_word(&self, place: &str) -> String {
        format!("invalid character {} {place}", shown(self.peek().unwrap_or(b' ')))
    }

    fn value(&mut self) -> Read<Value> {
        match self.skip_space() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Value::from(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Read<Value> {
        let mut object = Object::default();
        if self.skip_space() == Some(b'}') {
            self.at += 1;
            return Ok(Value::from(object));
        }
        loop {
            if self.skip_space() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            if self.skip_space() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            let value = self.value()?;
            object.members.insert(Str::from(key), value);
            match self.skip_space() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::from(object));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        if self.skip_space() == Some(b']') {
            self.at += 1;
            return Ok(Value::from(items));
        }
        loop {
            items.push(self.value()?);
            match self.skip_space() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::from(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let expected = char::from(expected);
                let place = format!("in literal {word} (expecting '{expected}')");
                return Err(self.unexpected_in_word(&place));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected_in_word("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.unexpected_in_word("after decimal point in numeric literal"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.unexpected_in_word("in exponent of numeric literal"));
            }
            self.digits();
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => {
                self.unreadable.get_or_insert_with(|| text.into_owned());
                Ok(Value::Null)
            }
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(String::from_utf8_lossy(&out).into_owned());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(byte) if byte >= b' ' => {
                    out.push(byte);
                    self.at += 1;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.hex()?;
                let c = self.surrogate(unit)?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        out.push(byte);
        Ok(())
    }

    fn hex(&mut self) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The character of a UTF-16 unit and, if that is the first half of a pair, of the one behind
    /// it. Halves without partner become U+FFFD.
    fn surrogate(&mut self, first: u32) -> Read<char> {
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let behind = self.at;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = behind;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}

/// The value of a string literal, quotes included.
pub(super) fn string_literal(literal: &[u8]) -> Result<String, String> {
    Reader { text: literal, at: 0, depth: 0, unreadable: None }.string()
}

/// A byte in single quotes.
fn shown(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote(&char::from(byte).to_string());
            format!("'{}'", quoted.trim_matches('"'))
        }
    }
}

pub(super) fn to_json(args: &[Value], _: &dyn Scope) -> Answer {
    if !matches!(args[0], Value::Object(_)) {
        return Err("jsonEncode only supports map".to_owned().into());
    }
    let mut out = String::new();
    write(&mut out, &args[0])?;
    Ok(Value::from(out))
}

fn write(out: &mut String, value: &Value) -> Result<(), String> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Uint(n) => out.push_str(&n.to_string()),
        Value::Float(n) => out.push_str(&float(*n)?),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item)?;
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object)?,
        Value::Function(function) => {
            return Err(format!("json: unsupported type: {}", super::go_signature(*function)));
        }
        Value::Capsule(capsule) => {
            if let Some(secret) = value.as_secret() {
                write_string(out, &Str::from(secret.expose()));
            } else if let Some(secret) = value.as_optional_secret() {
                out.push_str(&format!("{{\"IsSecret\":{},\"Value\":", secret.is_secret));
                write_string(out, &Str::from(secret.expose()));
                out.push('}');
            } else if let Some(object) = value.as_object() {
                write_object(out, &object)?;
            } else {
                return Err(format!("json: unsupported type: {}", capsule.kind.name));
            }
        }
    }
    Ok(())
}

fn write_object(out: &mut String, object: &Object) -> Result<(), String> {
    let mut members: Vec<_> = object.members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    out.push('{');
    for (i, (name, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write(out, value)?;
    }
    out.push('}');
    Ok(())
}

fn write_string(out: &mut String, text: &Str) {
    out.push('"');
    for chunk in text.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                _ => out.push(c),
            }
        }
        // One replacement for each byte that is not UTF-8.
        for _ in chunk.invalid() {
            out.push_str("\\ufffd");
        }
    }
    out.push('"');
}

/// Shortest digits, with an exponent below 1e-6 and from 1e21.
fn float(n: f64) -> Result<String, String> {
    if !n.is_finite() {
        let text = alloy_value::number_text(&Value::Float(n)).unwrap_or_default();
        return Err(format!("json: unsupported value: {text}"));
    }
    let size = n.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{n:e}");
        return Ok(match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        });
    }
    Ok(n.to_string())
}
