//! Arguments of `otelcol.processor.k8sattributes`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_flow_regex::Regex;
use alloy_value::{Args, Block};

/// Ways to authenticate to the API server; the empty one is `serviceAccount`.
const AUTH_TYPES: [&str; 5] = ["", "none", "serviceAccount", "kubeConfig", "tls"];

/// Where labels and annotations are taken from; the empty one is `pod`.
const ORIGINS: [&str; 8] =
    ["", "pod", "namespace", "deployment", "statefulset", "daemonset", "job", "node"];

/// Comparisons of filters; the empty one is `equals`.
const OPERATIONS: [&str; 5] = ["", "equals", "not-equals", "exists", "does-not-exist"];

/// What `metadata` can name.
const METADATA: [&str; 29] = [
    "container.id",
    "container.image.name",
    "container.image.repo_digests",
    "container.image.tag",
    "k8s.cluster.uid",
    "k8s.container.name",
    "k8s.cronjob.name",
    "k8s.cronjob.uid",
    "k8s.daemonset.name",
    "k8s.daemonset.uid",
    "k8s.deployment.name",
    "k8s.deployment.uid",
    "k8s.job.name",
    "k8s.job.uid",
    "k8s.namespace.name",
    "k8s.node.name",
    "k8s.node.uid",
    "k8s.pod.hostname",
    "k8s.pod.ip",
    "k8s.pod.name",
    "k8s.pod.start_time",
    "k8s.pod.uid",
    "k8s.replicaset.name",
    "k8s.replicaset.uid",
    "k8s.statefulset.name",
    "k8s.statefulset.uid",
    "service.instance.id",
    "service.name",
    "service.namespace",
];

/// Arguments of `otelcol.processor.k8sattributes`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct K8sAttributesArgs {
    /// How to authenticate to the API server: `serviceAccount`, `kubeConfig`, `tls` or `none`.
    /// `serviceAccount` if empty.
    #[args(default = "")]
    pub auth_type: String,
    /// Sets only the IP address of the pod and asks the API server nothing.
    #[args(default = false)]
    pub passthrough: bool,
    /// Waits at start until the metadata of pods is there.
    #[args(default = false)]
    pub wait_for_metadata: bool,
    /// How long to wait with `wait_for_metadata` before the start fails.
    #[args(default = "10s")]
    pub wait_for_metadata_timeout: Duration,
    /// How often all metadata is fetched again.
    #[args(default = "5m")]
    pub watch_sync_period: Duration,
    /// How long deleted pods are remembered.
    #[args(default = "120s")]
    pub pod_delete_grace_period: Duration,
    /// Which metadata becomes attributes.
    #[args(block, default)]
    pub extract: ExtractBlock,
    /// Which pods to watch.
    #[args(block, default)]
    pub filter: FilterBlock,
    /// How to find the pod that data comes from. The first rule that finds one counts.
    #[args(block, name = "pod_association")]
    pub pod_associations: Vec<PodAssociationBlock>,
    /// Pods to leave alone; without this block those called `jaeger-agent` or `jaeger-collector`.
    #[args(block)]
    pub exclude: Option<ExcludeBlock>,
    /// Where the result is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Which metadata becomes attributes.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ExtractBlock {
    /// Names of the attributes to add, such as `k8s.pod.name`. The most used ones if empty.
    #[args(optional)]
    pub metadata: Vec<String>,
    /// Takes annotations that begin with `resource.opentelemetry.io/`.
    #[args(default = false)]
    pub otel_annotations: bool,
    /// Makes the name of the deployment from that of its replica set instead of asking for it.
    #[args(default = true)]
    pub deployment_name_from_replicaset: bool,
    /// Annotations to take.
    #[args(block, name = "annotation")]
    pub annotations: Vec<FieldExtractBlock>,
    /// Labels to take.
    #[args(block, name = "label")]
    pub labels: Vec<FieldExtractBlock>,
}

/// Labels or annotations to take.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FieldExtractBlock {
    /// Attribute to write. With `key_regex`, `$1` and so on stand for its groups. Made from `from`
    /// and the key if empty.
    #[args(default = "")]
    pub tag_name: String,
    /// Key of the label or annotation.
    #[args(default = "")]
    pub key: String,
    /// Regular expression for keys, which must match as a whole.
    #[args(default = "")]
    pub key_regex: String,
    /// Object that has it: `pod`, `namespace`, `node`, `deployment`, `statefulset`, `daemonset` or
    /// `job`. `pod` if empty.
    #[args(default = "")]
    pub from: String,
}

/// Which pods to watch.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FilterBlock {
    /// Only pods on this node.
    #[args(default = "")]
    pub node: String,
    /// Only pods in this namespace.
    #[args(default = "")]
    pub namespace: String,
    /// Conditions on fields of the pod.
    #[args(block, name = "field")]
    pub fields: Vec<FieldFilterBlock>,
    /// Conditions on labels of the pod.
    #[args(block, name = "label")]
    pub labels: Vec<FieldFilterBlock>,
}

/// A condition on a field or label.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FieldFilterBlock {
    /// Field or label.
    pub key: String,
    /// Value to compare with.
    pub value: String,
    /// Comparison: `equals`, `not-equals`, `exists` or `does-not-exist`. `equals` if empty.
    #[args(default = "")]
    pub op: String,
}

/// One way to find the pod that data comes from.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PodAssociationBlock {
    /// What the pod must agree with, all of it.
    #[args(block, required, name = "source")]
    pub sources: Vec<PodAssociationSourceBlock>,
}

/// Something that tells which pod data comes from.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PodAssociationSourceBlock {
    /// Where to look: `resource_attribute` or `connection` (the address that data came from).
    pub from: String,
    /// Name of the resource attribute.
    #[args(default = "")]
    pub name: String,
}

/// Pods to leave alone.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ExcludeBlock {
    /// Pods by name.
    #[args(block, name = "pod")]
    pub pods: Vec<ExcludePodBlock>,
}

/// Pods to leave alone, by name.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ExcludePodBlock {
    /// Regular expression for names.
    pub name: String,
}

impl K8sAttributesArgs {
    fn check(&self) -> Result<(), String> {
        if !AUTH_TYPES.contains(&&*self.auth_type) {
            return Err(format!("invalid authType for kubernetes: {}", self.auth_type));
        }
        let extract = &self.extract;
        extract.labels.iter().chain(&extract.annotations).try_for_each(FieldExtractBlock::check)?;
        if let Some(field) = extract.metadata.iter().find(|name| !METADATA.contains(&name.as_str()))
        {
            return Err(format!("{field:?} is not a supported metadata field"));
        }
        let filter = &self.filter;
        filter.labels.iter().chain(&filter.fields).try_for_each(FieldFilterBlock::check)
    }
}

impl FieldExtractBlock {
    fn check(&self) -> Result<(), String> {
        let Self { key, key_regex, from, .. } = self;
        if !key.is_empty() && !key_regex.is_empty() {
            return Err(format!(
                "only one of key and key_regex can be set, got key {key:?} and key_regex \
                 {key_regex:?}"
            ));
        }
        if !ORIGINS.contains(&from.as_str()) {
            return Err(format!(
                "{from} is not a valid choice for From. Must be one of: {}",
                ORIGINS[1..].join(", ")
            ));
        }
        Regex::anchored(key_regex).map(drop).map_err(|error| error.to_string())
    }
}

impl FieldFilterBlock {
    fn check(&self) -> Result<(), String> {
        let Self { key, value, op } = self;
        if OPERATIONS.contains(&op.as_str()) {
            return Ok(());
        }
        Err(format!("'{op}' is not a valid label filter operation for key={key}, value={value}"))
    }
}
