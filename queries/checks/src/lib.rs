//! `alloy check` as a library: lints beside what the engine finds, which findings count, comments
//! that suppress them, fixes, and the forms in which findings are reported.
//!
//! # Invariants
//! - Findings depend on the texts, the settings and the registry alone: no file, no environment and
//!   no clock is read.
//! - Positions are those of the texts that went in; fixes are byte edits of them.
//! - Rule codes, names and severities come from [`alloy_queries::rules`].
//! - Secrets are never part of a message.
//!
//! Start reading at [`Checker`].

mod baseline;
mod checker;
mod config;
mod fingerprint;
mod fix;
mod lints;
mod mask;
mod model;
pub mod report;
mod selection;
mod suppress;

pub use baseline::{Baseline, BaselineError};
pub use checker::{Checked, Checker, without_secrets};
pub use config::{CONFIG_FILE, ConfigFile};
pub use fingerprint::fingerprint;
pub use fix::{FixMode, Fixed, fix, patch};
pub use selection::{Level, Selector, Settings};
pub use suppress::add_ignores;
