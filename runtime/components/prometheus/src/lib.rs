//! The `prometheus.*` components that move samples.
//!
//! # Invariants
//! - Samples travel in batches from receiver to receiver; the controller never sees them.
//! - A receiver is created once per component and stays the same across updates.
//!
//! Start reading at [`receive_http`] for a source, or at any other component's `mod.rs`.

use alloy_component::{ComponentDef, ComponentError};

mod debug_text;
pub mod echo;
pub mod enrich;
mod liveness;
pub mod operator;
pub mod receive_http;
pub mod relabel;
pub mod remote_write;
pub mod scrape;
#[cfg(test)]
mod testing;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &echo::COMPONENT,
    &enrich::COMPONENT,
    &operator::PODMONITORS,
    &operator::PROBES,
    &operator::SCRAPECONFIGS,
    &operator::SERVICEMONITORS,
    &receive_http::COMPONENT,
    &relabel::COMPONENT,
    &remote_write::COMPONENT,
    &scrape::COMPONENT,
];

/// The controller passed arguments of another type than the definition's.
fn wrong_arguments(component: &str) -> ComponentError {
    ComponentError::new(format!("{component} was given another component's arguments"))
}
