//! `string.format` with the formatting verbs of Go. Wrong verbs and missing or superfluous
//! arguments are no errors but become part of the text.

use alloy_value::{Object, Str, Value, quote, quote_bytes};

use super::{CallError, text_of};
use crate::eval::Scope;

/// Width and precision are bounded as in the reference.
const MAX_WIDTH: usize = 1_000_000;

pub(super) fn format(args: &[Value], _: &dyn Scope) -> Result<Value, CallError> {
    let format = text_of(&args[0]);
    let mut printer =
        Printer { args: &args[1..], next: 0, used_index: false, good_index: true, out: Vec::new() };
    printer.run(format.as_bytes());
    Ok(Value::String(Str::from(printer.out)))
}

/// A value as `%#v` shows it.
pub(super) fn go_syntax(value: &Value) -> String {
    let mut printer =
        Printer { args: &[], next: 0, used_index: false, good_index: true, out: Vec::new() };
    printer.value(value, 'v', Flags { sharp: true, ..Flags::default() }, 0);
    String::from_utf8_lossy(&printer.out).into_owned()
}

/// Flags, width and precision of one verb.
#[derive(Clone, Copy, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    plus_v: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printer<'a> {
    args: &'a [Value],
    next: usize,
    /// An explicit index was used: superfluous arguments are not reported.
    used_index: bool,
    good_index: bool,
    out: Vec<u8>,
}

impl Printer<'_> {
    fn run(&mut self, format: &[u8]) {
        let mut rest = format;
        while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
            self.out.extend_from_slice(&rest[..at]);
            rest = self.directive(&rest[at + 1..]);
        }
        self.out.extend_from_slice(rest);
        if !self.used_index && self.next < self.args.len() {
            self.push("%!(EXTRA ");
            for (i, arg) in self.args[self.next..].to_vec().iter().enumerate() {
                if i > 0 {
                    self.push(", ");
                }
                if matches!(arg, Value::Null) {
                    self.push("<nil>");
                } else {
                    self.push(type_name(arg));
                    self.push("=");
                    self.value(arg, 'v', Flags::default(), 0);
                }
            }
            self.push(")");
        }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// One directive after its percent sign; gives back what follows it.
    fn directive<'t>(&mut self, mut rest: &'t [u8]) -> &'t [u8] {
        let mut flags = Flags::default();
        self.good_index = true;
        let mut after_index = false;
        while let Some((&byte, tail)) = rest.split_first() {
            match byte {
                b'-' => {
                    flags.minus = true;
                    flags.zero = false;
                }
                b'+' => flags.plus = true,
                b'#' => flags.sharp = true,
                b' ' => flags.space = true,
                b'0' => flags.zero = !flags.minus,
                _ => break,
            }
            rest = tail;
        }
        rest = self.index(rest, &mut after_index);
        if let Some(tail) = rest.strip_prefix(b"*") {
            rest = tail;
            match self.star() {
                Some(width) => {
                    if width < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                    flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.push("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            let (width, tail) = number(rest);
            if width.is_some() && after_index {
                self.good_index = false;
            }
            flags.width = width;
            rest = tail;
        }
        if let Some(tail) = rest.strip_prefix(b".") {
            rest = tail;
            if after_index {
                self.good_index = false;
            }
            rest = self.index(rest, &mut after_index);
            if let Some(tail) = rest.strip_prefix(b"*") {
                rest = tail;
                match self.star() {
                    Some(precision) => flags.precision = usize::try_from(precision).ok(),
                    None => self.push("%!(BADPREC)"),
                }
                after_index = false;
            } else {
                let (precision, tail) = number(rest);
                flags.precision = Some(precision.unwrap_or(0));
                rest = tail;
            }
        }
        if !after_index {
            rest = self.index(rest, &mut after_index);
        }
        let Some((verb, tail)) = first_char(rest) else {
            self.push("%!(NOVERB)");
            return rest;
        };
        match self.args.get(self.next) {
            _ if verb == '%' => self.push("%"),
            _ if !self.good_index => self.push(&format!("%!{verb}(BADINDEX)")),
            None => self.push(&format!("%!{verb}(MISSING)")),
            Some(arg) => {
                self.next += 1;
                // With `%+v` the sign is a request for field names.
                let plus_v = verb == 'v' && flags.plus;
                let flags = Flags { plus: flags.plus && !plus_v, plus_v, ..flags };
                self.value(&arg.clone(), verb, flags, 0);
            }
        }
        tail
    }

    /// An explicit argument index: `[2]`.
    fn index<'t>(&mut self, rest: &'t [u8], after_index: &mut bool) -> &'t [u8] {
        let Some(inner) = rest.strip_prefix(b"[") else { return rest };
        self.used_index = true;
        let Some(end) = inner.iter().position(|byte| *byte == b']') else {
            self.good_index = false;
            return inner;
        };
        let (index, tail) = number(&inner[..end]);
        match index {
            Some(index) if tail.is_empty() && index >= 1 && index <= self.args.len() => {
                self.next = index - 1;
                *after_index = true;
            }
            _ => self.good_index = false,
        }
        &inner[end + 1..]
    }

    /// The argument that `*` stands for.
    fn star(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        match arg {
            Value::Int(n) if n.unsigned_abs() as usize <= MAX_WIDTH => Some(*n),
            Value::Uint(n) if *n as usize <= MAX_WIDTH => i64::try_from(*n).ok(),
            _ => None,
        }
    }

    fn value(&mut self, value: &Value, verb: char, flags: Flags, depth: usize) {
        match (verb, value) {
            ('T', _) => return self.padded(type_name(value), flags),
            ('v', Value::Null) => return self.padded("<nil>", flags),
            (_, Value::Null) => return self.push(&format!("%!{verb}(<nil>)")),
            _ => {}
        }
        match value {
            Value::Bool(b) if matches!(verb, 't' | 'v') => {
                self.padded(if *b { "true" } else { "false" }, flags);
            }
            Value::Int(n) => self.integer(value, n.unsigned_abs(), *n < 0, verb, flags),
            Value::Uint(n) => match i64::try_from(*n) {
                Ok(n) => self.value(&Value::Int(n), verb, flags, depth),
                Err(_) => self.integer(value, *n, false, verb, flags),
            },
            Value::Float(n) => self.float(value, *n, verb, flags),
            Value::String(text) => self.string(value, text.as_bytes(), verb, flags),
            Value::Array(items) => self.list(items, verb, flags, depth),
            Value::Object(object) => self.map(object, verb, flags, depth),
            Value::Capsule(_) => self.capsule(value, verb, flags, depth),
            Value::Bool(_) | Value::Function(_) | Value::Null => self.bad_verb(value, verb),
        }
    }

    fn bad_verb(&mut self, value: &Value, verb: char) {
        self.push(&format!("%!{verb}({}=", type_name(value)));
        match value {
            Value::Function(function) => self.push(function.name),
            _ => self.value(value, 'v', Flags::default(), 0),
        }
        self.push(")");
    }

    fn capsule(&mut self, value: &Value, verb: char, flags: Flags, depth: usize) {
        if let Some(secret) = value.as_secret() {
            return self.string(value, secret.expose().as_bytes(), verb, flags);
        }
        if let Some(secret) = value.as_optional_secret() {
            let names = if verb == 'v' && (flags.plus_v || flags.sharp) {
                ["IsSecret:", "Value:"]
            } else {
                ["", ""]
            };
            if verb == 'v' && flags.sharp {
                self.push("alloytypes.OptionalSecret");
            }
            self.push("{");
            self.push(names[0]);
            self.value(&Value::Bool(secret.is_secret), verb, flags, depth + 1);
            self.push(if flags.sharp && verb == 'v' { ", " } else { " " });
            self.push(names[1]);
            self.value(&Value::from(secret.expose()), verb, flags, depth + 1);
            return self.push("}");
        }
        match (value.as_object(), value) {
            (Some(object), _) => self.map(&object, verb, flags, depth),
            (None, Value::Capsule(capsule)) => self.padded(capsule.kind.name, flags),
            _ => {}
        }
    }

    fn list(&mut self, items: &[Value], verb: char, flags: Flags, depth: usize) {
        let go_syntax = verb == 'v' && flags.sharp;
        self.push(if go_syntax { "[]interface {}{" } else { "[" });
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(if go_syntax { ", " } else { " " });
            }
            self.element(item, verb, flags, depth);
        }
        self.push(if go_syntax { "}" } else { "]" });
    }

    fn map(&mut self, object: &Object, verb: char, flags: Flags, depth: usize) {
        let go_syntax = verb == 'v' && flags.sharp;
        let mut members: Vec<_> = object.members.iter().collect();
        members.sort_by_key(|(name, _)| *name);
        self.push(if go_syntax { "map[string]interface {}{" } else { "map[" });
        for (i, (name, value)) in members.into_iter().enumerate() {
            if i > 0 {
                self.push(if go_syntax { ", " } else { " " });
            }
            self.value(&Value::String(name.clone()), verb, flags, depth + 1);
            self.push(":");
            self.element(value, verb, flags, depth);
        }
        self.push(if go_syntax { "}" } else { "]" });
    }

    fn element(&mut self, value: &Value, verb: char, flags: Flags, depth: usize) {
        if matches!(value, Value::Null) {
            return match (verb, flags.sharp) {
                ('v', true) => self.push("interface {}(nil)"),
                ('v', false) => self.padded("<nil>", flags),
                _ => self.push(&format!("%!{verb}(<nil>)")),
            };
        }
        self.value(value, verb, flags, depth + 1);
    }

    fn integer(&mut self, value: &Value, size: u64, negative: bool, verb: char, flags: Flags) {
        let (digits, prefix) = match verb {
            'v' if flags.sharp && matches!(value, Value::Uint(_)) => (format!("{size:x}"), "0x"),
            'v' | 'd' => (size.to_string(), ""),
            'b' => (format!("{size:b}"), if flags.sharp { "0b" } else { "" }),
            'o' => {
                let digits = format!("{size:o}");
                let prefix = if flags.sharp && !digits.starts_with('0') { "0" } else { "" };
                (digits, prefix)
            }
            'O' => (format!("{size:o}"), "0o"),
            'x' => (format!("{size:x}"), if flags.sharp { "0x" } else { "" }),
            'X' => (format!("{size:X}"), if flags.sharp { "0X" } else { "" }),
            'c' => return self.padded(&character(size, negative).to_string(), flags),
            'q' => {
                let c = character(size, negative);
                let quoted = match c {
                    '\'' => "'\\''".to_owned(),
                    '"' => "'\"'".to_owned(),
                    _ => format!("'{}'", inner(&quote(&c.to_string()))),
                };
                return self.padded(&quoted, flags);
            }
            'U' => {
                let mut text = format!("U+{size:04X}");
                if flags.sharp {
                    text.push_str(&format!(" '{}'", character(size, negative)));
                }
                return self.padded(&text, flags);
            }
            _ => return self.bad_verb(value, verb),
        };
        let digits = match flags.precision {
            Some(0) if size == 0 => return self.padded("", Flags { zero: false, ..flags }),
            Some(precision) => format!("{digits:0>width$}", width = precision.min(MAX_WIDTH)),
            None => digits,
        };
        // A precision switches padding with zeros off.
        let flags = Flags { zero: flags.zero && flags.precision.is_none(), ..flags };
        self.signed(negative, &format!("{prefix}{digits}"), flags);
    }

    /// Puts the sign in front, and zeros between it and the digits.
    fn signed(&mut self, negative: bool, digits: &str, flags: Flags) {
        let sign = match negative {
            true => "-",
            false if flags.plus => "+",
            false if flags.space => " ",
            false => "",
        };
        if flags.zero && !flags.minus {
            let width = flags.width.unwrap_or(0).min(MAX_WIDTH).saturating_sub(sign.len());
            let zeros = "0".repeat(width.saturating_sub(digits.chars().count()));
            return self.push(&format!("{sign}{zeros}{digits}"));
        }
        self.padded(&format!("{sign}{digits}"), flags);
    }

    fn float(&mut self, value: &Value, n: f64, verb: char, flags: Flags) {
        let size = n.abs();
        let text = match verb {
            'v' => general(size, flags.precision, 'e'),
            'g' | 'G' => {
                let exponent = if verb == 'g' { 'e' } else { 'E' };
                general(size, flags.precision, exponent)
            }
            'f' | 'F' => format!("{size:.precision$}", precision = flags.precision.unwrap_or(6)),
            'e' | 'E' => scientific(size, flags.precision.unwrap_or(6), verb),
            _ => return self.bad_verb(value, verb),
        };
        if n.is_nan() {
            return self.padded("NaN", Flags { zero: false, ..flags });
        }
        if n.is_infinite() {
            let sign = if n < 0.0 { "-" } else { "+" };
            return self.padded(&format!("{sign}Inf"), Flags { zero: false, ..flags });
        }
        self.signed(n.is_sign_negative(), &text, flags);
    }

    fn string(&mut self, value: &Value, text: &[u8], verb: char, flags: Flags) {
        let cut = truncate(text, flags.precision);
        match verb {
            'v' if flags.sharp => self.padded(&quote_bytes(cut), flags),
            'v' | 's' => self.padded_bytes(cut, flags),
            'q' if flags.sharp && !cut.contains(&b'`') && std::str::from_utf8(cut).is_ok() => {
                let raw = [b"`", cut, b"`"].concat();
                self.padded_bytes(&raw, flags);
            }
            'q' => self.padded(&quote_bytes(cut), flags),
            'x' | 'X' => {
                let bytes = match flags.precision {
                    Some(precision) => &text[..precision.min(text.len())],
                    None => text,
                };
                let separator = if flags.space { " " } else { "" };
                let prefix = match (flags.sharp, verb) {
                    (false, _) => "",
                    (true, 'x') => "0x",
                    _ => "0X",
                };
                let mut parts = Vec::with_capacity(bytes.len());
                for (i, byte) in bytes.iter().enumerate() {
                    let prefix = if i == 0 || flags.space { prefix } else { "" };
                    parts.push(if verb == 'x' {
                        format!("{prefix}{byte:02x}")
                    } else {
                        format!("{prefix}{byte:02X}")
                    });
                }
                self.padded(&parts.join(separator), flags);
            }
            _ => self.bad_verb(value, verb),
        }
    }

    fn padded(&mut self, text: &str, flags: Flags) {
        self.padded_bytes(text.as_bytes(), flags);
    }

    /// Fills up to the width, which counts characters.
    fn padded_bytes(&mut self, text: &[u8], flags: Flags) {
        let length = String::from_utf8_lossy(text).chars().count();
        let missing = flags.width.unwrap_or(0).min(MAX_WIDTH).saturating_sub(length);
        let fill = if flags.zero && !flags.minus { b'0' } else { b' ' };
        if !flags.minus {
            self.out.extend(std::iter::repeat_n(fill, missing));
        }
        self.out.extend_from_slice(text);
        if flags.minus {
            self.out.extend(std::iter::repeat_n(b' ', missing));
        }
    }
}

/// Decimal digits at the start, and what follows them.
fn number(text: &[u8]) -> (Option<usize>, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = std::str::from_utf8(&text[..end]).ok().and_then(|digits| digits.parse().ok());
    (digits.filter(|number| *number <= MAX_WIDTH), &text[end..])
}

fn first_char(text: &[u8]) -> Option<(char, &[u8])> {
    let chunk = text.utf8_chunks().next()?;
    match chunk.valid().chars().next() {
        Some(c) => Some((c, &text[c.len_utf8()..])),
        None => Some((char::REPLACEMENT_CHARACTER, &text[1..])),
    }
}

fn character(code: u64, negative: bool) -> char {
    let code = if negative { None } else { u32::try_from(code).ok() };
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A quoted text without its quotes.
fn inner(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted)
}

/// At most `limit` characters.
fn truncate(text: &[u8], limit: Option<usize>) -> &[u8] {
    let Some(limit) = limit else { return text };
    let mut end = 0;
    let mut count = 0;
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if count == limit {
                return &text[..end];
            }
            end += c.len_utf8();
            count += 1;
        }
        for _ in chunk.invalid() {
            if count == limit {
                return &text[..end];
            }
            end += 1;
            count += 1;
        }
    }
    text
}

/// `digits.digitse+NN` with at least two digits of exponent.
fn scientific(size: f64, precision: usize, e: char) -> String {
    exponent(&format!("{size:.precision$e}"), e)
}

fn exponent(text: &str, e: char) -> String {
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}{e}{sign}{exponent:0>2}")
}

/// The shorter of the plain and the scientific form. Without precision the fewest digits that
/// round-trip, and an exponent from 1e6 on; with one, that many significant digits.
fn general(size: f64, precision: Option<usize>, e: char) -> String {
    if size == 0.0 || !size.is_finite() {
        return "0".to_owned();
    }
    let shortest = match precision {
        Some(digits) => format!("{size:.precision$e}", precision = digits.max(1) - 1),
        None => format!("{size:e}"),
    };
    let Some((digits, power)) = shortest.split_once('e') else { return shortest };
    let power: i32 = power.parse().unwrap_or(0);
    let digits = match precision {
        Some(_) if digits.contains('.') => digits.trim_end_matches('0').trim_end_matches('.'),
        _ => digits,
    };
    let limit = match precision {
        Some(precision) => i32::try_from(precision.max(1)).unwrap_or(i32::MAX),
        None => 6,
    };
    if power < -4 || power >= limit {
        return exponent(&format!("{digits}e{power}"), e);
    }
    let count = digits.chars().filter(char::is_ascii_digit).count() as i32;
    let decimals = (count - 1 - power).max(0) as usize;
    format!("{size:.decimals$}")
}

/// The name of the Go type that a value arrives as.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Uint(n) if i64::try_from(*n).is_ok() => "int",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
        Value::Function(function) => super::go_signature(*function),
        Value::Capsule(capsule) => capsule.kind.name,
    }
}
