//! The stage that reads values with a pattern.

use std::collections::BTreeSet;

use alloy_value::Block;

use super::check_source;

/// Reads values with a pattern.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct PatternStage {
    /// Text with captures: `<name>` becomes an extracted value, `<_>` is skipped.
    pub pattern: String,
    /// Extracted value to read instead of the line.
    pub source: Option<String>,
    /// Sets a label for each capture as well.
    #[args(default = false)]
    pub labels_from_groups: bool,
}

impl PatternStage {
    fn check(&self) -> Result<(), String> {
        parse(&self.pattern)
            .map_err(|reason| format!("stage.pattern: failed to parse pattern: {reason}"))?;
        check_source("stage.pattern", self.source.as_deref())
    }
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// Text as it stands.
    Literal(&'a str),
    /// `<name>`; `_` for what is skipped.
    Capture(&'a str),
}

/// The length of the capture that `text` begins with, with its brackets.
fn capture_len(text: &str) -> Option<usize> {
    let end = text.strip_prefix('<')?.find('>')?;
    let mut name = text[1..=end].bytes();
    let first = name.next()?;
    let is_name = (first.is_ascii_alphabetic() || first == b'_')
        && name.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(end + 2)
}

/// Splits a pattern into its parts. At least one capture has a name, no name is there twice, and no
/// two captures touch: where one ends would be open.
fn parse(pattern: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    let mut literal = 0;
    while literal < rest.len() {
        let Some(len) = capture_len(&rest[literal..]) else {
            literal += rest[literal..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if literal > 0 {
            parts.push(Part::Literal(&rest[..literal]));
        }
        parts.push(Part::Capture(&rest[literal + 1..literal + len - 1]));
        rest = &rest[literal + len..];
        literal = 0;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest));
    }
    if !parts.iter().any(|part| matches!(part, Part::Capture(name) if *name != "_")) {
        return Err("at least one capture is required".to_owned());
    }
    for pair in parts.windows(2) {
        if let [Part::Capture(one), Part::Capture(next)] = pair {
            return Err(format!("found consecutive capture '<{one}><{next}>': invalid expression"));
        }
    }
    let mut names = BTreeSet::new();
    for part in &parts {
        if let Part::Capture(name) = part
            && *name != "_"
            && !names.insert(*name)
        {
            return Err(format!("duplicate capture name ({name}): invalid expression"));
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn parts_are_literals_and_captures() {
        assert_eq!(
            parse("<ip> - [<_>] é<b"),
            Ok(vec![
                Part::Capture("ip"),
                Part::Literal(" - ["),
                Part::Capture("_"),
                Part::Literal("] é<b"),
            ])
        );
        let twice = parse("<_> <_> <a>").unwrap();
        assert_eq!(twice.len(), 5);
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        let refused = ["", "literal", "<_> x", "<1a> x", "<é> x", "<> x", "<a><b>", "<a> <a>"];
        let reasons: String =
            refused.iter().map(|text| format!("{text}: {}\n", parse(text).unwrap_err())).collect();
        expect![[r#"
            : at least one capture is required
            literal: at least one capture is required
            <_> x: at least one capture is required
            <1a> x: at least one capture is required
            <é> x: at least one capture is required
            <> x: at least one capture is required
            <a><b>: found consecutive capture '<a><b>': invalid expression
            <a> <a>: duplicate capture name (a): invalid expression
        "#]]
        .assert_eq(&reasons);
    }
}
