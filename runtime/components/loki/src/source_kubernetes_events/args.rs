//! Arguments of `loki.source.kubernetes_events`.

use alloy_blocks::{ClusteringBlock, KubernetesClientBlock};
use alloy_component::LogsReceiver;
use alloy_value::Args;

const LOGFMT: &str = "logfmt";
const JSON: &str = "json";

/// Arguments of `loki.source.kubernetes_events`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SourceKubernetesEventsArgs {
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Value of the label `job`.
    #[args(default = "loki.source.kubernetes_events")]
    pub job_name: String,
    /// Namespaces whose events are read; all if empty.
    #[args(optional)]
    pub namespaces: Vec<String>,
    /// Form of the lines: `logfmt` or `json`.
    #[args(default = LOGFMT.to_owned())]
    pub log_format: String,
    /// Client of the Kubernetes API.
    #[args(block, default)]
    pub client: KubernetesClientBlock,
    /// Distribution of namespaces over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
}

impl SourceKubernetesEventsArgs {
    fn check(&self) -> Result<(), String> {
        if self.job_name.is_empty() {
            return Err("job_name must not be empty".to_owned());
        }
        match &*self.log_format {
            LOGFMT | JSON => Ok(()),
            other => Err(format!("unknown log_format {other:?}: use {LOGFMT:?} or {JSON:?}")),
        }
    }
}
