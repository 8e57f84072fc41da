//! Amazon Web Services.

use std::time::Duration;

use alloy_value::Block;

use super::{OFF, ON, ResourceAttribute, detector};

detector! {
    /// Asks the metadata service of an EC2 instance.
    pub struct Ec2Block {
        /// Regular expressions: the instance's tags with such keys become `ec2.tag.` and the key.
        #[args(optional)]
        pub tags: Vec<String>,
        /// Attempts to reach the metadata service.
        #[args(default = 3)]
        pub max_attempts: i64,
        /// Longest delay between attempts.
        #[args(default = "20s")]
        pub max_backoff: Duration,
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
        /// Reads the tags from the metadata service, which needs no permission to describe tags.
        #[args(default = false)]
        pub tags_from_imds: bool,
    }
    Ec2Attributes {
        "cloud.account.id" cloud_account_id ON "Account that owns the instance.";
        "cloud.availability_zone" cloud_availability_zone ON "Availability zone.";
        "cloud.platform" cloud_platform ON "The platform, `aws_ec2`.";
        "cloud.provider" cloud_provider ON "The provider, `aws`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the instance.";
        "host.image.id" host_image_id ON "Id of the image that the instance was started from.";
        "host.name" host_name ON "Host name of the instance.";
        "host.type" host_type ON "Type of the instance.";
    }
}

detector! {
    /// Asks the task metadata endpoint of Elastic Container Service.
    pub struct EcsBlock {}
    EcsAttributes {
        "aws.ecs.cluster.arn" aws_ecs_cluster_arn ON "ARN of the cluster.";
        "aws.ecs.launchtype" aws_ecs_launchtype ON "Launch type of the task.";
        "aws.ecs.task.arn" aws_ecs_task_arn ON "ARN of the task.";
        "aws.ecs.task.family" aws_ecs_task_family ON "Family of the task definition.";
        "aws.ecs.task.id" aws_ecs_task_id ON "Id of the task.";
        "aws.ecs.task.revision" aws_ecs_task_revision ON "Revision of the task definition.";
        "aws.log.group.arns" aws_log_group_arns ON "ARNs of the log groups.";
        "aws.log.group.names" aws_log_group_names ON "Names of the log groups.";
        "aws.log.stream.arns" aws_log_stream_arns ON "ARNs of the log streams.";
        "aws.log.stream.names" aws_log_stream_names ON "Names of the log streams.";
        "cloud.account.id" cloud_account_id ON "Account that owns the task.";
        "cloud.availability_zone" cloud_availability_zone ON "Availability zone.";
        "cloud.platform" cloud_platform ON "The platform, `aws_ecs`.";
        "cloud.provider" cloud_provider ON "The provider, `aws`.";
        "cloud.region" cloud_region ON "Region.";
    }
}

detector! {
    /// Recognizes Elastic Kubernetes Service.
    pub struct EksBlock {
        /// Environment variable that holds the name of the node.
        #[args(default = "K8S_NODE_NAME")]
        pub node_from_env_var: String,
    }
    EksAttributes {
        "cloud.account.id" cloud_account_id OFF "Account that owns the cluster.";
        "cloud.platform" cloud_platform ON "The platform, `aws_eks`.";
        "cloud.provider" cloud_provider ON "The provider, `aws`.";
        "k8s.cluster.name" k8s_cluster_name OFF "Name of the cluster.";
    }
}

detector! {
    /// Reads the X-Ray configuration of an Elastic Beanstalk instance.
    pub struct ElasticBeanstalkBlock {}
    ElasticBeanstalkAttributes {
        "cloud.platform" cloud_platform ON "The platform, `aws_elastic_beanstalk`.";
        "cloud.provider" cloud_provider ON "The provider, `aws`.";
        "deployment.environment" deployment_environment ON "Name of the environment.";
        "service.instance.id" service_instance_id ON "Id of the deployment.";
        "service.version" service_version ON "Version of the application.";
    }
}

detector! {
    /// Reads the environment variables of an AWS Lambda function.
    pub struct LambdaBlock {}
    LambdaAttributes {
        "aws.log.group.names" aws_log_group_names ON "Names of the log groups.";
        "aws.log.stream.names" aws_log_stream_names ON "Names of the log streams.";
        "cloud.platform" cloud_platform ON "The platform, `aws_lambda`.";
        "cloud.provider" cloud_provider ON "The provider, `aws`.";
        "cloud.region" cloud_region ON "Region.";
        "faas.instance" faas_instance ON "Instance of the function: its log stream.";
        "faas.max_memory" faas_max_memory ON "Memory of the function.";
        "faas.name" faas_name ON "Name of the function.";
        "faas.version" faas_version ON "Version of the function.";
    }
}
