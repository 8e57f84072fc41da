//! Syntax of the configuration language: text to lossless trees, diagnostics about text, and back
//! to formatted text.
//!
//! # Invariants
//! - Total: every text (and every byte string) gives tokens and a tree whose text is the input.
//!   What is wrong is a [`Diagnostic`], never a failure.
//! - Trees are at most [`MAX_DEPTH`] constructs deep, so that recursion over them is bounded.
//! - Formatting never changes a value and is a fixed point: formatted text stays as it is.
//! - Knows nothing about evaluation, components, salsa or asynchronous code.
//!
//! Start reading at [`parse_file`], then [`ast`], then [`Diagnostic`]; [`split()`] and [`resplit`] serve
//! incremental use.

pub mod ast;
mod cache;
mod chars;
mod diagnostic;
mod format;
pub mod fuzzing;
mod guide;
mod kind;
mod lexer;
mod line_index;
mod literal;
mod parse;
mod parser;
mod render;
mod split;
mod unclosed;

pub use chars::{is_identifier, is_identifier_part, quote, quote_bytes, sanitize_identifier};
pub use diagnostic::{
    Applicability, Diagnostic, Edit, Fix, Location, Related, Severity, Span, all_messages, summary,
};
pub use format::{format, format_bytes, format_expr};
pub use kind::{Alloy, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};
pub use lexer::{LexError, Lexer, Token, comment_text, lex, lex_bytes};
pub use line_index::{LineIndex, Position};
pub use literal::{Number, parse_number, unescape};
pub use parse::{Parse, parse_bytes, parse_expr, parse_file, parse_item};
pub use parser::{INVALID_LABEL, MAX_DEPTH, SYNTAX};
pub use render::{Color, render};
pub use rowan::{self, TextRange, TextSize};
pub use split::{Item, ItemKey, Resplit, item_key, resplit, split};

#[cfg(test)]
mod tests;
