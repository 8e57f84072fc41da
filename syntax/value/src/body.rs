//! What decoding reads: a block body whose expressions are already values.

use std::sync::Arc;

use crate::Value;

/// Evaluated body of a block: statements in source order.
#[derive(Clone, Debug, Default)]
pub struct EvaluatedBody {
    /// Attributes and nested blocks in source order.
    pub entries: Vec<BodyEntry>,
}

/// One statement of an evaluated body. Its index in [`EvaluatedBody::entries`] identifies it in a
/// [`crate::DecodeError`], so positions stay with whoever built the body.
#[derive(Clone, Debug)]
pub enum BodyEntry {
    /// `name = value`.
    Attribute {
        /// Attribute name.
        name: Arc<str>,
        /// Evaluated value.
        value: Value,
    },
    /// `name "label" { … }`.
    Block(EvaluatedBlock),
}

/// A nested block.
#[derive(Clone, Debug)]
pub struct EvaluatedBlock {
    /// Dotted block name.
    pub name: Arc<str>,
    /// Block label; `None` when there is none (or it is empty).
    pub label: Option<Arc<str>>,
    /// Statements.
    pub body: EvaluatedBody,
}
