//! Google Cloud.

use alloy_value::Block;

use super::{OFF, ON, ResourceAttribute, detector};

detector! {
    /// Asks the metadata server of Google Cloud: Compute Engine, Kubernetes Engine, App Engine,
    /// Cloud Run and Cloud Functions.
    pub struct GcpBlock {}
    GcpAttributes {
        "cloud.account.id" cloud_account_id ON "Project.";
        "cloud.availability_zone" cloud_availability_zone ON "Zone.";
        "cloud.platform" cloud_platform ON "The platform, such as `gcp_compute_engine`.";
        "cloud.provider" cloud_provider ON "The provider, `gcp`.";
        "cloud.region" cloud_region ON "Region.";
        "faas.id" faas_id OFF "Id of the function or service.";
        "faas.instance" faas_instance ON "Instance of the function or service.";
        "faas.name" faas_name ON "Name of the function or service.";
        "faas.version" faas_version ON "Version of the function or service.";
        "gcp.cloud_run.job.execution" gcp_cloud_run_job_execution ON "Execution of the job.";
        "gcp.cloud_run.job.task_index" gcp_cloud_run_job_task_index ON "Number of the task.";
        "gcp.gce.instance.hostname" gcp_gce_instance_hostname OFF "Host name of the instance.";
        "gcp.gce.instance.name" gcp_gce_instance_name OFF "Name of the instance.";
        "gcp.gce.instance.group_manager.name" gcp_gce_instance_group_manager_name ON
            "Managed group of the instance.";
        "gcp.gce.instance.group_manager.region" gcp_gce_instance_group_manager_region ON
            "Region of the managed group.";
        "gcp.gce.instance.group_manager.zone" gcp_gce_instance_group_manager_zone ON
            "Zone of the managed group.";
        "host.id" host_id ON "Id of the instance.";
        "host.name" host_name ON "Name of the instance.";
        "host.type" host_type ON "Machine type of the instance.";
        "k8s.cluster.name" k8s_cluster_name ON "Name of the cluster.";
    }
}
