//! Relabelling: rules that rewrite, keep or drop a label set (spec/components/_common-relabel.md).
//!
//! # Invariants
//! - Rules are validated and compiled once; applying them allocates only for labels that change.
//! - What a rule does depends on the labels alone, never on the order in which they are stored.
//! - Knows neither the configuration language nor series references.
//!
//! Start reading at [`RuleConfig`], then [`Program`].

mod apply;
mod config;
mod names;

pub use apply::{Keep, Program, Scratch};
pub use config::{Action, Rule, RuleConfig, RuleError};
pub use names::{Names, is_legacy_label_name, is_legacy_metric_name};
