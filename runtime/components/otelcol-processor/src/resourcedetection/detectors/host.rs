//! The machine itself and what runs on it.

use alloy_value::{Block, Secret};

use super::{OFF, ON, ResourceAttribute, detector};

/// Where the host name can be taken from.
const HOSTNAME_SOURCES: [&str; 4] = ["os", "dns", "cname", "lookup"];

detector! {
    /// Asks the operating system.
    #[args(validate = Self::check)]
    pub struct SystemBlock {
        /// Where the host name is taken from, in turn until one gives it: `os`, `dns`, `cname` or
        /// `lookup`.
        #[args(default = vec!["dns".to_owned(), "os".to_owned()])]
        pub hostname_sources: Vec<String>,
    }
    SystemAttributes {
        "host.arch" host_arch OFF "Architecture of the processor.";
        "host.cpu.cache.l2.size" host_cpu_cache_l2_size OFF "Size of the second level cache.";
        "host.cpu.family" host_cpu_family OFF "Family of the processor.";
        "host.cpu.model.id" host_cpu_model_id OFF "Model number of the processor.";
        "host.cpu.model.name" host_cpu_model_name OFF "Model name of the processor.";
        "host.cpu.stepping" host_cpu_stepping OFF "Stepping of the processor.";
        "host.cpu.vendor.id" host_cpu_vendor_id OFF "Vendor of the processor.";
        "host.id" host_id OFF "Id of the machine.";
        "host.interface" host_interface OFF "Names of the network interfaces.";
        "host.ip" host_ip OFF "IP addresses.";
        "host.mac" host_mac OFF "Hardware addresses.";
        "host.name" host_name ON "Host name.";
        "os.build.id" os_build_id OFF "Build of the operating system.";
        "os.description" os_description OFF "Operating system and version in words.";
        "os.name" os_name OFF "Name of the operating system.";
        "os.type" os_type ON "Kind of operating system, such as `linux`.";
        "os.version" os_version OFF "Version of the operating system.";
    }
}

impl SystemBlock {
    fn check(&self) -> Result<(), String> {
        let unknown = |source: &&String| !HOSTNAME_SOURCES.contains(&source.as_str());
        match self.hostname_sources.iter().find(unknown) {
            Some(source) => Err(format!("invalid hostname source: {source}")),
            None => Ok(()),
        }
    }
}

detector! {
    /// Asks the Docker daemon.
    pub struct DockerBlock {}
    DockerAttributes {
        "host.name" host_name ON "Host name of the machine that Docker runs on.";
        "os.type" os_type ON "Kind of operating system, such as `linux`.";
    }
}

detector! {
    /// Asks a Consul agent.
    pub struct ConsulBlock {
        /// Address of the agent; that of the usual Consul environment variables if empty.
        #[args(default = "")]
        pub address: String,
        /// Data center; the agent's own if empty.
        #[args(default = "")]
        pub datacenter: String,
        /// Token for access control.
        pub token: Option<Secret>,
        /// Namespace.
        #[args(default = "")]
        pub namespace: String,
        /// Keys of the node's metadata that become resource attributes.
        #[args(optional)]
        pub meta: Vec<String>,
    }
    ConsulAttributes {
        "cloud.region" cloud_region ON "Data center.";
        "host.id" host_id ON "Id of the node.";
        "host.name" host_name ON "Name of the node.";
    }
}

/// Reads the properties that a Dynatrace OneAgent left on the machine.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DynatraceBlock {}
