//! Connects the `logging` block to the log.

use alloy_logging::{Format, Level, LogHandle};
use alloy_runtime::{LogFormat, LogLevel, LoggingSink};
use anyhow::{Context, Result};
use tracing_subscriber::layer::SubscriberExt;

/// Installs the log of the process; lines wait until its level and format are known.
pub(crate) fn install() -> Result<LogHandle> {
    let (layer, handle) = alloy_logging::stderr();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
        .context("cannot install the log")?;
    log_panics(handle.clone());
    Ok(handle)
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
pub(crate) struct Sink(pub(crate) LogHandle);

impl LoggingSink for Sink {
    fn apply(&self, level: LogLevel, format: LogFormat) {
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
        self.0.apply(level, format);
    }
}
