//! Components of `pyroscope.*`: they collect profiles and send them.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.
//!
//! Start reading at [`scrape`], then [`mod@write`].

use alloy_component::ComponentDef;

pub mod receive_http;
pub mod relabel;
pub mod scrape;
pub mod write;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] =
    &[&receive_http::COMPONENT, &relabel::COMPONENT, &scrape::COMPONENT, &write::COMPONENT];
