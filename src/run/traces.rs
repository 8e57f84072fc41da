//! Connects the `tracing` block to the traces of the process.

use std::sync::Arc;

use alloy_blocks::memory_dial;
use alloy_component::{ComponentMetrics, Services};
use alloy_config_blocks::{TRACING, TracingArgs};
use alloy_runtime::ConfigBlock;
use alloy_tracing::{JaegerRemote, Settings, Tracing, TracingHandle};
use alloy_value::{ArcArgs, quote};
use tokio::runtime::Handle;

/// Applies the `tracing` block.
pub(crate) struct TracingBlock {
    tracing: Tracing,
    _metrics: ComponentMetrics,
}

impl TracingBlock {
    /// Steers the traces of `handle`; its tasks run on `data_plane`.
    pub(crate) fn new(handle: TracingHandle, data_plane: Handle, services: &Services) -> Self {
        let metrics = services.metrics.registry(&[]);
        metrics.register(handle.metrics().forwarded.clone());
        metrics.register(handle.metrics().dropped.clone());
        let dial = Some(memory_dial(&services.dialer));
        let tracing = Tracing::new(handle, data_plane, &services.user_agent, dial);
        Self { tracing, _metrics: metrics }
    }
}

impl ConfigBlock for TracingBlock {
    fn name(&self) -> &'static str {
        TRACING.name
    }

    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String> {
        let settings = match args.and_then(ArcArgs::downcast_ref::<TracingArgs>) {
            Some(args) => settings(args)?,
            None => Settings::default(),
        };
        self.tracing.apply(&settings)
    }
}

fn settings(args: &TracingArgs) -> Result<Settings, String> {
    let remote = args.sampler.as_ref().and_then(|sampler| sampler.jaeger_remote.as_ref());
    let jaeger_remote = match remote {
        None => None,
        Some(remote) => Some(JaegerRemote {
            url: remote.url.as_str().parse().map_err(|error| {
                let url = quote(&remote.url.redacted());
                format!("sampler > jaeger_remote: cannot parse url {url}: {error}")
            })?,
            // None below zero.
            max_operations: usize::try_from(remote.max_operations).unwrap_or_default(),
            refresh_interval: remote.refresh_interval,
        }),
    };
    Ok(Settings {
        sampling_fraction: args.sampling_fraction,
        send_traceparent: args.send_traceparent,
        receivers: args.write_to.iter().filter_map(|to| to.0.as_ref().map(Arc::clone)).collect(),
        jaeger_remote,
    })
}
