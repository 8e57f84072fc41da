//! Arguments of `otelcol.exporter.loadbalancing`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, GrpcClientSettings, RetryBlock, SendingQueueBlock};
use alloy_value::{Args, Block};

/// What data can be kept together by.
const ROUTING_KEYS: [&str; 6] =
    ["traceID", "service", "resource", "metric", "streamID", "attributes"];

/// Arguments of `otelcol.exporter.loadbalancing`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LoadBalancingArgs {
    /// What goes to the same server: what has the same `traceID`, `service`, `resource`, `metric`,
    /// `streamID` or `attributes`.
    #[args(default = "traceID")]
    pub routing_key: String,
    /// How long sending may take; 0 for no limit.
    #[args(default = "0s")]
    pub timeout: Duration,
    /// How to send to each server.
    #[args(block)]
    pub protocol: ProtocolBlock,
    /// How the servers are found, in exactly one way.
    #[args(block)]
    pub resolver: ResolverBlock,
    /// When data that no server took is sent again.
    #[args(block, default)]
    pub retry_on_failure: RetryBlock,
    /// Queue in front of all servers.
    #[args(block, default)]
    pub sending_queue: SendingQueueBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// How to send to each server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProtocolBlock {
    /// OTLP over gRPC.
    #[args(block)]
    pub otlp: OtlpBlock,
}

/// OTLP over gRPC, with a queue and repetitions of its own for each server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OtlpBlock {
    /// How long an attempt to send may take.
    #[args(default = "5s")]
    pub timeout: Duration,
    /// Queue of what waits to be sent to a server.
    #[args(block, default)]
    pub queue: SendingQueueBlock,
    /// When a request that failed is sent to the same server again.
    #[args(block, default)]
    pub retry: RetryBlock,
    /// How to connect to a server.
    #[args(block)]
    pub client: GrpcClientSettings,
}

/// How the servers are found.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ResolverBlock {
    /// A fixed list.
    #[args(block, name = "static")]
    pub fixed: Option<StaticBlock>,
    /// The addresses of a name.
    #[args(block)]
    pub dns: Option<DnsBlock>,
    /// The pods of a Kubernetes service.
    #[args(block)]
    pub kubernetes: Option<KubernetesBlock>,
    /// The instances of a service in AWS Cloud Map.
    #[args(block)]
    pub aws_cloud_map: Option<AwsCloudMapBlock>,
}

/// A fixed list of servers.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StaticBlock {
    /// Addresses, with or without a port.
    pub hostnames: Vec<String>,
}

/// The addresses of a name.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DnsBlock {
    /// Name to look up.
    pub hostname: String,
    /// Port of the servers.
    #[args(default = "4317")]
    pub port: String,
    /// How often the name is looked up.
    #[args(default = "5s")]
    pub interval: Duration,
    /// How long a look-up may take.
    #[args(default = "1s")]
    pub timeout: Duration,
}

/// The pods of a Kubernetes service.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KubernetesBlock {
    /// Service, as `name` or `name.namespace`.
    pub service: String,
    /// Ports of the pods.
    #[args(default = vec![4317])]
    pub ports: Vec<i32>,
    /// How long reading the list of pods may take.
    #[args(default = "1m")]
    pub timeout: Duration,
    /// Connects by host name instead of by address, for the pods of a StatefulSet.
    #[args(default = false)]
    pub return_hostnames: bool,
}

/// The instances of a service in AWS Cloud Map.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AwsCloudMapBlock {
    /// Name of the namespace.
    pub namespace: String,
    /// Name of the service.
    pub service_name: String,
    /// Instances to take: `HEALTHY`, `UNHEALTHY`, `ALL` or `HEALTHY_OR_ELSE_ALL`.
    #[args(default = "HEALTHY")]
    pub health_status: String,
    /// How often the list of instances is read.
    #[args(default = "30s")]
    pub interval: Duration,
    /// How long reading the list may take.
    #[args(default = "5s")]
    pub timeout: Duration,
    /// Port of the servers; what each instance says when left out.
    pub port: Option<u16>,
    /// AWS account that owns the namespace, if it is another one.
    #[args(default = "")]
    pub owner_account: String,
}

impl LoadBalancingArgs {
    fn check(&self) -> Result<(), String> {
        if !ROUTING_KEYS.contains(&self.routing_key.as_str()) {
            return Err(format!("invalid routing key {:?}", self.routing_key));
        }
        let ResolverBlock { fixed, dns, kubernetes, aws_cloud_map } = &self.resolver;
        let ways = [fixed.is_some(), dns.is_some(), kubernetes.is_some(), aws_cloud_map.is_some()];
        match ways.into_iter().filter(|set| *set).count() {
            0 => Err("no resolvers specified for the exporter".to_owned()),
            1 => Ok(()),
            _ => Err("only one resolver should be specified".to_owned()),
        }
    }
}
