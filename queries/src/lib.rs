//! The configuration as a database: from text, environment and exports to typed arguments and
//! diagnostics, recomputing only what a change reaches.
//!
//! # Invariants
//! - Pure: no query reads a clock, a file, the environment, a socket or a random number. What comes
//!   from outside is an input, written through [`Engine`] only.
//! - Exports are inputs, so evaluation never recurses along the graph of components.
//! - Nothing with a database lifetime leaves this crate; ids are small and `Copy`.
//! - A load is a transaction: refused as a whole, or pending until it is committed or rolled back.
//! - Memos are position-free. Moving a block or changing a comment evaluates nothing.
//! - Knows no component: it receives a [`alloy_value::Registry`].
//!
//! Start reading at [`Engine`], then `inputs` (the ground state), `queries`, `names`, `evaluated`.

mod advice;
mod alone;
mod api;
mod change;
mod check;
mod custom;
mod db;
mod edits;
mod engine;
mod eval;
mod evaluated;
mod expression;
mod facts;
mod fault;
mod full_check;
pub mod fuzzing;
mod gates;
mod help;
mod hir;
mod imports;
mod inputs;
mod load_check;
mod lower;
mod module_types;
mod modules;
mod names;
mod ours;
mod queries;
mod redact;
mod report;
mod rich;
pub mod rules;
mod schema;
mod shown;
mod signatures;
mod similar;
mod stdlib;
mod steps;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
mod undo;
mod view;
mod words;

pub use alloy_syntax::{Diagnostic, summary};
pub use alone::{check_body, evaluate_body, literal_attribute};
pub use api::{
    EvalError, ForeachChild, HostFacts, Load, NodeChange, NodeId, NodeInfo, NodeKind, Options,
    Order, Pending, Rejected, Source,
};
pub use custom::{CUSTOM_COMPONENT, CustomArgs};
pub use engine::{CheckInput, CheckReport, Engine};
pub use expression::{ExpressionScope, evaluate_expression};
pub use imports::{Imported, Importer};
pub use modules::{ModuleError, attribute};
pub use redact::{redact_body, redact_file};
pub use rich::render_full;
pub use shown::BlockTexts;
pub use similar::{did_you_mean, similar as similar_names};
pub use stdlib::{LibraryItem, library};
pub use steps::Step;
