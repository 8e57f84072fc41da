//! Regular expressions of the configuration language: Go's RE2 dialect on a linear-time engine.
//!
//! # Invariants
//! - The dialect is Go's, not Rust's: the pattern is parsed here into the engine's own tree, no text
//!   is ever translated to another dialect. `corpus/metrics/regex.json` decides what is accepted.
//! - Matching takes time linear in the text; a compiled pattern has a size cap.
//! - Parsing needs no recursion; a pattern nests at most 1,000 levels.
//! - Knows nothing about labels or rules.
//!
//! Start reading at [`Regex`], then `parse::parse`.

mod classes;
mod error;
mod fast;
mod parse;
mod possible;
mod regex;
mod template;

pub use error::{Reason, RegexError};
pub use regex::{Groups, Regex};
pub use template::Template;

/// Fuzz entry: no input may panic, and what compiles can be matched.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, input) = text.split_once('\n').unwrap_or((text, ""));
    for compiled in [Regex::new(pattern), Regex::anchored(pattern)].into_iter().flatten() {
        let mut groups = Groups::default();
        let matched = compiled.captures(input, &mut groups);
        assert_eq!(matched, compiled.is_match(input), "fast path and engine agree");
        if matched {
            let template = Template::new(pattern, &compiled);
            let mut out = String::new();
            template.expand(input, &groups, &mut out);
        }
    }
}

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_regex_translate_replay() {
        alloy_corpus::seeds("regex_translate").iter().for_each(|seed| super::fuzz(seed));
    }
}
