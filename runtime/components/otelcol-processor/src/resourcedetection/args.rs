//! Arguments of `otelcol.processor.resourcedetection`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, FieldKind};

use super::detectors::{
    AkamaiBlock, AksBlock, AlibabaEcsBlock, AzureBlock, ConsulBlock, DigitalOceanBlock,
    DockerBlock, DynatraceBlock, Ec2Block, EcsBlock, EksBlock, ElasticBeanstalkBlock, GcpBlock,
    HerokuBlock, HetznerBlock, KubeadmBlock, KubernetesNodeBlock, LambdaBlock, NovaBlock,
    OpenShiftBlock, OracleCloudBlock, ScalewayBlock, SystemBlock, TencentCvmBlock, UpCloudBlock,
    VultrBlock,
};

/// The detector without a block of its own.
const ENV: &str = "env";

/// Arguments of `otelcol.processor.resourcedetection`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ResourceDetectionArgs {
    /// Detectors to ask, in this order; of those that give the same attribute the first counts.
    /// `env` reads the environment variable `OTEL_RESOURCE_ATTRIBUTES`, the others are named like
    /// their blocks.
    #[args(default = vec![ENV.to_owned()])]
    pub detectors: Vec<String>,
    /// Replaces attributes that the data already has.
    #[args(default = true)]
    pub r#override: bool,
    /// Fails when the source of a detector cannot be reached.
    #[args(default = false)]
    pub fail_on_missing_metadata: bool,
    /// Time for all detectors together.
    #[args(default = "5s")]
    pub timeout: Duration,
    /// The detector `ec2`.
    #[args(block, default)]
    pub ec2: Ec2Block,
    /// The detector `ecs`.
    #[args(block, default)]
    pub ecs: EcsBlock,
    /// The detector `eks`.
    #[args(block, default)]
    pub eks: EksBlock,
    /// The detector `elasticbeanstalk`.
    #[args(block, default)]
    pub elasticbeanstalk: ElasticBeanstalkBlock,
    /// The detector `lambda`.
    #[args(block, default)]
    pub lambda: LambdaBlock,
    /// The detector `akamai`.
    #[args(block, default)]
    pub akamai: AkamaiBlock,
    /// The detector `azure`.
    #[args(block, default)]
    pub azure: AzureBlock,
    /// The detector `aks`.
    #[args(block, default)]
    pub aks: AksBlock,
    /// The detector `consul`.
    #[args(block, default)]
    pub consul: ConsulBlock,
    /// The detector `docker`.
    #[args(block, default)]
    pub docker: DockerBlock,
    /// The detector `digitalocean`.
    #[args(block, default)]
    pub digitalocean: DigitalOceanBlock,
    /// The detector `gcp`.
    #[args(block, default)]
    pub gcp: GcpBlock,
    /// The detector `heroku`.
    #[args(block, default)]
    pub heroku: HerokuBlock,
    /// The detector `hetzner`.
    #[args(block, default)]
    pub hetzner: HetznerBlock,
    /// The detector `system`.
    #[args(block, default)]
    pub system: SystemBlock,
    /// The detector `openshift`.
    #[args(block, default)]
    pub openshift: OpenShiftBlock,
    /// The detector `kubernetes_node`.
    #[args(block, default)]
    pub kubernetes_node: KubernetesNodeBlock,
    /// The detector `kubeadm`.
    #[args(block, default)]
    pub kubeadm: KubeadmBlock,
    /// The detector `dynatrace`.
    #[args(block, default)]
    pub dynatrace: DynatraceBlock,
    /// The detector `nova`.
    #[args(block, default)]
    pub nova: NovaBlock,
    /// The detector `oraclecloud`.
    #[args(block, default)]
    pub oraclecloud: OracleCloudBlock,
    /// The detector `scaleway`.
    #[args(block, default)]
    pub scaleway: ScalewayBlock,
    /// The detector `upcloud`.
    #[args(block, default)]
    pub upcloud: UpCloudBlock,
    /// The detector `vultr`.
    #[args(block, default)]
    pub vultr: VultrBlock,
    /// The detector `tencent_cvm`.
    #[args(block, default)]
    pub tencent_cvm: TencentCvmBlock,
    /// The detector `alibaba_ecs`.
    #[args(block, default)]
    pub alibaba_ecs: AlibabaEcsBlock,
    /// Where the result is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl ResourceDetectionArgs {
    fn check(&self) -> Result<(), String> {
        if self.detectors.is_empty() {
            return Err("at least one detector must be specified".to_owned());
        }
        match self.detectors.iter().find(|name| !is_detector(name)) {
            Some(name) => Err(format!("invalid detector: {name}")),
            None => Ok(()),
        }
    }
}

/// True for `env` and for the names of the detectors' blocks.
fn is_detector(name: &str) -> bool {
    let shared = ["output", "debug_metrics"].contains(&name);
    let is_block = |kind| kind == FieldKind::Block;
    let schema = <ResourceDetectionArgs as Args>::schema();
    name == ENV || !shared && schema.find(name).is_some_and(|found| is_block(found.field.kind))
}
