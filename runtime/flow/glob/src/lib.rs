//! Matches and expands file name patterns as Go's `path/filepath` does.
//!
//! # Invariants
//! - `*`, `?` and classes never match the separator `/`.
//! - A bad pattern is an error wherever in the pattern it is bad, whatever the name looks like.
//! - Expanding ignores what cannot be read: an unreadable directory has no matches.
//!
//! Start reading at [`matches()`], then [`expand`].

use std::path::{Path, PathBuf};

/// The pattern is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// A pattern, parsed.
enum Part {
    Literal(char),
    One,
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Literal(l) => *l == c,
            Self::One => c != '/',
            Self::Any => false,
            Self::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&c)) != *negated
            }
        }
    }
}

/// Whether `name` as a whole matches `pattern`: `*`, `?`, `[a-z]`, `[^a-z]`, `\` before a literal.
///
/// # Errors
/// The pattern ends within a class or an escape, or a class is empty or has a bare `-` or `]`.
///
/// *Cost*: pattern length times name length.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let parts = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when a later part fails: the part after the last `*`, and how far it reached.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() || p < parts.len() {
        match parts.get(p) {
            Some(Part::Any) => {
                retry = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(part) if n < name.len() && part.accepts(name[n]) => {
                (p, n) = (p + 1, n + 1);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, reached)) if reached < name.len() && name[reached] != '/' => {
                retry = Some((after, reached + 1));
                (p, n) = (after, reached + 1);
            }
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Whether `pattern` is well formed.
///
/// # Errors
/// See [`matches()`].
pub fn check(pattern: &str) -> Result<(), BadPattern> {
    parse(pattern).map(drop)
}

fn parse(pattern: &str) -> Result<Vec<Part>, BadPattern> {
    let mut chars = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Literal(chars.next().ok_or(BadPattern)?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let lo = class_char(&mut chars)?;
                    let hi = match chars.next_if_eq(&'-') {
                        Some(_) => class_char(&mut chars)?,
                        None => lo,
                    };
                    ranges.push((lo, hi));
                }
                Part::Class { negated, ranges }
            }
            c => Part::Literal(c),
        });
    }
    Ok(parts)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

/// Whether `pattern` has any of `*?[\`.
pub fn has_meta(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}

/// The existing paths that match `pattern`, sorted within each directory. Blocking.
///
/// # Errors
/// See [`matches()`].
pub fn expand(pattern: &str) -> Result<Vec<PathBuf>, BadPattern> {
    check(pattern)?;
    if !has_meta(pattern) {
        let path = PathBuf::from(pattern);
        return Ok(if path.symlink_metadata().is_ok() { vec![path] } else { Vec::new() });
    }
    let (dir, file) = match pattern.rfind('/') {
        Some(0) => ("/", &pattern[1..]),
        Some(i) => (&pattern[..i], &pattern[i + 1..]),
        None => ("", pattern),
    };
    let dirs = if has_meta(dir) { expand(dir)? } else { vec![PathBuf::from(dir)] };
    let mut found = Vec::new();
    for dir in dirs {
        let start = found.len();
        let listed = if dir.as_os_str().is_empty() { Path::new(".") } else { &dir };
        let Ok(entries) = listed.read_dir() else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if let Some(name) = name.to_str()
                && matches(file, name)?
            {
                found.push(dir.join(name));
            }
        }
        found[start..].sort();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "a/c/b", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[e-g]", "abc", Ok(false)),
            ("ab[^c]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a\\*b", "ab", Ok(false)),
            ("a?b", "a☺b", Ok(true)),
            ("a???b", "a☺b", Ok(false)),
            ("a?b", "a/b", Ok(false)),
            ("a*b", "a/b", Ok(false)),
            ("[\\]a]", "]", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[]a]", "]", Err(BadPattern)),
            ("[-]", "-", Err(BadPattern)),
            ("[x-]", "x", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("a[", "a", Err(BadPattern)),
            ("*x", "xxx", Ok(true)),
            ("", "", Ok(true)),
            ("*", "", Ok(true)),
            ("**", "ab", Ok(true)),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn expand_walks_only_directories_that_match() {
        let dir = tempfile::tempdir().expect("temp dir");
        for name in ["a1/x.prom", "a2/y.prom", "b/z.prom"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("mkdir");
            std::fs::write(path, "").expect("write");
        }
        let root = dir.path().to_str().expect("utf-8");
        let shown = |pattern: &str| {
            let found = expand(&format!("{root}/{pattern}")).expect("good pattern");
            let short = |p: &PathBuf| p.strip_prefix(root).expect("below").display().to_string();
            found.iter().map(short).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown("a*/*.prom"), "a1/x.prom a2/y.prom");
        assert_eq!(shown("b/z.prom"), "b/z.prom");
        assert_eq!(shown("c*/z.prom"), "");
        assert_eq!(expand("/nowhere/[").err(), Some(BadPattern));
    }

    proptest! {
        #[test]
        fn a_name_matches_its_escaped_self(name in "[a-z*?\\[\\]\\\\^.-]{0,12}") {
            let escaped: String = name.chars().flat_map(|c| ['\\', c]).collect();
            prop_assert_eq!(matches(&escaped, &name), Ok(true));
        }

        #[test]
        fn no_pattern_panics(pattern in ".{0,20}", name in ".{0,20}") {
            let _ = matches(&pattern, &name);
        }
    }
}
