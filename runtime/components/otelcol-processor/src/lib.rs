//! Components of `otelcol.processor.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`, what only processors
//!   share in a file here.

pub mod attributes;
pub mod batch;
pub mod deltatocumulative;
pub mod filter;
pub mod k8sattributes;
pub mod memory_limiter;
pub mod ottl;
pub mod probabilistic_sampler;
pub mod resourcedetection;
pub mod tail_sampling;
#[cfg(test)]
mod tests;
pub mod transform;

use alloy_component::ComponentDef;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &attributes::COMPONENT,
    &batch::COMPONENT,
    &deltatocumulative::COMPONENT,
    &filter::COMPONENT,
    &k8sattributes::COMPONENT,
    &memory_limiter::COMPONENT,
    &probabilistic_sampler::COMPONENT,
    &resourcedetection::COMPONENT,
    &tail_sampling::COMPONENT,
    &transform::COMPONENT,
];
