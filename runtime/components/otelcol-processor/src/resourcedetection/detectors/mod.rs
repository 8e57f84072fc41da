//! The blocks of the detectors, one table of resource attributes each.

mod aws;
mod azure;
mod cluster;
mod google;
mod host;
mod others;

use alloy_value::Block;

pub use aws::{Ec2Block, EcsBlock, EksBlock, ElasticBeanstalkBlock, LambdaBlock};
pub use azure::{AksBlock, AzureBlock};
pub use cluster::{KubeadmBlock, KubernetesNodeBlock, OpenShiftBlock};
pub use google::GcpBlock;
pub use host::{ConsulBlock, DockerBlock, DynatraceBlock, SystemBlock};
pub use others::{
    AkamaiBlock, AlibabaEcsBlock, DigitalOceanBlock, HerokuBlock, HetznerBlock, NovaBlock,
    OracleCloudBlock, ScalewayBlock, TencentCvmBlock, UpCloudBlock, VultrBlock,
};

/// Whether a resource attribute is set.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceAttribute {
    /// Sets the attribute.
    pub enabled: bool,
}

/// The attribute is set unless the configuration says otherwise.
const ON: ResourceAttribute = ResourceAttribute { enabled: true };
/// The attribute is not set unless the configuration says so.
const OFF: ResourceAttribute = ResourceAttribute { enabled: false };

/// Declares the block of a detector: its own settings as fields of a struct, and then its resource
/// attributes as rows `name field default "description"`, which become the blocks of the nested
/// block `resource_attributes`.
macro_rules! detector {
    (
        $(#[$doc:meta])*
        pub struct $block:ident { $($settings:tt)* }
        $attributes:ident { $($name:tt $field:ident $default:ident $what:tt;)* }
    ) => {
        #[derive(Block, Clone, Debug, PartialEq)]
        $(#[$doc])*
        pub struct $block {
            $($settings)*
            /// Which resource attributes are set.
            #[args(block, default)]
            pub resource_attributes: $attributes,
        }

        /// Which resource attributes are set.
        #[derive(Block, Clone, Debug, PartialEq)]
        pub struct $attributes {$(
            #[doc = $what]
            #[args(block, name = $name, default = $default)]
            pub $field: ResourceAttribute,
        )*}
    };
}
use detector;
