//! Components of `remote.*`: values from servers.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.
//!
//! Start reading at [`http`].

use alloy_component::ComponentDef;

pub mod http;
pub mod kubernetes;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] =
    &[&http::COMPONENT, &kubernetes::CONFIGMAP, &kubernetes::SECRET];
