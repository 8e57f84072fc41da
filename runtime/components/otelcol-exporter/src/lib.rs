//! Components of `otelcol.exporter.*` and `otelcol.connector.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.

use alloy_component::ComponentDef;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[];
