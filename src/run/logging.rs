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
    Ok(handle)
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
