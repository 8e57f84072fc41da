//! The remote configuration: its controller, and the task that asks the server.

use alloy::host;
use alloy_component::Services;
use alloy_remotecfg::{CONTROLLER_ID, Remote, RemoteOptions};
use alloy_runtime::{Runtime, module_path};
use anyhow::{Context, Result};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::options::RunOptions;

/// Prepares the service on top of the controller for what it loads.
pub(crate) fn prepare(
    options: &RunOptions,
    runtime: &Runtime,
    services: &Services,
) -> Result<Remote> {
    let options = RemoteOptions {
        runtime: runtime.clone(),
        storage_path: &options.storage_path,
        version: host::VERSION,
        os: host::os_arch().0,
        module_path: module_path(&options.path),
    };
    Remote::new(options, services).context("cannot make the metrics of the remotecfg service")
}

/// The running service.
pub(crate) struct Running {
    task: JoinHandle<()>,
    cancel: CancellationToken,
}

impl Running {
    /// Starts asking the server.
    pub(crate) fn start(remote: Remote, data_plane: &Handle) -> Self {
        let cancel = CancellationToken::new();
        Self { task: data_plane.spawn(remote.run(cancel.clone())), cancel }
    }

    /// Says good-bye to the server.
    pub(crate) async fn stop(self) {
        self.cancel.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(service = CONTROLLER_ID, err = %error, "the service failed");
        }
    }
}
