//! What the binary, and tests and benches of the whole, have in common: all block types of this
//! build, and facts about the process.
//!
//! # Invariants
//! - Only assembly: everything that does something lives in a crate of its own or in a command.
//!
//! Start reading at [`registry`].

pub mod host;
pub mod registry;
