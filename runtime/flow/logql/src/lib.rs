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
