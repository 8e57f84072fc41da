//! What went wrong in a block, without positions.
//!
//! Faults are memoized, so they name expressions and statements instead of offsets: moving a block
//! keeps its faults equal. Positions and the text of expressions are filled in when one is shown.

use alloy_value::{About, DecodeError};

use crate::help::Help;
use crate::hir::ExprId;
use crate::rules::codes;

/// Half-open byte range, relative to the start of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Nothing that has a position (a null value, a missing attribute at run time).
    Nowhere,
    /// An expression.
    Expr(ExprId),
    /// The name after the dot of an access expression.
    Member(ExprId),
    /// A field of an object literal, by its value: from the key to the end of the value.
    Field(ExprId),
    /// A statement, by the indices that lead to it; empty for the block itself.
    Statement(Box<[u32]>, Part),
}

/// Which part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// Name start to the opening brace.
    Header,
    Name,
}

/// An error with its place in the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) subject: Subject,
    /// True if the text of the subject and `path` stand before the message.
    pub(crate) decorated: bool,
    /// Way from the subject to the part that was wrong: `.field[0]`.
    pub(crate) path: String,
    pub(crate) message: String,
    /// The rule that it breaks, see [`codes`].
    pub(crate) code: &'static str,
    pub(crate) help: Option<Box<Help>>,
}

impl Fault {
    fn new(subject: Subject, decorated: bool, message: String) -> Self {
        // An expression that cannot be computed, unless somebody knows better.
        let code = value_code(&message).unwrap_or(codes::EVALUATION);
        Self { subject, decorated, path: String::new(), message, code, help: None }
    }

    /// An error shown without the text of an expression.
    pub(crate) fn plain(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, false, message.into())
    }

    /// An error shown behind the text of `expr`.
    pub(crate) fn at(expr: ExprId, message: impl Into<String>) -> Self {
        Self::new(Subject::Expr(expr), true, message.into())
    }

    /// An error about a value that no expression stands for, such as null.
    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self::new(Subject::Nowhere, true, message.into())
    }

    /// The same as a violation of the rule `code`.
    #[must_use]
    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// What it says beside its message, to add to.
    pub(crate) fn help(&mut self) -> &mut Help {
        self.help.get_or_insert_default()
    }

    /// The message as it is shown; `text_of` gives the text of an expression.
    pub(crate) fn text(&self, text_of: impl FnOnce(ExprId) -> String) -> String {
        match (&self.subject, self.decorated) {
            (_, false) => self.message.clone(),
            (Subject::Expr(id), true) => format!("{}{} {}", text_of(*id), self.path, self.message),
            (_, true) => format!("{} {}", self.path, self.message),
        }
    }
}

/// The rule that a decode error breaks.
pub(crate) fn decode_code(error: &DecodeError) -> &'static str {
    let message = error.message.as_str();
    match error.about {
        About::Missing if message.starts_with("missing required block") => codes::MISSING_BLOCK,
        About::Missing => codes::MISSING_ATTRIBUTE,
        About::Header if message.ends_with("requires non-empty label") => codes::MISSING_LABEL,
        About::Header => codes::UNEXPECTED_LABEL,
        About::Validation => codes::INVALID_VALUE,
        About::Statement if message.starts_with("unrecognized attribute") => {
            codes::UNKNOWN_ATTRIBUTE
        }
        About::Statement if message.starts_with("unrecognized block") => codes::UNKNOWN_BLOCK,
        About::Statement if message.contains(" must be a") => codes::ATTRIBUTE_OR_BLOCK,
        About::Statement if message.starts_with("nested blocks") => codes::UNKNOWN_BLOCK,
        About::Statement => codes::REPEATED,
        About::Value if message.starts_with("does not have field named") => {
            codes::UNKNOWN_ATTRIBUTE
        }
        About::Value => value_code(message).unwrap_or(codes::MALFORMED_TEXT),
    }
}

/// The rule that a value of the wrong type breaks; `None` if the type is not what is wrong.
fn value_code(message: &str) -> Option<&'static str> {
    let is_about_type = ["should be ", "expected object", "cannot access field "]
        .iter()
        .any(|start| message.starts_with(start));
    match message {
        _ if is_about_type => Some(codes::TYPE_MISMATCH),
        _ if message.starts_with("expected capsule(") => Some(codes::WRONG_EXPORT_KIND),
        _ => None,
    }
}
