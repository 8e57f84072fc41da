//! Components of `otelcol.auth.*` and `otelcol.storage.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.

use alloy_component::{ComponentDef, OtelHandler};
use alloy_value::Exports;

pub mod auth_basic;
pub mod auth_bearer;
pub mod auth_headers;
pub mod auth_oauth2;
pub mod storage_file;
#[cfg(test)]
mod tests;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &auth_basic::COMPONENT,
    &auth_bearer::COMPONENT,
    &auth_headers::COMPONENT,
    &auth_oauth2::COMPONENT,
    &storage_file::COMPONENT,
];

/// Exports of the components that authenticate requests.
#[derive(Exports, Clone, Debug)]
pub struct HandlerExports {
    /// Authenticates the requests of the clients and servers whose `auth` it is given to.
    pub handler: OtelHandler,
}
