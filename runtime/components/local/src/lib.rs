//! Components that read the local machine: `local.file`, `local.file_match`.
//!
//! # Invariants
//! - File content is exported byte for byte; a failing read keeps the last content.
//! - Content that is too large or not UTF-8 is an error that names the file, never cut.
//!
//! Start reading at [`file`].

use alloy_component::ComponentDef;

pub mod file;
pub mod file_match;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[&file::COMPONENT, &file_match::COMPONENT];
