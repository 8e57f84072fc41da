//! Reads the text format strictly: families whole, legacy names, every line ended by a newline.

use std::collections::BTreeMap;

use prometheus::proto::MetricType;

/// One metric of a family.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) labels: BTreeMap<String, String>,
    /// Value of counters, gauges and untyped metrics.
    pub(super) value: f64,
    /// Quantiles or buckets.
    pub(super) parts: Vec<(f64, f64)>,
    pub(super) sum: f64,
    pub(super) count: u64,
    /// Has an explicit timestamp.
    pub(super) stamped: bool,
}

/// One family of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Family {
    pub(super) kind: MetricType,
    pub(super) help: Option<String>,
    pub(super) points: Vec<Point>,
    typed: bool,
}

impl Default for Family {
    fn default() -> Self {
        Self { kind: MetricType::UNTYPED, help: None, points: Vec::new(), typed: false }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("text format parsing error in line {line}: {message}")]
pub(super) struct ParseError {
    line: usize,
    message: String,
}

/// Families that have metrics, by name.
pub(super) fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Family>, ParseError> {
    let mut families = BTreeMap::new();
    let mut rest = bytes;
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let fail = |message: String| ParseError { line, message };
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            return Err(fail("unexpected end of input stream".to_owned()));
        };
        let text =
            std::str::from_utf8(&rest[..end]).map_err(|_| fail("invalid UTF-8".to_owned()))?;
        rest = &rest[end + 1..];
        parse_line(&mut families, text).map_err(fail)?;
    }
    families.retain(|_, family: &mut Family| !family.points.is_empty());
    Ok(families)
}

fn parse_line(families: &mut BTreeMap<String, Family>, line: &str) -> Result<(), String> {
    let line = skip_blanks(line);
    if line.is_empty() {
        return Ok(());
    }
    match line.strip_prefix('#') {
        Some(comment) => parse_comment(families, comment),
        None => parse_sample(families, line),
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// `HELP name text`, `TYPE name type`; everything else is a comment.
fn parse_comment(families: &mut BTreeMap<String, Family>, text: &str) -> Result<(), String> {
    let text = skip_blanks(text);
    let (keyword, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if keyword != "HELP" && keyword != "TYPE" {
        return Ok(());
    }
    let rest = skip_blanks(rest);
    if rest.is_empty() {
        return Ok(());
    }
    let (name, rest) = split_name(rest, true)
        .ok_or_else(|| format!("invalid metric name in {keyword} comment"))?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return Err(format!("invalid metric name in {keyword} comment"));
    }
    let name = family_name(families, name);
    let family = families.entry(name.clone()).or_default();
    let rest = skip_blanks(rest);
    if rest.is_empty() {
        return Ok(());
    }
    if keyword == "HELP" {
        if family.help.is_some() {
            return Err(format!("second HELP line for metric name {name:?}"));
        }
        family.help = Some(unescape(rest, false)?);
        return Ok(());
    }
    if family.typed || !family.points.is_empty() {
        return Err(format!(
            "second TYPE line for metric name {name:?}, or TYPE reported after samples"
        ));
    }
    family.kind = match &rest.to_ascii_lowercase()[..] {
        "counter" => MetricType::COUNTER,
        "gauge" => MetricType::GAUGE,
        "summary" => MetricType::SUMMARY,
        "untyped" => MetricType::UNTYPED,
        "histogram" => MetricType::HISTOGRAM,
        _ => return Err(format!("unknown metric type {rest:?}")),
    };
    family.typed = true;
    Ok(())
}

/// The family that a metric called `name` belongs to: its own, or the summary or histogram that
/// the suffix points to.
fn family_name(families: &BTreeMap<String, Family>, name: &str) -> String {
    if families.contains_key(name) {
        return name.to_owned();
    }
    let known = |base: Option<&str>, kind| {
        base.filter(|base| families.get(*base).is_some_and(|f| f.kind == kind)).map(str::to_owned)
    };
    let total = name.strip_suffix("_count").or_else(|| name.strip_suffix("_sum"));
    known(total, MetricType::SUMMARY)
        .or_else(|| known(total.or_else(|| name.strip_suffix("_bucket")), MetricType::HISTOGRAM))
        .unwrap_or_else(|| name.to_owned())
}

/// Which value of its metric a line gives.
enum Part {
    Value,
    Sum,
    Count,
    /// Quantile or bucket.
    Inner(f64),
}

fn parse_sample(families: &mut BTreeMap<String, Family>, line: &str) -> Result<(), String> {
    let (name, rest) = split_name(line, true).ok_or("invalid metric name")?;
    let base = family_name(families, name);
    let family = families.entry(base.clone()).or_default();
    let mut rest = skip_blanks(rest);
    let mut labels = BTreeMap::new();
    let mut inner = None;
    if let Some(body) = rest.strip_prefix('{') {
        let special = match family.kind {
            MetricType::SUMMARY => Some("quantile"),
            MetricType::HISTOGRAM => Some("le"),
            _ => None,
        };
        rest = parse_labels(body, special, &mut labels, &mut inner)?;
    }
    let (value, stamp) = split_value(skip_blanks(rest));
    let value =
        parse_float(value).ok_or_else(|| format!("expected float as value, got {value:?}"))?;
    let stamp = skip_blanks(stamp);
    if !stamp.is_empty() {
        stamp
            .parse::<i64>()
            .map_err(|_| format!("expected integer as timestamp, got {stamp:?}"))?;
    }
    let part = match (family.kind, name.strip_prefix(&base[..]).unwrap_or_default()) {
        (MetricType::SUMMARY | MetricType::HISTOGRAM, "_sum") => Part::Sum,
        (MetricType::SUMMARY | MetricType::HISTOGRAM, "_count") => Part::Count,
        (MetricType::SUMMARY, _) => inner.map_or(Part::Value, Part::Inner),
        (MetricType::HISTOGRAM, "_bucket") => inner.map_or(Part::Value, Part::Inner),
        _ => Part::Value,
    };
    let grouped = matches!(family.kind, MetricType::SUMMARY | MetricType::HISTOGRAM);
    let known = family.points.iter().position(|p| grouped && p.labels == labels);
    let index = known.unwrap_or_else(|| {
        family.points.push(Point { labels, ..Point::default() });
        family.points.len() - 1
    });
    let Some(point) = family.points.get_mut(index) else { return Ok(()) };
    point.stamped |= !stamp.is_empty();
    match part {
        Part::Value => point.value = value,
        Part::Sum => point.sum = value,
        Part::Count => point.count = value as u64,
        Part::Inner(key) => point.parts.push((key, value)),
    }
    Ok(())
}

/// Labels after the brace; returns what follows the closing one. The value of the label called
/// `special` goes to `inner`.
fn parse_labels<'t>(
    mut rest: &'t str,
    special: Option<&str>,
    labels: &mut BTreeMap<String, String>,
    inner: &mut Option<f64>,
) -> Result<&'t str, String> {
    loop {
        rest = skip_blanks(rest);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let (name, after) = split_name(rest, false).ok_or("invalid label name")?;
        if name == "__name__" {
            return Err(format!("label name {name:?} is reserved"));
        }
        let after = skip_blanks(after).strip_prefix('=').ok_or("expected '=' after label name")?;
        let after =
            skip_blanks(after).strip_prefix('"').ok_or("expected '\"' at start of label value")?;
        let end = closing_quote(after).ok_or("label value contains unescaped new-line")?;
        let value = unescape(&after[..end], true)?;
        if special == Some(name) {
            let number = parse_float(&value);
            *inner = Some(number.ok_or_else(|| format!("expected float as value of {name:?}"))?);
        } else if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("duplicate label name {name:?}"));
        }
        rest = skip_blanks(&after[end + 1..]);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("unexpected end of label value".to_owned()),
        }
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}

fn unescape(text: &str, quotes: bool) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if quotes => '"',
                other => {
                    return Err(format!("invalid escape sequence '\\{}'", other.unwrap_or(' ')));
                }
            },
            c => c,
        });
    }
    Ok(out)
}

/// The longest legacy name at the start.
fn split_name(text: &str, colons: bool) -> Option<(&str, &str)> {
    let part = |i: usize, b: u8| {
        b.is_ascii_alphabetic() || b == b'_' || b == b':' && colons || i > 0 && b.is_ascii_digit()
    };
    let end = text.bytes().enumerate().position(|(i, b)| !part(i, b)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn split_value(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t']).unwrap_or(text.len()))
}

/// Decimal numbers, infinities and NaN; no hexadecimal form, no underscores.
fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Expect) {
        let shown = match parse(text.as_bytes()) {
            Ok(families) => families.iter().fold(String::new(), |mut all, (name, f)| {
                all.push_str(&format!("{name} {:?} {:?}\n", f.kind, f.help));
                for p in &f.points {
                    let Point { labels, value, parts, sum, count, stamped } = p;
                    all.push_str(&format!(
                        "  {labels:?} {value} {parts:?} sum {sum} count {count} stamped {stamped}\n"
                    ));
                }
                all
            }),
            Err(error) => format!("{error}\n"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn plain_metrics() {
        check(
            "# a comment\n\n# HELP m A \\n \\\\ help.\n# TYPE m Gauge\nm { a = \"x\\\"\\n\" , } 1e3\nm +Inf\nn NaN 5\n",
            expect![[r#"
                m GAUGE Some("A \n \\ help.")
                  {"a": "x\"\n"} 1000 [] sum 0 count 0 stamped false
                  {} inf [] sum 0 count 0 stamped false
                n UNTYPED None
                  {} NaN [] sum 0 count 0 stamped true
            "#]],
        );
    }

    #[test]
    fn parts_of_summaries_and_histograms_meet() {
        check(
            "# TYPE s summary\ns{quantile=\"0.5\",x=\"1\"} 2\ns_sum{x=\"1\"} 3\ns_count{x=\"1\"} 4\n\
             # TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\ns_bucket 9\n",
            expect![[r#"
                h HISTOGRAM None
                  {} 0 [(1.0, 1.0), (inf, 2.0)] sum 3 count 2 stamped false
                s SUMMARY None
                  {"x": "1"} 0 [(0.5, 2.0)] sum 3 count 4 stamped false
                s_bucket UNTYPED None
                  {} 9 [] sum 0 count 0 stamped false
            "#]],
        );
    }

    #[test]
    fn mistakes_are_found() {
        for (text, expected) in [
            ("m 1", "line 1: unexpected end of input stream"),
            ("m 1\r\n", "line 1: expected float as value, got \"1\\r\""),
            ("!!! 1\n", "line 1: invalid metric name"),
            ("m\n", "line 1: expected float as value, got \"\""),
            ("m 0x10\n", "line 1: expected float as value, got \"0x10\""),
            ("m 1 x\n", "line 1: expected integer as timestamp, got \"x\""),
            ("m{a=\"1\",a=\"2\"} 1\n", "line 1: duplicate label name \"a\""),
            ("m{__name__=\"1\"} 1\n", "line 1: label name \"__name__\" is reserved"),
            ("m{a=\"\\x\"} 1\n", "line 1: invalid escape sequence '\\x'"),
            ("m{a=\"1\n\"} 1\n", "line 1: label value contains unescaped new-line"),
            ("m{a\"1\"} 1\n", "line 1: expected '=' after label name"),
            ("m{a=\"1\" b=\"2\"} 1\n", "line 1: unexpected end of label value"),
            ("m 1\n# TYPE m gauge\n", "line 2: second TYPE line"),
            ("# HELP m a\n# HELP m b\n", "line 2: second HELP line"),
            ("# TYPE m rate\n", "line 1: unknown metric type \"rate\""),
            (
                "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n",
                "line 2: expected float as value of \"le\"",
            ),
        ] {
            let error = parse(text.as_bytes()).expect_err(text).to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(parse(&bytes));
        }

        #[test]
        fn no_likely_input_panics(text in "([#mhs_{}=\"\\\\, 1\n]|TYPE|HELP|le|summary){0,30}") {
            drop(parse(text.as_bytes()));
        }
    }
}
