//! The running part of `import.file`, `import.string`, `import.http` and `import.git`
//! (spec/runtime.md §8.2).
//!
//! # Invariants
//! - An import is a component whose one export is the text of modules; what the text means is the
//!   controller's business.
//! - What a source gave once stays until it gives something else: a failing read shows in the
//!   health and changes nothing.
//!
//! Start reading at [`run`]; [`read`] is for those who look at a configuration without running it.

use alloy_component::ComponentDef;
use alloy_config_blocks::{IMPORT_FILE, IMPORT_HTTP, IMPORT_STRING};

mod read;
mod run;
mod sources;

pub use read::{Reach, read};

/// The imports that this build can run.
pub static IMPORTS: &[&ComponentDef] = &[
    &FILE,
    #[cfg(feature = "git")]
    &GIT,
    &HTTP,
    &STRING,
];

static FILE: ComponentDef = ComponentDef { definition: &IMPORT_FILE, build: Some(run::build) };
#[cfg(feature = "git")]
static GIT: ComponentDef =
    ComponentDef { definition: &alloy_config_blocks::IMPORT_GIT, build: Some(run::build) };
static STRING: ComponentDef = ComponentDef { definition: &IMPORT_STRING, build: Some(run::build) };
static HTTP: ComponentDef = ComponentDef { definition: &IMPORT_HTTP, build: Some(run::build) };
