//! The part of LogQL that `stage.match` understands: a stream selector and line filters
//! (shared/spec/components/loki.process.md).
//!
//! ```text
//! selector = "{" matcher { "," matcher } "}" { filter }
//! matcher  = name ( "=" | "!=" | "=~" | "!~" ) string
//! filter   = ( "|=" | "!=" | "|~" | "!~" ) string
//! ```
//!
//! Strings are in double quotes, with the escapes of Go; comments are those of Go.
//!
//! # Invariants
//! - Errors say where in the text they are, in bytes, and print as the reference prints them.
//! - Knows no entries: what a selector is applied to is the component's business.
//!
//! Start reading at [`parse`].

mod lexer;
mod parser;

pub use parser::{Comparison, Filter, Matcher, ParseError, Selector, parse};

/// Fuzz entry: no text may panic, and errors lead to a part of the text.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(selector) => assert!(!selector.matchers.is_empty(), "{text:?} has no matcher"),
        Err(error) => {
            assert!(text.get(error.range.clone()).is_some(), "{:?} in {text:?}", error.range);
        }
    }
}

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_logql_parse_replay() {
        alloy_corpus::seeds("logql_parse").iter().for_each(|seed| super::fuzz(seed));
    }
}
