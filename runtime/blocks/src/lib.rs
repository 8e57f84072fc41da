//! Argument blocks that components of several families share, each defined once.
//!
//! # Invariants
//! - A block here is arguments and validation only; what it configures lives in `runtime/flow`.
//! - A block that is squashed into another struct is validated by its owner: squashed structs run
//!   no hooks of their own (spec/language.md §10.2).
//!
//! Start reading at [`RuleBlock`].

mod rule;

pub use rule::{RELABEL_RULES, RelabelRules, RuleBlock};
