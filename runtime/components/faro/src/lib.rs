//! Components of `faro.*`: telemetry from web browsers.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.
//!
//! Start reading at [`receiver`].

use alloy_component::ComponentDef;

pub mod receiver;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[&receiver::COMPONENT];
