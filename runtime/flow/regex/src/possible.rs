//! Whether a pattern can match anything.

use regex_syntax::hir::{Hir, HirKind, Look};

/// False if no text matches, as far as the shape of the pattern shows it: empty classes, and
/// anchors with text on their wrong side.
pub(crate) fn is_possible(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => true,
        HirKind::Class(class) => !class.is_empty(),
        HirKind::Repetition(repetition) => repetition.min == 0 || is_possible(&repetition.sub),
        HirKind::Capture(capture) => is_possible(&capture.sub),
        HirKind::Alternation(parts) => parts.iter().any(is_possible),
        HirKind::Concat(parts) => parts.iter().all(is_possible) && has_room(parts),
    }
}

/// False if a part needs the start of the text behind other text, or its end before other text.
fn has_room(parts: &[Hir]) -> bool {
    let takes_text = |part: &Hir| part.properties().minimum_len().is_some_and(|len| len > 0);
    parts.iter().enumerate().all(|(index, part)| {
        let (before, after) = (&parts[..index], &parts[index + 1..]);
        let starts = part.properties().look_set_prefix().contains(Look::Start);
        let ends = part.properties().look_set_suffix().contains(Look::End);
        let misplaced =
            starts && before.iter().any(takes_text) || ends && after.iter().any(takes_text);
        !misplaced
    })
}

#[cfg(test)]
mod tests {
    use crate::Regex;

    #[test]
    fn patterns_that_match_nothing() {
        let patterns = ["a$b", "a^b", "(a|b)^c", r"[^\s\S]", "x(?:$)y", "a$b|c^d"];
        for pattern in patterns {
            assert_eq!(Regex::can_match(pattern).ok(), Some(false), "{pattern}");
            let Ok(regex) = Regex::anchored(pattern) else { continue };
            for text in ["", "a", "b", "ab", "ac", "xy", "a$b"] {
                assert!(!regex.is_match(text), "{pattern} {text}");
            }
        }
        for pattern in ["", "a", "^a$", "a*^b", "a$b*", "a$b|c", "(a$b)*", "(?m)a$\nb", ".*", "a|$"]
        {
            assert_eq!(Regex::can_match(pattern).ok(), Some(true), "{pattern}");
        }
    }
}
