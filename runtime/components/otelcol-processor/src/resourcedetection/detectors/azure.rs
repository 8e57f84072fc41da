//! Microsoft Azure.

use alloy_value::Block;

use super::{OFF, ON, ResourceAttribute, detector};

detector! {
    /// Asks the metadata service of an Azure virtual machine.
    pub struct AzureBlock {
        /// Regular expressions: the machine's tags with such names become `azure.tag.` and the
        /// name.
        #[args(optional)]
        pub tags: Vec<String>,
    }
    AzureAttributes {
        "azure.resourcegroup.name" azure_resourcegroup_name ON "Resource group.";
        "azure.vm.name" azure_vm_name ON "Name of the machine.";
        "azure.vm.scaleset.name" azure_vm_scaleset_name ON "Scale set of the machine.";
        "azure.vm.size" azure_vm_size ON "Size of the machine.";
        "cloud.account.id" cloud_account_id ON "Subscription that owns the machine.";
        "cloud.platform" cloud_platform ON "The platform, `azure_vm`.";
        "cloud.provider" cloud_provider ON "The provider, `azure`.";
        "cloud.region" cloud_region ON "Region.";
        "cloud.availability_zone" cloud_availability_zone OFF "Availability zone.";
        "host.id" host_id ON "Id of the machine.";
        "host.name" host_name ON "Host name of the machine.";
    }
}

detector! {
    /// Recognizes Azure Kubernetes Service.
    pub struct AksBlock {}
    AksAttributes {
        "cloud.platform" cloud_platform ON "The platform, `azure_aks`.";
        "cloud.provider" cloud_provider ON "The provider, `azure`.";
        "k8s.cluster.name" k8s_cluster_name OFF "Name of the cluster.";
    }
}
