//! Reads the document. Integers stay integers; error texts are those of the reference's library.

use alloy_value::{Object, Str, Value};

use crate::stdlib::json::MAX_DEPTH;

/// The first value of a text; `None` for an empty one.
pub(super) fn read(text: &[u8]) -> Result<Option<Value>, String> {
    let mut reader = Reader { text, at: 0 };
    if reader.skip_space().is_none() {
        return Ok(None);
    }
    let value = reader.value(1)?;
    match reader.skip_space() {
        None => Ok(Some(value)),
        Some(byte) => {
            Err(reader.error(&format!("extra characters after close, '{}'", char::from(byte))))
        }
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    /// `message at LINE:COLUMN`
    fn error(&self, message: &str) -> String {
        let before = &self.text[..self.at.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        format!("{message} at {line}:{column}")
    }

    fn expected(&self, what: &str) -> String {
        match self.peek() {
            Some(byte) => self.error(&format!("expected {what}, not '{}'", char::from(byte))),
            None => self.error("incomplete JSON"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(self.error("too deeply nested"));
        }
        match self.skip_space() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::from),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(byte) => Err(self.error(&format!("unexpected character '{}'", char::from(byte)))),
            None => Err(self.error("incomplete JSON")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut object = Object::default();
        if self.skip_space() == Some(b'}') {
            self.at += 1;
            return Ok(Value::from(object));
        }
        loop {
            if self.skip_space() != Some(b'"') {
                return Err(self.expected("a string start or object close"));
            }
            let key = self.string()?;
            if self.skip_space() != Some(b':') {
                return Err(self.expected("a colon"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            object.members.insert(Str::from(key), value);
            match self.skip_space() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::from(object));
                }
                _ => return Err(self.expected("a comma or close")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        if self.skip_space() == Some(b']') {
            self.at += 1;
            return Ok(Value::from(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.skip_space() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::from(items));
                }
                _ => return Err(self.expected("a comma or close")),
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        if self.text[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error(&format!("expected {word}")))
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = String::from_utf8_lossy(&rest[..end]);
        let value = match text.parse::<i64>() {
            Ok(n) => Value::Int(n),
            Err(_) => match text.parse::<f64>() {
                Ok(n) => Value::Float(n),
                Err(_) => return Err(self.error("invalid number")),
            },
        };
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.text.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => {
                    self.at = self.text.len();
                    return Err(self.error("incomplete JSON"));
                }
            }
        }
        let literal = &self.text[start..=end];
        self.at = end + 1;
        crate::stdlib::json::string_literal(literal).map_err(|message| self.error(&message))
    }
}
