//! Threads of the process (design/performance.md §7).

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// How long threads may take to end after everything on them has been told to.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// Runs components: one worker per CPU that the process may use.
pub(crate) fn data_plane() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .thread_name("alloy-data")
        .worker_threads(workers())
        .max_blocking_threads(16)
        .event_interval(31)
        .enable_all()
        .build()
}

/// Runs the HTTP server on the calling thread, and its CPU work on two more, so that it answers
/// while the data plane is busy.
pub(crate) fn control_plane() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .thread_name("alloy-control")
        .max_blocking_threads(2)
        .enable_all()
        .build()
}

/// `GOMAXPROCS` if it says something, else what the cgroup's quota and the CPU affinity allow.
fn workers() -> usize {
    let given = std::env::var("GOMAXPROCS").ok().and_then(|text| text.parse().ok());
    given
        .filter(|n| *n > 0)
        .or_else(|| std::thread::available_parallelism().ok().map(std::num::NonZero::get))
        .unwrap_or(1)
}
