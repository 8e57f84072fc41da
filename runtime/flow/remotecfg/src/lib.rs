//! Gets configuration from a server, keeps the last good one and reports what runs
//! (spec/runtime.md §13).
//!
//! ```text
//! trait Target: Send + Sync {
//!     fn load(&self, text: Arc<str>) -> BoxFuture<'_, Result<(), Vec<String>>>;  // all or nothing
//!     fn clear(&self) -> BoxFuture<'_, ()>;                                      // stop everything
//! }
//! let metrics = Metrics::new()?;                              // a prometheus Collector, Clone
//! let (service, handle) = RemoteConfig::new(Options { data_dir, version, os, dial }, metrics, target);
//! handle.apply(Some(Settings { url, id, name, attributes, poll_frequency, client, cache_key }))?;
//! handle.apply(None)?;                                        // the block is gone: stops and clears
//! handle.status();                                            // what to show
//! service.run(cancel).await;                                  // polls; unregisters at the end
//! ```
//!
//! # Invariants
//! - What was loaded once stays loaded until something newer loads or the settings are taken away:
//!   a server that fails, or gives text that doesn't load, changes nothing but the status.
//! - The last text that loaded is on disk; a start without a server, or with a server whose text
//!   doesn't load, uses it.
//! - A status is sent when it changed, and again after a request that failed.
//! - Answers and the cache are bounded.
//! - Knows nothing of the language; [`Target`] does.
//!
//! Start reading at [`RemoteConfig`] (the shell), then `session.rs` (the decisions, without I/O).

mod cache;
mod client;
mod hash;
mod metrics;
mod proto;
mod service;
mod session;
#[cfg(test)]
mod tests;

pub use metrics::Metrics;
pub use service::{Handle, Options, RemoteConfig, Settings, SettingsError, Status, Target};
pub use session::State;
