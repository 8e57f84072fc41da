//! Arguments of `discovery.kubernetes`.

use alloy_blocks::{HttpClientBlock, Url};
use alloy_value::{Args, Block};

/// Arguments of `discovery.kubernetes`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KubernetesArgs {
    /// URL of the API server. Without it and `kubeconfig_file`, the service account of the pod is
    /// used.
    #[args(optional)]
    pub api_server: Url,
    /// What becomes a target: `node`, `service`, `pod`, `endpoints`, `endpointslice` or `ingress`.
    pub role: String,
    /// Kubeconfig file that names the server and the credentials.
    #[args(default = "")]
    pub kubeconfig_file: String,
    /// HTTP client for `api_server`.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Namespaces to search; all if left out.
    #[args(block, default)]
    pub namespaces: NamespacesBlock,
    /// Limits the resources that the API server sends.
    #[args(block)]
    pub selectors: Vec<SelectorBlock>,
    /// Labels of other resources to add to targets.
    #[args(block, default)]
    pub attach_metadata: AttachMetadataBlock,
}

/// Namespaces to search.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct NamespacesBlock {
    /// Searches the namespace that this process runs in.
    #[args(default = false)]
    pub own_namespace: bool,
    /// Namespaces by name.
    #[args(optional)]
    pub names: Vec<String>,
}

/// A selector for the resources of one kind.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SelectorBlock {
    /// Kind of the resources: `node`, `service`, `pod`, `endpoints`, `endpointslice` or `ingress`.
    pub role: String,
    /// Label selector, such as `app=web,tier!=cache`.
    #[args(default = "")]
    pub label: String,
    /// Field selector, such as `spec.nodeName=worker-1`.
    #[args(default = "")]
    pub field: String,
}

/// Labels of other resources that targets get.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct AttachMetadataBlock {
    /// Adds labels and annotations of the node; for pods and endpoints.
    #[args(default = false)]
    pub node: bool,
    /// Adds labels and annotations of the namespace.
    #[args(default = false)]
    pub namespace: bool,
}

impl KubernetesArgs {
    fn check(&self) -> Result<(), String> {
        self.client.validate()
    }
}
