//! What went wrong in a block, without positions.
//!
//! Faults are memoized, so they name expressions and statements instead of offsets: moving a block
//! keeps its faults equal. Positions and the text of expressions are filled in when one is shown.

use crate::hir::ExprId;

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
}

impl Fault {
    /// An error shown without the text of an expression.
    pub(crate) fn plain(subject: Subject, message: impl Into<String>) -> Self {
        Self { subject, decorated: false, path: String::new(), message: message.into() }
    }

    /// An error shown behind the text of `expr`.
    pub(crate) fn at(expr: ExprId, message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Expr(expr),
            decorated: true,
            path: String::new(),
            message: message.into(),
        }
    }

    /// An error about a value that no expression stands for, such as null.
    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Nowhere,
            decorated: true,
            path: String::new(),
            message: message.into(),
        }
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
