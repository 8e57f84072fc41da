//! Arguments of `prometheus.exporter.cadvisor`.

use std::time::Duration;

use alloy_value::Args;

/// A list with one empty text: nothing is limited.
fn everything() -> Vec<String> {
    vec![String::new()]
}

/// Arguments of `prometheus.exporter.cadvisor`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct CadvisorArgs {
    /// Turns the labels and environment variables of containers into metric labels.
    #[args(default = true)]
    pub store_container_labels: bool,
    /// Container labels to turn into metric labels when `store_container_labels` is off.
    #[args(default = everything())]
    pub allowlisted_container_labels: Vec<String>,
    /// Beginnings of the names of environment variables to collect.
    #[args(default = everything())]
    pub env_metadata_allowlist: Vec<String>,
    /// Beginnings of the paths of control groups to collect even with `docker_only`.
    #[args(default = everything())]
    pub raw_cgroup_prefix_allowlist: Vec<String>,
    /// JSON file that says which perf events to measure; empty measures none.
    #[args(default = "")]
    pub perf_events_config: String,
    /// How often groups of the resource control file system are updated; 0 never.
    #[args(default = "0s")]
    pub resctrl_interval: Duration,
    /// Kinds of metrics to leave out.
    #[args(optional)]
    pub disabled_metrics: Vec<String>,
    /// Kinds of metrics to expose; wins over `disabled_metrics`.
    #[args(optional)]
    pub enabled_metrics: Vec<String>,
    /// How long measurements are kept.
    #[args(default = "2m")]
    pub storage_duration: Duration,
    /// Socket of containerd.
    #[args(default = "/run/containerd/containerd.sock")]
    pub containerd_host: String,
    /// Namespace of containerd to look at.
    #[args(default = "k8s.io")]
    pub containerd_namespace: String,
    /// Address of the Docker daemon.
    #[args(default = "unix:///var/run/docker.sock")]
    pub docker_host: String,
    /// Connects to the Docker daemon with TLS.
    #[args(default = false)]
    pub use_docker_tls: bool,
    /// File with the client certificate for the Docker daemon.
    #[args(default = "cert.pem")]
    pub docker_tls_cert: String,
    /// File with the key of the client certificate.
    #[args(default = "key.pem")]
    pub docker_tls_key: String,
    /// File with the CA to verify the Docker daemon with.
    #[args(default = "ca.pem")]
    pub docker_tls_ca: String,
    /// Leaves out control groups that belong to no container, except the root.
    #[args(default = false)]
    pub docker_only: bool,
    /// Leaves out the root control group.
    #[args(default = false)]
    pub disable_root_cgroup_stats: bool,
}
