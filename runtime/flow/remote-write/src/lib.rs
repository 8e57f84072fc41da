//! Prometheus remote write: the 1.0 message, and the queue that delivers a log to an endpoint.
//!
//! # Invariants
//! - Per series, samples are sent in the order in which they were logged.
//! - A request is retried until the endpoint takes or refuses it; what it refuses is counted.
//! - The cursor never passes what is not delivered, refused or left out on purpose.
//! - Decoding allocates in proportion to the message, never to a length that the message declares.
//! - Knows neither the configuration language nor components.
//!
//! Start reading at [`Endpoint`]; the message is in [`proto`].

pub mod backoff;
mod config;
mod endpoint;
mod labels;
mod metrics;
pub mod proto;
mod request;
pub mod reshard;
mod shard;
mod tracker;

pub use config::{EndpointConfig, QueueConfig};
pub use endpoint::{Endpoint, EndpointError, Progress};
pub use metrics::Metrics;

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_remote_write_decode_replay() {
        alloy_corpus::seeds("remote_write_decode").iter().for_each(|seed| crate::proto::fuzz(seed));
    }
}
