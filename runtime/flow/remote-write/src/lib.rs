//! Prometheus remote write: the 1.0 message, and the queue that delivers a log to an endpoint.
//!
//! # Invariants
//! - Per series, samples are sent in the order in which they were logged.
//! - A request is retried until the endpoint takes or refuses it; what it refuses is counted.
//! - Decoding allocates in proportion to the message, never to a length that the message declares.
//! - Knows neither the configuration language nor components.
//!
//! Start reading at [`proto`].

pub mod backoff;
pub mod proto;
pub mod reshard;
