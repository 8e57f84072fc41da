//! Applies fixes.

use std::sync::Arc;

use alloy_queries::Source;
use alloy_queries::rules::codes;
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix, Span};

use crate::checker::{Checked, Checker};
use crate::fingerprint;

/// A fix may make place for another one, but not for ever.
const MAX_PASSES: usize = 10;

/// Which fixes are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixMode {
    /// Those that keep the meaning.
    Safe,
    /// All.
    Unsafe,
}

impl FixMode {
    fn allows(self, fix: &Fix) -> bool {
        self == Self::Unsafe || fix.applicability == Applicability::Safe
    }
}

/// A configuration with its fixes applied.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// What is left, with the new texts.
    pub checked: Checked,
    /// Number of findings whose fix was applied.
    pub applied: usize,
}

/// Applies fixes until there are no more. A file whose fixes would make things worse is left as it
/// is, and reported.
pub fn fix(checker: &Checker, sources: Vec<Source>, mode: FixMode) -> Fixed {
    let mut checked = checker.check(sources);
    let mut applied = 0;
    // Files that stay as they are, with the reason.
    let mut frozen: Vec<(Arc<str>, String)> = Vec::new();
    for _ in 0..MAX_PASSES {
        let mut progress = false;
        let names: Vec<Arc<str>> =
            checked.sources.iter().map(|source| Arc::clone(&source.name)).collect();
        for (index, name) in names.into_iter().enumerate() {
            if frozen.iter().any(|(file, _)| *file == name) {
                continue;
            }
            let Some(source) = checked.sources.get(index) else { continue };
            let (text, count) = apply(&source.text, &edits(&checked.diagnostics, &name, mode));
            if count == 0 || text == *source.text {
                continue;
            }
            let mut sources = checked.sources.clone();
            if let Some(source) = sources.get_mut(index) {
                source.text = text.into();
            }
            let after = checker.check(sources);
            match new_error(&checked.diagnostics, &after.diagnostics) {
                Some(error) => frozen.push((name, error)),
                None => {
                    checked = after;
                    applied += count;
                    progress = true;
                }
            }
        }
        if !progress {
            break;
        }
    }
    for (name, error) in frozen {
        let place = Diagnostic::warning(Span::None, format!("the fixes would cause: {error}"))
            .with_code(codes::FIX_REFUSED)
            .with_file(name);
        let mut refused = vec![place];
        checker.settings.apply(&mut refused);
        checked.diagnostics.extend(refused);
    }
    Fixed { checked, applied }
}

/// The fixes of a file, the most important first: those of errors, then by rule. The layout comes
/// last, because it touches everything.
fn edits<'d>(diagnostics: &'d [Diagnostic], file: &str, mode: FixMode) -> Vec<&'d [Edit]> {
    let mut fixes: Vec<(&Diagnostic, &Fix)> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.file.as_deref() == Some(file))
        .filter_map(|d| Some((d, d.fixes.iter().find(|fix| mode.allows(fix))?)))
        .collect();
    fixes.sort_by_key(|(diagnostic, _)| {
        let layout = diagnostic.code == Some(codes::UNFORMATTED);
        (layout, std::cmp::Reverse(diagnostic.severity), diagnostic.code)
    });
    fixes.into_iter().map(|(_, fix)| fix.edits.as_slice()).collect()
}

/// The text with all groups of edits that touch no group before them, and how many those are.
fn apply(text: &str, groups: &[&[Edit]]) -> (String, usize) {
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for group in groups {
        let apart = |edit: &Edit| {
            chosen.iter().all(|other| {
                edit.span.end < other.span.start
                    || other.span.end < edit.span.start
                    || (edit.span.end == other.span.start && !edit.span.is_empty())
                    || (other.span.end == edit.span.start && !other.span.is_empty())
            })
        };
        if !group.is_empty() && group.iter().all(apart) {
            chosen.extend(group.iter());
            count += 1;
        }
    }
    chosen.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in chosen {
        out.push_str(text.get(done..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        done = edit.span.end as usize;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (out, count)
}

/// The first finding of the families that keep a configuration from running which was not there
/// before.
fn new_error(before: &[Diagnostic], after: &[Diagnostic]) -> Option<String> {
    let matters = |diagnostic: &&Diagnostic| {
        let code = diagnostic.code.unwrap_or("AL0");
        ["AL0", "AL1", "AL2", "AL3"].iter().any(|family| code.starts_with(family))
    };
    let mut known: Vec<String> = before.iter().filter(matters).map(fingerprint).collect();
    after.iter().filter(matters).find_map(|diagnostic| {
        let fingerprint = fingerprint(diagnostic);
        match known.iter().position(|known| *known == fingerprint) {
            Some(at) => {
                known.swap_remove(at);
                None
            }
            None => Some(diagnostic.wording().to_owned()),
        }
    })
}

/// The difference between two texts of a file as a patch; empty if they are equal.
pub fn patch(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(name, name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_touch_an_earlier_one_wait() {
        let edit = |span, text: &str| Edit { span, text: text.to_owned() };
        let groups: &[&[Edit]] = &[
            &[edit(4..7, "B")],
            &[edit(0..1, "A"), edit(5..6, "x")],
            &[edit(8..8, "-"), edit(1..2, "")],
            &[edit(7..8, "+")],
        ];
        assert_eq!(apply("abc def ghi", groups), ("ac B+-ghi".to_owned(), 3));
    }

    #[test]
    fn errors_that_were_not_there_before_count() {
        let finding = |code, message: &str| {
            Diagnostic::error(Span::None, message).with_code(code).with_component("a.b.c")
        };
        let before = [finding("AL301", "x"), finding("AL501", "y")];
        let same = [finding("AL601", "z"), finding("AL301", "x")];
        assert_eq!(new_error(&before, &same), None);
        let twice = [finding("AL301", "x"), finding("AL301", "x")];
        assert_eq!(new_error(&before, &twice), Some("x".to_owned()));
        assert_eq!(new_error(&before, &[finding("AL001", "s")]), Some("s".to_owned()));
    }

    #[test]
    fn a_patch_is_unified() {
        assert_eq!(
            patch("a.alloy", "x\ny\n", "x\nz\n"),
            "--- a.alloy\n+++ a.alloy\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"
        );
        assert_eq!(patch("a.alloy", "x\n", "x\n"), "");
    }
}
