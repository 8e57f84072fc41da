//! Arguments of components that use the Kubernetes API
//! (spec/components/loki.source.kubernetes.md, spec/components/prometheus.operator.md).

use std::collections::BTreeMap;

use alloy_value::Block;
use alloy_value::structure::Structure;

use crate::{HttpClientBlock, Url};

/// How to reach the Kubernetes API. With nothing set, the service account of the pod is used.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KubernetesClientBlock {
    /// URL of the API server.
    #[args(optional)]
    pub api_server: Url,
    /// Kubeconfig file that names the server and the credentials; excludes `api_server`.
    #[args(default = "")]
    pub kubeconfig_file: String,
    /// HTTP client; may be changed only together with `api_server`.
    #[args(squash)]
    pub client: HttpClientBlock,
}

impl KubernetesClientBlock {
    fn check(&self) -> Result<(), String> {
        let custom = self.client != HttpClientBlock::initial();
        let message = match (self.api_server.is_empty(), self.kubeconfig_file.is_empty()) {
            (false, false) => "at most one of api_server & kubeconfig_file must be configured",
            (true, false) if custom => {
                "HTTP client settings have no effect with kubeconfig_file: put them into the \
                 kubeconfig file"
            }
            (true, true) if custom => "HTTP client settings need api_server to be configured",
            _ => return self.client.validate(),
        };
        Err(message.to_owned())
    }
}

/// Selects resources by their labels. All conditions must hold.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct KubernetesSelectorBlock {
    /// Labels that a resource must have, with these values.
    #[args(optional)]
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    #[args(block, name = "match_expression")]
    pub match_expressions: Vec<MatchExpressionBlock>,
}

/// A condition for one label.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MatchExpressionBlock {
    /// Name of the label.
    pub key: String,
    /// How it is compared: `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    #[args(optional)]
    pub values: Vec<String>,
}
