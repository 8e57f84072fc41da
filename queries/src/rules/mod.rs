//! Everything that a check can find: one table for `alloy check`, `alloy explain`, the editor and
//! `docs/rules.md`.

pub mod codes;
mod language;
mod lints;
mod names;
mod references;
mod values;

use std::fmt::Write as _;

use alloy_syntax::{Applicability, Severity};

/// One kind of finding.
#[derive(Debug)]
pub struct Rule {
    /// Its code, such as `AL201`; never given to another rule.
    pub code: &'static str,
    /// Its name, in words with dashes.
    pub name: &'static str,
    /// Its severity unless a user chooses another one.
    pub severity: Severity,
    /// The best fix that a finding may come with.
    pub fix: Option<Applicability>,
    /// The first version that has it.
    pub since: &'static str,
    /// What it finds, in one sentence.
    pub summary: &'static str,
    /// Why that matters and what to do about it.
    pub why: &'static str,
    /// A configuration with the problem.
    pub bad: &'static str,
    /// The same without.
    pub good: &'static str,
    /// False as long as this version knows the rule but does not look for it.
    pub reported: bool,
}

/// Rules whose codes have the same first digit.
#[derive(Debug)]
pub struct Family {
    /// What the codes start with, such as `AL2`.
    pub prefix: &'static str,
    /// What the rules have in common.
    pub title: &'static str,
    /// The rules, by code.
    pub rules: &'static [Rule],
}

/// All rules, by code.
pub static FAMILIES: &[Family] = &[
    Family { prefix: "AL0", title: "Syntax", rules: language::RULES },
    Family { prefix: "AL1", title: "Names and structure", rules: names::RULES },
    Family { prefix: "AL2", title: "Types and arguments", rules: values::RULES },
    Family { prefix: "AL3", title: "References", rules: references::RULES },
    Family { prefix: "AL4", title: "Deprecation", rules: lints::DEPRECATION },
    Family { prefix: "AL5", title: "Suspicious configurations", rules: lints::SUSPICIOUS },
    Family { prefix: "AL6", title: "Style", rules: lints::STYLE },
    Family { prefix: "AL9", title: "The check itself", rules: lints::SUPPRESSION },
];

/// All rules, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// The rule with this code or name.
pub fn rule(code_or_name: &str) -> Option<&'static Rule> {
    rules().find(|r| r.code.eq_ignore_ascii_case(code_or_name) || r.name == code_or_name)
}

/// Names and codes of rules that are spelt nearly like `text`, best first.
pub fn similar_rules(text: &str) -> Vec<&'static str> {
    let names = rules().flat_map(|rule| [rule.name, rule.code]);
    crate::similar::similar(text, names)
}

/// Where the reference of rules is, seen from the root of the project.
pub const REFERENCE: &str = "docs/rules.md";

impl Rule {
    /// The place in the reference that describes the rule.
    pub fn url(&self) -> String {
        format!("{REFERENCE}#{}", self.anchor())
    }

    fn anchor(&self) -> String {
        format!("{}-{}", self.code.to_lowercase(), self.name)
    }

    /// Whether findings can be fixed, in words.
    pub fn fix_text(&self) -> &'static str {
        match self.fix {
            None => "none",
            Some(Applicability::Safe) => "safe",
            Some(Applicability::Unsafe) => "unsafe",
        }
    }

    /// The description of the rule, for a terminal.
    pub fn explanation(&self) -> String {
        let indented = |text: &str| {
            text.lines()
                .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
                .collect::<Vec<_>>()
                .join("\n")
        };
        let mut text = format!("{}: {}\n\n", self.code, self.name);
        let facts = format!(
            "Severity: {}. Fix: {}. Since version {}.",
            severity_name(self.severity),
            self.fix_text(),
            self.since
        );
        for paragraph in [self.summary, self.why, &facts] {
            text.push_str(&wrapped(paragraph, 80));
            text.push('\n');
        }
        if !self.reported {
            text.push_str("This version does not look for it yet.\n\n");
        }
        // Writing to a string cannot fail, here and below.
        let _ok = writeln!(text, "Wrong:\n\n{}\n", indented(self.bad));
        let _ok = writeln!(text, "Right:\n\n{}\n", indented(self.good));
        let _ok = writeln!(text, "See {}", self.url());
        text
    }
}

/// The name of a severity as flags and machine-readable reports spell it.
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// The text of `docs/rules.md`.
pub fn reference() -> String {
    let mut text = String::from(
        "# Rules of `alloy check`\n\n\
         Every finding has a code and a name; both can be given where a rule is asked for, and so \
         can the start of a code (`AL5`). `alloy explain RULE` prints what is said here.\n\n\
         Errors keep a configuration from running. A *safe* fix does not change what the \
         configuration means, an *unsafe* one is what was probably meant.\n",
    );
    for family in FAMILIES {
        let _ok = write!(text, "\n## {}xx: {}\n\n", family.prefix, family.title);
        text.push_str("| Code | Name | Severity | Fix | Finds |\n|---|---|---|---|---|\n");
        for rule in family.rules {
            let _ok = writeln!(
                text,
                "| [{}](#{}) | `{}` | {} | {} | {} |",
                rule.code,
                rule.anchor(),
                rule.name,
                severity_name(rule.severity),
                rule.fix_text(),
                rule.summary
            );
        }
        for rule in family.rules {
            let _ok = write!(
                text,
                "\n### {} {}\n\n{} {}\n\n",
                rule.code, rule.name, rule.summary, rule.why
            );
            if !rule.reported {
                text.push_str("This version does not look for it yet.\n\n");
            }
            let _ok = write!(
                text,
                "Since version {}. Wrong:\n\n```text\n{}```\n\nRight:\n\n```text\n{}```\n",
                rule.since, rule.bad, rule.good
            );
        }
    }
    text
}

/// Breaks a paragraph into lines of at most `width` characters.
fn wrapped(paragraph: &str, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted_and_names_are_words_with_dashes() {
        let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        let mut names: Vec<&str> = rules().map(|rule| rule.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a name is given twice");
        for family in FAMILIES {
            for rule in family.rules {
                assert!(rule.code.starts_with(family.prefix), "{}", rule.code);
                assert!(rule.code.len() == 5, "{}", rule.code);
                let is_word =
                    |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
                assert!(rule.name.split('-').all(is_word), "{}", rule.name);
                for text in [rule.summary, rule.why] {
                    assert!(text.ends_with('.') && text.is_ascii(), "{}: {text}", rule.code);
                }
                assert!(rule.bad.ends_with('\n') && rule.good.ends_with('\n'), "{}", rule.code);
            }
        }
    }

    #[test]
    fn rules_are_found_by_code_and_name() {
        assert_eq!(rule("al201").map(|rule| rule.name), Some("unknown-attribute"));
        assert_eq!(rule("unknown-attribute").map(|rule| rule.code), Some("AL201"));
        assert!(rule("AL2").is_none());
        assert_eq!(similar_rules("unknown-atribute"), ["unknown-attribute"]);
    }

    #[test]
    fn the_reference_is_up_to_date() {
        let path = alloy_corpus::workspace().join("docs/rules.md");
        let expected = reference();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &expected).expect("write docs/rules.md");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == expected,
            "docs/rules.md is not what the table of rules says; write it again with\n\
             UPDATE_DOCS=1 cargo test -p alloy-queries --lib the_reference_is_up_to_date"
        );
    }
}
