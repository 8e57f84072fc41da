//! Signals: SIGHUP asks for a reload, SIGINT and SIGTERM for a stop.

use std::io;
use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What signals have asked for.
pub(crate) struct Signals {
    /// Cancelled by the first SIGINT or SIGTERM. A further one ends the process at once.
    pub(crate) stop: CancellationToken,
    /// Notified by SIGHUP; several that nobody has seen yet are one.
    pub(crate) reload: Arc<Notify>,
}

impl Signals {
    /// Takes over the signals of the process.
    pub(crate) fn install() -> io::Result<Self> {
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let installed = Self { stop: CancellationToken::new(), reload: Arc::new(Notify::new()) };
        let (stop, reload) = (installed.stop.clone(), Arc::clone(&installed.reload));
        std::thread::Builder::new().name("alloy-signals".to_owned()).spawn(move || {
            for signal in &mut signals {
                match signal {
                    SIGHUP => reload.notify_one(),
                    _ if !stop.is_cancelled() => stop.cancel(),
                    _ => end_at_once(signal),
                }
            }
        })?;
        Ok(installed)
    }
}

fn end_at_once(signal: i32) {
    if let Err(error) = signal_hook::low_level::emulate_default_handler(signal) {
        tracing::error!(err = %error, "cannot end the process by its signal");
    }
}
