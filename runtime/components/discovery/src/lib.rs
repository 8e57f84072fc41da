//! The `discovery.*` components: they find targets or rewrite them.
//!
//! # Invariants
//! - A failure to look targets up keeps the targets found last.
//! - Targets are exported as they are; no component here removes duplicates or sorts.
//!
//! Start reading at [`relabel`], then [`file`].

use alloy_component::ComponentDef;

pub mod file;
pub mod relabel;
#[cfg(test)]
mod testing;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[&file::COMPONENT, &relabel::COMPONENT];
