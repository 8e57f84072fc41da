//! `prometheus.remote_write`: logs samples on disk and sends them to remote write endpoints
//! (spec/components/prometheus.remote_write.md).

mod args;
mod log_metrics;
mod run;
mod spec;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    AzureAdBlock, AzureOAuthBlock, AzureSdkBlock, EndpointBlock, GoogleIamBlock,
    ManagedIdentityBlock, MetadataConfigBlock, QueueConfigBlock, RemoteWriteArgs,
    RemoteWriteExports, SigV4Block, WalBlock, WorkloadIdentityBlock,
};

/// Name of the component.
const NAME: &str = "prometheus.remote_write";

static DEFINITION: Definition = Definition::component::<RemoteWriteArgs>(
    NAME,
    Stability::GenerallyAvailable,
    "Sends metrics to endpoints that take the Prometheus remote write protocol.",
)
.with_exports::<RemoteWriteExports>();

/// `prometheus.remote_write`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
