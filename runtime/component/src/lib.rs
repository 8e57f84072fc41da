//! The contract between the controller and components.
//!
//! # Invariants
//! - A component never sees salsa, the syntax tree or another component: only its arguments, its
//!   contexts and the receivers its arguments carry.
//! - Reporting exports or health never blocks: the newest value waits in the node's slot.
//! - A component that listens, or needs a file for itself, asks [`Handover`], so that a reload which
//!   moves the port to another component loses no connection.
//! - Concrete components live in their families' crates, not here.
//!
//! Start reading at [`Component`], then [`BuildContext`].

mod capsules;
mod context;
mod contract;
mod fanout;
mod handover;
mod health;
mod live_debugging;
mod metrics;
mod module;
#[cfg(feature = "testing")]
pub mod testing;

pub use capsules::{
    LOGS_RECEIVER, LogsReceiver, METRICS_RECEIVER, MetricsReceiver, OTEL_CONSUMER, OTEL_HANDLER,
    OTEL_STORAGE, OtelConsumer, OtelHandler, OtelStorage, PROFILES_RECEIVER, ProfilesReceiver,
    Receiver, TARGET, Target,
};
pub use context::{BuildContext, DuplexStream, ExportSink, MemoryDialer, RunContext, Services};
pub use contract::{
    BuildFn, Component, ComponentDef, ComponentError, HttpHandler, HttpRequest, HttpResponse,
};
pub use fanout::MetricsFanout;
pub use handover::{Exclusive, Handover, Listener, Share, Turn};
pub use health::{Health, HealthState};
pub use live_debugging::{Batch, DebugData, Items, LiveDebugging, Publisher, Rates};
pub use metrics::{ComponentMetrics, MetricsHub};
pub use module::ModuleContent;
