//! Runs a configuration: one controller thread turns text into live components and keeps them
//! working through reloads, failures and changing exports.
//!
//! # Invariants
//! - The controller thread is the only owner of the engine. It never waits for a component, a file
//!   or the network: builds, updates and runs are tasks that report back as events.
//! - A refused reload changes nothing: no component, no config block, no snapshot.
//! - A component that fails, by error or by panic, changes its own health only. Whoever depends on
//!   it keeps the last good arguments, and so does the component itself when its arguments fail.
//! - The last change of an export always arrives; changes in between may be skipped.
//! - Readers (HTTP, metrics) see [`GraphSnapshot`]s and [`NodeState`]s, never the engine.
//! - Absent on purpose: HTTP routes, command-line flags, concrete components, printing.
//!
//! Start reading at [`Runtime`], then `controller`, then [`ConfigLoader`].

mod config;
mod controller;
mod error;
mod event;
mod handle;
mod health;
mod history;
mod logging;
mod metrics;
mod options;
mod plan;
mod seed;
mod snapshot;
#[cfg(test)]
mod tests;
mod trace;

pub use alloy_queries::{Diagnostic, HostFacts, NodeKind, Source};
pub use config::{ConfigLoader, ConfigText, ReadError, environment, module_path, read_config};
pub use error::{LoadError, LoadFailure};
pub use handle::{Runtime, plan_offline};
pub use history::{Outcome, Phases, Reload, Reloads, Trigger};
pub use logging::{
    LOGGING, LogDestination, LogFormat, LogLevel, LoggingArgs, LoggingBlock, LoggingSink,
};
pub use metrics::{
    BuildInfo, ConfigMetrics, LabelStoreMetrics, ProcessMetrics, register_build_info,
};
pub use options::{ConfigBlock, LoadRequest, ReloadMode, RuntimeOptions};
pub use plan::{Action, Change, Counts, Plan, Planned, Problem};
pub use seed::{Seed, create_storage};
pub use snapshot::{GraphSnapshot, LoadStatus, NodeCell, NodeEdges, NodeLabels, NodeState};
pub use trace::{Cause, Evaluation, Verdict};
