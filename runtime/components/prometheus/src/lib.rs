//! The `prometheus.*` components that move samples.
//!
//! # Invariants
//! - Samples travel in batches from receiver to receiver; the controller never sees them.
//! - A receiver is created once per component and stays the same across updates.
//!
//! Start reading at [`receive_http`] for a source, or at any other component's `mod.rs`.

use alloy_component::ComponentDef;

pub mod receive_http;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[&receive_http::COMPONENT];
