//! `encoding.from_yaml`, with the scalars and the texts of the reference's YAML library.

use std::sync::Arc;

use alloy_value::{Capsule, CapsuleKind, Object, Str, Value, quote};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::json::MAX_DEPTH;
use super::{CallError, text_of};
use crate::eval::Scope;

/// How many values a document may stand for once its aliases are written out.
const MAX_VALUES: usize = 1_000_000;

/// Maps with keys that are no strings cannot be used for anything but passing them on.
static MAP: CapsuleKind =
    CapsuleKind { name: "map[interface {}]interface {}", to_object: None, eq: None, display: None };

const NO_TOKEN: &str = "found character that cannot start any token";

pub(super) fn from_yaml(args: &[Value], _: &dyn Scope) -> Result<Value, CallError> {
    let text = text_of(&args[0]);
    let text = text.to_lossy();
    if text.trim_start_matches(['\n', '\r', ' ']).starts_with('\t') {
        // Our scanner takes a leading tab for white space.
        return Err(format!("yaml: {NO_TOKEN}").into());
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(&text),
        text: &text,
        anchors: FxHashMap::default(),
        complaints: Vec::new(),
        values: 0,
    };
    let value = reader.document().map_err(|error| format!("yaml: {error}"))?;
    if !reader.complaints.is_empty() {
        return Err(format!("yaml: unmarshal errors:\n  {}", reader.complaints.join("\n  ")).into());
    }
    Ok(value)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    anchors: FxHashMap<usize, Node>,
    /// Errors that the reference collects before it gives up.
    complaints: Vec<String>,
    values: usize,
}

/// A value with how many values it stands for and how deep it nests.
#[derive(Clone)]
struct Node {
    value: Value,
    size: usize,
    depth: usize,
    /// A plain `<<`.
    is_merge: bool,
}

impl Node {
    fn leaf(value: Value) -> Self {
        Self { value, size: 1, depth: 1, is_merge: false }
    }
}

type Read<T> = Result<T, String>;

impl<'t> Reader<'t> {
    fn document(&mut self) -> Read<Value> {
        loop {
            match self.next()?.0 {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
                event => return Ok(self.node(event, 1)?.value),
            }
        }
    }

    /// The next event and its line, from 1.
    fn next(&mut self) -> Read<(Event<'t>, usize)> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(self.message(&error)),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Read<Node> {
        if depth > MAX_DEPTH {
            return Err(format!("exceeded max depth of {MAX_DEPTH}"));
        }
        let (anchor, node) = match event {
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => (0, node.clone()),
                None => return Err("anchor contains itself".to_owned()),
            },
            Event::Scalar(text, style, anchor, tag) => {
                let is_merge = style == ScalarStyle::Plain && tag.is_none() && text == "<<";
                (anchor, Node { is_merge, ..Node::leaf(scalar(&text, style, tag.as_deref())?) })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth)?),
            _ => (0, Node::leaf(Value::Null)),
        };
        if depth + node.depth > MAX_DEPTH + 1 {
            return Err(format!("exceeded max depth of {MAX_DEPTH}"));
        }
        self.values = self.values.saturating_add(node.size);
        if self.values > MAX_VALUES {
            return Err("document contains excessive aliasing".to_owned());
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Read<Node> {
        let mut items = Vec::new();
        let (mut size, mut deepest) = (1, 0);
        loop {
            let event = match self.next()?.0 {
                Event::SequenceEnd => break,
                event => event,
            };
            let node = self.node(event, depth + 1)?;
            size += node.size;
            deepest = deepest.max(node.depth);
            items.push(node.value);
        }
        Ok(Node { value: Value::from(items), size, depth: deepest + 1, is_merge: false })
    }

    fn mapping(&mut self, depth: usize) -> Read<Node> {
        let mut object = Object::default();
        let mut lines: FxHashMap<Str, usize> = FxHashMap::default();
        let mut merged: Vec<Value> = Vec::new();
        let mut has_other_keys = false;
        let (mut size, mut deepest) = (1, 0);
        loop {
            let (event, line) = match self.next()? {
                (Event::MappingEnd, _) => break,
                other => other,
            };
            let key = self.node(event, depth + 1)?;
            let value = self.next()?.0;
            let value = self.node(value, depth + 1)?;
            size += value.size;
            deepest = deepest.max(value.depth);
            if key.is_merge {
                merge(&mut merged, value.value)?;
                continue;
            }
            match key.value {
                Value::String(name) => {
                    if let Some(first) = lines.get(&name) {
                        let shown = quote(&name.to_lossy());
                        self.complaints.push(format!(
                            "line {line}: mapping key {shown} already defined at line {first}"
                        ));
                        continue;
                    }
                    lines.insert(name.clone(), line);
                    object.members.insert(name, value.value);
                }
                key @ (Value::Array(_) | Value::Object(_)) => {
                    return Err(format!("invalid map key: {}", super::format::go_syntax(&key)));
                }
                _ => has_other_keys = true,
            }
        }
        // What is merged gives way to what stands here, later ones to earlier ones.
        for value in merged {
            let Value::Object(from) = value else { continue };
            for (name, value) in &from.members {
                object.members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let value = if has_other_keys {
            Value::from(Capsule::new(&MAP, Arc::new(object)))
        } else {
            Value::from(object)
        };
        Ok(Node { value, size, depth: deepest + 1, is_merge: false })
    }

    /// The text of a syntax error. The reference counts the lines of scanner errors from 1 and
    /// those of parser errors from 0, and leaves 0 out; the end of the text is a line of its own.
    fn message(&self, error: &ScanError) -> String {
        let info = error.info();
        if let Some(name) = self.unknown_anchor(error) {
            return format!("unknown anchor '{name}' referenced");
        }
        let at_end = error.marker().index() >= self.text.trim_end().chars().count();
        let (is_scanner, text) = translate(info);
        let first = error.marker().line() - usize::from(error.marker().line() > 0);
        let line = match (is_scanner, at_end) {
            (true, _) if first > 0 => first + 1,
            (true, _) => 0,
            (false, true) => self.text.lines().count(),
            (false, false) => first,
        };
        if line == 0 { text.to_owned() } else { format!("line {line}: {text}") }
    }

    fn unknown_anchor(&self, error: &ScanError) -> Option<&str> {
        if !error.info().contains("anchor") {
            return None;
        }
        let from: usize = self
            .text
            .char_indices()
            .nth(error.marker().index())
            .map_or(self.text.len(), |(at, _)| at);
        let name = self.text.get(from..)?.strip_prefix('*')?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        name.get(..end.unwrap_or(name.len()))
    }
}

/// The reference's text for an error of our scanner, and whether it comes from its scanner.
fn translate(info: &str) -> (bool, &str) {
    let table = [
        ("mapping values are not allowed", "mapping values are not allowed in this context"),
        ("unexpected character", NO_TOKEN),
        ("cannot start any token", NO_TOKEN),
        ("tabs disallowed", NO_TOKEN),
        ("tab", NO_TOKEN),
        ("unclosed quote", "found unexpected end of stream"),
        ("end of stream", "found unexpected end of stream"),
        ("simple key expected ':'", "could not find expected ':'"),
        ("could not find expected ':'", "could not find expected ':'"),
    ];
    let lower = info.to_ascii_lowercase();
    for (part, text) in table {
        if lower.contains(part) {
            return (true, text);
        }
    }
    let parser = [
        ("block mapping", "did not find expected key"),
        ("block collection", "did not find expected '-' indicator"),
        ("flow sequence", "did not find expected ',' or ']'"),
        ("flow mapping", "did not find expected ',' or '}'"),
        ("node content", "did not find expected node content"),
        ("expected a node", "did not find expected node content"),
        ("document start", "did not find expected <document start>"),
    ];
    for (part, text) in parser {
        if lower.contains(part) {
            return (false, text);
        }
    }
    (false, info)
}

fn merge(merged: &mut Vec<Value>, value: Value) -> Read<()> {
    match value {
        Value::Object(_) => merged.push(value),
        Value::Array(items) if items.iter().all(|item| matches!(item, Value::Object(_))) => {
            merged.extend(items.iter().cloned());
        }
        _ => return Err("map merge requires map or sequence of maps as the value".to_owned()),
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Read<Value> {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match (core, tag) {
        (Some("binary"), _) => {
            let compact: String = text.split_whitespace().collect();
            let bytes = STANDARD
                .decode(compact)
                .map_err(|_| "!!binary value contains invalid base64 data".to_owned())?;
            Ok(Value::String(Str::from(bytes)))
        }
        (Some("float"), _) => Ok(match plain(text) {
            Value::Int(n) => Value::Float(n as f64),
            Value::Uint(n) => Value::Float(n as f64),
            other => other,
        }),
        (Some("int" | "bool" | "null" | "timestamp"), _) => Ok(plain(text)),
        (None, None) if style == ScalarStyle::Plain => Ok(plain(text)),
        _ => Ok(Value::from(text)),
    }
}

/// What an unquoted scalar stands for.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Value::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Value::from(text);
    }
    timestamp(text).map(Value::from).or_else(|| number(text)).unwrap_or_else(|| Value::from(text))
}

fn number(text: &str) -> Option<Value> {
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| {
        let float = is_float(&digits).then(|| digits.parse::<f64>().ok())??;
        float.is_finite().then_some(Value::Float(float))
    })
}

/// Integers with a sign and a base prefix; a leading zero means octal.
fn integer(text: &str) -> Option<Value> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = rest.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let size = u64::from_str_radix(digits, base).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(size).map(Value::Int);
    }
    match i64::try_from(size) {
        Ok(n) => Some(Value::Int(n)),
        Err(_) if !text.starts_with('+') => Some(Value::Uint(size)),
        Err(_) => None,
    }
}

/// Sign, digits with at most one point, and an exponent.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    exponent_fits && has_digits && digits(whole) && digits(fraction)
}

/// Dates and times in the forms of YAML 1.1, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('-')?;
    if year.len() != 4 {
        return None;
    }
    let (month, rest) = rest.split_once('-')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, time) = rest.split_at(end);
    let (year, month, day) = (field(year, 4)?, field(month, 2)?, field(day, 2)?);
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let (time, needs_zone) = match time.strip_prefix(['T', 't']) {
        Some(time) => (time, true),
        None => (time.strip_prefix(' ')?, false),
    };
    let zone_at = time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
    let (clock, zone) = time.split_at(zone_at.unwrap_or(time.len()));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = match second.split_once('.') {
        Some((second, fraction)) if !fraction.is_empty() => (second, fraction),
        Some(_) => return None,
        None => (second, ""),
    };
    let (hour, minute, second) = (field(hour, 2)?, field(minute, 2)?, field(second, 2)?);
    let is_zone = if needs_zone { zone == "Z" || is_offset(zone) } else { zone.is_empty() };
    let fits = hour < 24 && minute < 60 && second < 60 && is_zone && parts.next().is_none();
    if !fits || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let zone = if zone.is_empty() || zone == "+00:00" { "Z" } else { zone };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

/// One to `width` digits.
fn field(text: &str, width: usize) -> Option<u32> {
    let fits = (1..=width).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

/// `+hh:mm`, `-hh:mm`
fn is_offset(zone: &str) -> bool {
    let Some(rest) = zone.strip_prefix(['+', '-']) else { return false };
    matches!(rest.split_once(':'), Some((hour, minute)) if hour.len() == 2 && minute.len() == 2
        && field(hour, 2).is_some_and(|hour| hour < 24)
        && field(minute, 2).is_some_and(|minute| minute < 60))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}
