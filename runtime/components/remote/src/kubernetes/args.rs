//! Arguments and exports of `remote.kubernetes.configmap` and `remote.kubernetes.secret`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::KubernetesClientBlock;
use alloy_value::{Args, Exports, OptionalSecret};

/// Arguments of `remote.kubernetes.configmap` and `remote.kubernetes.secret`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KubernetesArgs {
    /// Namespace of the resource.
    pub namespace: String,
    /// Name of the resource.
    pub name: String,
    /// Time between two reads.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
    /// Time that a read may take.
    #[args(default = "15s")]
    pub poll_timeout: Duration,
    /// Client of the Kubernetes API.
    #[args(block, default)]
    pub client: KubernetesClientBlock,
}

impl KubernetesArgs {
    fn check(&self) -> Result<(), String> {
        let zero = [("poll_frequency", self.poll_frequency), ("poll_timeout", self.poll_timeout)]
            .into_iter()
            .find(|(_, duration)| duration.is_zero());
        match zero {
            Some((name, _)) => Err(format!("{name} must be greater than 0")),
            None => Ok(()),
        }
    }
}

/// Exports of `remote.kubernetes.configmap` and `remote.kubernetes.secret`.
#[derive(Exports, Clone, Debug)]
pub struct KubernetesExports {
    /// The data of the resource by key; secret for a Secret.
    pub data: BTreeMap<String, OptionalSecret>,
}
