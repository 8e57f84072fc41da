//! Kubernetes clusters and nodes.

use alloy_blocks::otelcol::TlsClientBlock;
use alloy_value::Block;

use super::{ON, ResourceAttribute, detector};

detector! {
    /// Asks the API server of OpenShift.
    pub struct OpenShiftBlock {
        /// Address of the API server; that of the pod's environment if empty.
        #[args(default = "")]
        pub address: String,
        /// Token; that of the pod's service account if empty.
        #[args(default = "")]
        pub token: String,
        /// TLS settings.
        #[args(block)]
        pub tls: Option<TlsClientBlock>,
    }
    OpenShiftAttributes {
        "cloud.platform" cloud_platform ON "The platform, such as `aws_openshift`.";
        "cloud.provider" cloud_provider ON "The provider.";
        "cloud.region" cloud_region ON "Region.";
        "k8s.cluster.name" k8s_cluster_name ON "Name of the cluster.";
    }
}

detector! {
    /// Asks the Kubernetes API server about the node.
    pub struct KubernetesNodeBlock {
        /// How to authenticate: `none`, `serviceAccount` or `kubeConfig`.
        #[args(default = "none")]
        pub auth_type: String,
        /// Context of the kubeconfig file.
        #[args(default = "")]
        pub context: String,
        /// Environment variable that holds the name of the node.
        #[args(default = "K8S_NODE_NAME")]
        pub node_from_env_var: String,
    }
    KubernetesNodeAttributes {
        "k8s.node.name" k8s_node_name ON "Name of the node.";
        "k8s.node.uid" k8s_node_uid ON "Id of the node.";
    }
}

detector! {
    /// Asks the Kubernetes API server about a cluster that was made with kubeadm.
    pub struct KubeadmBlock {
        /// How to authenticate: `none`, `serviceAccount` or `kubeConfig`.
        #[args(default = "none")]
        pub auth_type: String,
        /// Context of the kubeconfig file.
        #[args(default = "")]
        pub context: String,
    }
    KubeadmAttributes {
        "k8s.cluster.name" k8s_cluster_name ON "Name of the cluster.";
        "k8s.cluster.uid" k8s_cluster_uid ON "Id of the cluster.";
    }
}
