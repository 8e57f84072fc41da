//! Components of `otelcol.receiver.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.

pub mod filelog;
pub mod jaeger;
pub mod kafka;
pub mod loki;
pub mod otlp;
pub mod prometheus;
#[cfg(test)]
mod tests;
pub mod zipkin;

use alloy_component::ComponentDef;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &filelog::COMPONENT,
    &jaeger::COMPONENT,
    &kafka::COMPONENT,
    &loki::COMPONENT,
    &otlp::COMPONENT,
    &prometheus::COMPONENT,
    &zipkin::COMPONENT,
];
