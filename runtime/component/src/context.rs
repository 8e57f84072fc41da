//! What a component gets from the runtime.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use alloy_telemetry::SeriesTable;
use alloy_value::{Exports, Stability, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{ComponentMetrics, Handover, LiveDebugging, MetricsHub};

/// In-process stream of the memory listener.
pub type DuplexStream = tokio::io::DuplexStream;

/// Everything a component is built with.
pub struct BuildContext {
    /// Global id, such as `prometheus.scrape.api` or `net.pipe.one/prometheus.scrape.api`.
    pub id: Arc<str>,
    /// Directory for its files; may not exist yet.
    pub data_dir: PathBuf,
    /// Minimum stability the user allows.
    pub stability: Stability,
    /// Span whose fields (`component_path`, `component_id`) every log line of the component carries.
    pub span: tracing::Span,
    /// Its own metrics, labelled with `component_path` and `component_id`; gone with the component.
    pub metrics: ComponentMetrics,
    /// Where it reports exports.
    pub exports: ExportSink,
    /// What all components share.
    pub services: Arc<Services>,
}

/// What all components share.
pub struct Services {
    /// Interned series.
    pub series: SeriesTable,
    /// Metrics of the process: the encoder reads them from here.
    pub metrics: MetricsHub,
    /// Ports and files that one component holds at a time.
    pub handover: Handover,
    /// Shows what flows through components.
    pub live_debugging: LiveDebugging,
    /// Dials the in-memory listener.
    pub dialer: MemoryDialer,
    /// `User-Agent` of outgoing requests: `Alloy/<version> (<os>; <deploy mode>)`.
    pub user_agent: Arc<str>,
    /// Id of this installation, from `alloy_seed.json`; sent as `X-Alloy-Id`.
    pub agent_id: Arc<str>,
}

/// Reports exports to the controller.
#[derive(Clone)]
pub struct ExportSink(Arc<dyn Fn(Value) + Send + Sync>);

impl ExportSink {
    /// A sink that hands every value to `store`, which must not block: it replaces what waits.
    pub fn new(store: impl Fn(Value) + Send + Sync + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// Replaces the exports. Never blocks; of several quick calls only the last may be seen.
    pub fn export<E: Exports>(&self, exports: &E) {
        (self.0)(exports.to_value());
    }
}

/// What a component runs with.
#[derive(Clone)]
pub struct RunContext {
    /// Cancelled when the component must stop.
    pub cancel: CancellationToken,
}

/// Dials the listener inside the process (`--server.http.memory-addr`).
#[derive(Clone)]
pub struct MemoryDialer {
    addr: Arc<str>,
    connect: mpsc::Sender<DuplexStream>,
}

impl MemoryDialer {
    /// A dialer for `addr`, and the accepting end: each connect sends the server's half. The queue
    /// holds 64 connections that wait for accept; a further dial waits.
    pub fn new(addr: impl Into<Arc<str>>) -> (Self, mpsc::Receiver<DuplexStream>) {
        let (connect, accept) = mpsc::channel(64);
        (Self { addr: addr.into(), connect }, accept)
    }

    /// The address it answers to, `host:port`. Any dial to exactly this text stays in memory.
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// Opens a connection. Cancel safe.
    ///
    /// # Errors
    /// `ConnectionRefused` while no server accepts.
    pub async fn dial(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        self.connect.send(theirs).await.map_err(|_| {
            io::Error::new(
                io::ErrorKind::ConnectionRefused,
                format!("cannot dial {}: the in-memory listener is closed", self.addr),
            )
        })?;
        Ok(ours)
    }
}

impl std::fmt::Debug for MemoryDialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MemoryDialer").field(&self.addr).finish()
    }
}
