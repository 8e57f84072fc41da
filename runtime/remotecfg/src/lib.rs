//! Runs what a server says beside the local configuration: connects the `remotecfg` block, the
//! service that asks the server, and a controller of its own for what the server gives
//! (spec/runtime.md §13).
//!
//! # Invariants
//! - The remote configuration has its own engine and its own thread: nothing that it does delays or
//!   changes the local one, and a reload of the local one leaves its components alone.
//! - It is all or nothing: after a text that fails in any way runs what ran before.
//! - Its ids start with [`CONTROLLER_ID`], so its metrics, data directories and HTTP paths can't
//!   meet those of the local configuration.
//! - Knows neither the protocol nor HTTP routes.
//!
//! Start reading at [`Remote`], then `root` (what loads) and `block` (what is asked for).

mod block;
mod root;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use alloy_blocks::memory_dial;
use alloy_component::{ComponentMetrics, Services};
use alloy_flow_remotecfg::{Handle, Metrics, Options, RemoteConfig, Status};
use alloy_runtime::{ConfigBlock, Runtime};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use block::RemotecfgBlock;
use root::Root;

/// Id of the controller that runs the remote configuration.
pub const CONTROLLER_ID: &str = "remotecfg";

/// What the remote configuration is started with.
#[derive(Debug)]
pub struct RemoteOptions<'a> {
    /// The controller for it, with the id [`CONTROLLER_ID`].
    pub runtime: Runtime,
    /// `--storage.path`.
    pub storage_path: &'a Path,
    /// Version that the server is told.
    pub version: &'a str,
    /// Operating system that the server is told.
    pub os: &'a str,
    /// `module_path` of the local configuration, which the remote one sees too.
    pub module_path: String,
}

/// The remote configuration of a process. Does nothing until the block asks for something and
/// [`Remote::run`] is called.
pub struct Remote {
    service: RemoteConfig,
    handle: Handle,
    user_agent: Arc<str>,
    agent_id: Arc<str>,
    /// Keeps the metrics where they are gathered.
    metrics: ComponentMetrics,
}

impl Remote {
    /// A remote configuration without settings. Registers its metrics.
    ///
    /// # Errors
    /// The metrics cannot be made.
    pub fn new(options: RemoteOptions<'_>, services: &Services) -> prometheus::Result<Self> {
        let metrics = Metrics::new()?;
        let registry = services.metrics.registry(&[]);
        registry.register(metrics.clone());
        let root = Arc::new(Root::new(options.runtime, options.module_path));
        let (service, handle) = RemoteConfig::new(
            Options {
                data_dir: options.storage_path.join(CONTROLLER_ID),
                version: options.version.to_owned(),
                os: options.os.to_owned(),
                dial: Some(memory_dial(&services.dialer)),
            },
            metrics,
            root,
        );
        let (user_agent, agent_id) = (&services.user_agent, &services.agent_id);
        Ok(Self {
            service,
            handle,
            user_agent: Arc::clone(user_agent),
            agent_id: Arc::clone(agent_id),
            metrics: registry,
        })
    }

    /// Applies the `remotecfg` block.
    pub fn block(&self) -> Box<dyn ConfigBlock> {
        let (agent, id) = (Arc::clone(&self.user_agent), Arc::clone(&self.agent_id));
        Box::new(RemotecfgBlock::new(self.handle.clone(), agent, id))
    }

    /// What the service does.
    pub fn status(&self) -> Status {
        self.handle.status()
    }

    /// Asks the server and loads what it gives until `cancel`, then says good-bye within a second.
    /// What was loaded goes on until its controller stops.
    pub async fn run(self, cancel: CancellationToken) {
        let Self { service, metrics, .. } = self;
        let span = tracing::error_span!("service", service = CONTROLLER_ID);
        service.run(cancel).instrument(span).await;
        drop(metrics);
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("status", &self.status()).finish_non_exhaustive()
    }
}
