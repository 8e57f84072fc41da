//! The HTTP server of the process: own metrics, readiness, reload, web API, and what components
//! serve; on a TCP port and on a listener inside the process.
//!
//! # Invariants
//! - Everything is read from published snapshots: no request waits for a load, except a reload.
//! - Both listeners have the same routes; the one inside the process skips the host check.
//! - The port is claimed before anything starts and opened when [`Server::serve`] is called, so a
//!   client never talks to a process that is still loading.
//! - A panic or a slow answer in one request leaves the others alone.
//! - Absent on purpose: command-line flags, the query engine, component types.
//!
//! Start reading at [`Server`], then `routes`.

mod component;
mod listen;
mod live;
mod metrics;
mod response;
mod routes;
mod v1;
mod web_api;

use std::sync::Arc;

use alloy_component::{DuplexStream, LiveDebugging, MetricsHub};
use alloy_runtime::{ConfigLoader, Runtime};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use listen::{BindError, Port};

/// Plans that are made at a time.
const MAX_PLANS: usize = 2;

/// What the server answers from.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Snapshots.
    pub runtime: Runtime,
    /// Those of the remote configuration, whose ids start with `remotecfg/`.
    pub remote: Runtime,
    /// Loads the configuration again.
    pub loader: ConfigLoader,
    /// Own metrics.
    pub metrics: MetricsHub,
    /// What flows through components.
    pub live_debugging: LiveDebugging,
    /// Runs the handlers of components and the listener inside the process.
    pub data_plane: Handle,
    /// Name of this node in the list of peers.
    pub node_name: String,
    /// `--server.http.ui-path-prefix`.
    pub ui_path_prefix: String,
    /// `--server.http.enable-pprof`.
    pub pprof: bool,
    /// Opposite of `--server.http.disable-support-bundle`.
    pub support_bundle: bool,
    /// `--server.http.allowed-hosts`. Empty: loopback names if the port is a loopback one, else any.
    pub allowed_hosts: Vec<String>,
}

/// The running server.
#[derive(Debug)]
pub struct Server {
    state: Arc<State>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

#[derive(Debug)]
struct State {
    options: ServerOptions,
    /// Without the trailing slash; empty for the root.
    prefix: String,
    /// Address of the port as clients write it.
    address: String,
    hosts: listen::Hosts,
    /// Ends answers that would go on.
    cancel: CancellationToken,
    scrapes: Option<metrics::ScrapeMetrics>,
    /// Plans that are made at a time: each holds a whole configuration.
    plans: Semaphore,
}

impl Server {
    /// Opens `port` and accepts on `memory` until [`Server::stop`].
    ///
    /// # Errors
    /// The port was taken after it had been claimed.
    pub fn serve(
        options: ServerOptions,
        port: Port,
        memory: mpsc::Receiver<DuplexStream>,
    ) -> Result<Self, BindError> {
        let prefix = match options.ui_path_prefix.trim_matches('/') {
            "" => String::new(),
            inner => format!("/{inner}"),
        };
        let hosts = listen::Hosts::new(&options.allowed_hosts, &port);
        let address = port.address().to_owned();
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let scrapes = metrics::ScrapeMetrics::register(&options.metrics);
        let state = Arc::new(State {
            options,
            scrapes,
            prefix,
            address,
            hosts,
            cancel: cancel.clone(),
            plans: Semaphore::new(MAX_PLANS),
        });
        let listener = port.listen()?;
        tasks.spawn(listen::tcp(Arc::clone(&state), listener, tasks.clone(), cancel.clone()));
        let inside = listen::memory(Arc::clone(&state), memory, tasks.clone(), cancel.clone());
        tasks.spawn_on(inside, &state.options.data_plane);
        tracing::info!(service = "http", addr = %state.address, "now listening for http traffic");
        Ok(Self { state, tasks, cancel })
    }

    /// Closes both listeners and waits until running requests are answered or cut off.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.tasks.close();
        if tokio::time::timeout(listen::STOP_PATIENCE, self.tasks.wait()).await.is_err() {
            let open = self.tasks.len();
            tracing::warn!(service = "http", connections = open, "connections did not end in time");
        }
        let addr = &self.state.address;
        tracing::info!(service = "http", %addr, err = "http: Server closed", "http server closed");
    }
}
