//! Replacement templates: `$1`, `${1}`, `$name`, `${name}`, `$$`.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::{Groups, Regex};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    /// The first of these groups that took part. A name may belong to several, or to none.
    Groups(Box<[usize]>),
}

/// A parsed replacement, bound to the groups of one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Box<[Part]>,
}

impl Template {
    /// Parses `text`. Never fails: what is no reference is text, an unknown group expands to nothing.
    pub fn new(text: &str, regex: &Regex) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                literal.push('$');
                rest = after;
                continue;
            }
            let Some((name, after)) = reference(after) else {
                literal.push('$');
                rest = after;
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal).into()));
            }
            parts.push(Part::Groups(groups_of(name, regex)));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal.into()));
        }
        Self { parts: parts.into() }
    }

    /// The whole replacement, if it refers to no group.
    pub fn as_text(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The group whose text is the whole replacement.
    pub fn as_group(&self) -> Option<usize> {
        match &*self.parts {
            [Part::Groups(groups)] if groups.len() == 1 => Some(groups[0]),
            _ => None,
        }
    }

    /// Appends the replacement for a match in `text` to `out`.
    pub fn expand(&self, text: &str, groups: &Groups, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(literal) => out.push_str(literal),
                Part::Groups(candidates) => {
                    let taken = candidates.iter().find_map(|&group| groups.get(text, group));
                    out.push_str(taken.unwrap_or_default());
                }
            }
        }
    }
}

/// Splits a reference, whose `$` has been taken, into its name and the rest.
fn reference(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let body = braced.unwrap_or(text);
    let end = body.find(|c| !is_word(c)).unwrap_or(body.len());
    if end == 0 {
        return None;
    }
    let (name, rest) = body.split_at(end);
    Some((name, if braced.is_some() { rest.strip_prefix('}')? } else { rest }))
}

fn is_word(c: char) -> bool {
    use GeneralCategory as G;
    if c.is_ascii() {
        return c == '_' || c.is_ascii_alphanumeric();
    }
    matches!(
        get_general_category(c),
        G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter
            | G::DecimalNumber
    )
}

fn groups_of(name: &str, regex: &Regex) -> Box<[usize]> {
    let is_number =
        name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    if is_number {
        let number: Option<usize> = name.parse().ok().filter(|&n| n < regex.group_count());
        return number.into_iter().collect();
    }
    regex.groups_named(name).collect()
}
