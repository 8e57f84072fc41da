//! Components of `loki.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.
//!
//! Start reading at [`process`], then [`mod@write`].

use alloy_component::ComponentDef;

pub mod echo;
pub mod enrich;
mod exports;
pub mod process;
pub mod relabel;
pub mod secretfilter;
pub mod source_api;
pub mod source_docker;
pub mod source_file;
pub mod source_gelf;
pub mod source_journal;
pub mod source_kafka;
pub mod source_kubernetes;
pub mod source_kubernetes_events;
pub mod source_podlogs;
pub mod source_syslog;
#[cfg(test)]
mod tests;
pub mod write;

pub use exports::LogsExports;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &echo::COMPONENT,
    &enrich::COMPONENT,
    &process::COMPONENT,
    &relabel::COMPONENT,
    &secretfilter::COMPONENT,
    &source_api::COMPONENT,
    &source_docker::COMPONENT,
    &source_file::COMPONENT,
    &source_gelf::COMPONENT,
    &source_journal::COMPONENT,
    &source_kafka::COMPONENT,
    &source_kubernetes::COMPONENT,
    &source_kubernetes_events::COMPONENT,
    &source_podlogs::COMPONENT,
    &source_syslog::COMPONENT,
    &write::COMPONENT,
];
