//! Connects the `logging` block to the log.

use std::sync::Arc;

use alloy::host;
use alloy_component::{ComponentMetrics, LogsReceiver, MetricsHub};
use alloy_logging::{Format, ForwardMetrics, Forwarder, Level, LogHandle};
use alloy_runtime::{LogFormat, LogLevel, LoggingSink};
use alloy_tracing::TracingHandle;
use anyhow::{Context, Result};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt;

/// Installs log and traces of the process. Lines wait until their level and format are known;
/// nothing is traced until somebody asks for it.
pub(crate) fn install() -> Result<(LogHandle, TracingHandle)> {
    let (layer, log) = alloy_logging::stderr();
    let tracing =
        TracingHandle::new(host::VERSION).context("cannot create the metrics of traces")?;
    let subscriber = tracing_subscriber::registry()
        .with(layer.with_trace_id(alloy_tracing::current_trace_id).filtered())
        .with(alloy_tracing::layer(&tracing));
    tracing::subscriber::set_global_default(subscriber).context("cannot install the log")?;
    log_panics(log.clone());
    Ok((log, tracing))
}

/// Panics become log lines. While lines wait, the usual report appears on standard error instead:
/// the process may not live until they are written.
fn log_panics(log: LogHandle) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !log.is_open() {
            usual(panic);
            return;
        }
        let text = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or_default();
        tracing::error!(thread, place, err = text, "panicked");
    }));
}

/// Applies the `logging` block.
pub(crate) struct Sink {
    log: LogHandle,
    forwarder: Mutex<Forwarder>,
    _metrics: ComponentMetrics,
}

impl Sink {
    /// Steers `log`; lines go to receivers by tasks on `data_plane`.
    pub(crate) fn new(log: LogHandle, data_plane: Handle, metrics: &MetricsHub) -> Result<Self> {
        let counters = ForwardMetrics::new().context("cannot create the metrics of the log")?;
        let metrics = metrics.registry(&[]);
        metrics.register(counters.forwarded.clone());
        metrics.register(counters.dropped.clone());
        let forwarder = Mutex::new(Forwarder::new(log.clone(), data_plane, counters));
        Ok(Self { log, forwarder, _metrics: metrics })
    }
}

impl LoggingSink for Sink {
    fn apply(&self, level: LogLevel, format: LogFormat, write_to: &[LogsReceiver]) {
        let level = match level {
            LogLevel::Debug => Level::Debug,
            LogLevel::Info => Level::Info,
            LogLevel::Warn => Level::Warn,
            LogLevel::Error => Level::Error,
        };
        let format = match format {
            LogFormat::Logfmt => Format::Logfmt,
            LogFormat::Json => Format::Json,
        };
        let receivers: Vec<_> =
            write_to.iter().filter_map(|receiver| receiver.0.as_ref().map(Arc::clone)).collect();
        // Before the lines that have waited are written: the receivers get them as well.
        self.forwarder.lock().set(&receivers);
        self.log.apply(level, format);
    }
}
