//! The `discovery.*` components: they find targets or rewrite them.
//!
//! # Invariants
//! - A failure to look targets up keeps the targets found last.
//! - Targets are exported as they are; no component here removes duplicates or sorts.
//!
//! Start reading at [`relabel`], then [`file`].

use alloy_component::ComponentDef;

pub mod consul;
pub mod dns;
pub mod docker;
mod exports;
pub mod file;
pub mod http;
pub mod kubelet;
pub mod kubernetes;
pub mod process;
pub mod relabel;
mod shown;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use exports::DiscoveryExports;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &consul::COMPONENT,
    &dns::COMPONENT,
    &docker::COMPONENT,
    &file::COMPONENT,
    &http::COMPONENT,
    &kubelet::COMPONENT,
    &kubernetes::COMPONENT,
    &process::COMPONENT,
    &relabel::COMPONENT,
];
