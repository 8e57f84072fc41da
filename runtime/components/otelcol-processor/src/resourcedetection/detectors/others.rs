//! Other clouds.

use alloy_value::Block;

use super::{ON, ResourceAttribute, detector};

detector! {
    /// Asks the metadata service of an Akamai (Linode) instance.
    pub struct AkamaiBlock {}
    AkamaiAttributes {
        "cloud.provider" cloud_provider ON "The provider, `akamai_cloud`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the instance.";
        "host.name" host_name ON "Name of the instance.";
    }
}

detector! {
    /// Asks the metadata service of a DigitalOcean droplet.
    pub struct DigitalOceanBlock {}
    DigitalOceanAttributes {
        "cloud.provider" cloud_provider ON "The provider, `digitalocean`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the droplet.";
        "host.name" host_name ON "Host name of the droplet.";
    }
}

detector! {
    /// Reads the environment variables of a Heroku dyno.
    pub struct HerokuBlock {}
    HerokuAttributes {
        "cloud.provider" cloud_provider ON "The provider, `heroku`.";
        "heroku.app.id" heroku_app_id ON "Id of the application.";
        "heroku.dyno.id" heroku_dyno_id ON "Id of the dyno.";
        "heroku.release.commit" heroku_release_commit ON "Commit of the release.";
        "heroku.release.creation_timestamp" heroku_release_creation_timestamp ON
            "When the release was made.";
        "service.instance.id" service_instance_id ON "Name of the dyno.";
        "service.name" service_name ON "Name of the application.";
        "service.version" service_version ON "Version of the release.";
    }
}

detector! {
    /// Asks the metadata service of a Hetzner Cloud server.
    pub struct HetznerBlock {}
    HetznerAttributes {
        "cloud.availability_zone" cloud_availability_zone ON "Availability zone.";
        "cloud.provider" cloud_provider ON "The provider, `hetzner`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the server.";
        "host.name" host_name ON "Host name of the server.";
    }
}

detector! {
    /// Asks the metadata service of an OpenStack Nova instance.
    pub struct NovaBlock {
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
        /// Regular expressions: the instance's metadata with such keys becomes resource attributes.
        #[args(optional)]
        pub labels: Vec<String>,
    }
    NovaAttributes {
        "cloud.platform" cloud_platform ON "The platform, `openstack_nova`.";
        "cloud.provider" cloud_provider ON "The provider, `openstack`.";
        "cloud.region" cloud_region ON "Region.";
        "cloud.availability_zone" cloud_availability_zone ON "Availability zone.";
        "host.id" host_id ON "Id of the instance.";
        "host.name" host_name ON "Host name of the instance.";
        "host.type" host_type ON "Flavor of the instance.";
    }
}

detector! {
    /// Asks the metadata service of an Oracle Cloud instance.
    pub struct OracleCloudBlock {}
    OracleCloudAttributes {
        "cloud.platform" cloud_platform ON "The platform, such as `oracle_cloud_compute`.";
        "cloud.provider" cloud_provider ON "The provider, `oracle_cloud`.";
        "cloud.region" cloud_region ON "Region.";
        "cloud.availability_zone" cloud_availability_zone ON "Availability domain.";
        "host.id" host_id ON "Id of the instance.";
        "host.name" host_name ON "Name of the instance.";
        "host.type" host_type ON "Shape of the instance.";
        "k8s.cluster.name" k8s_cluster_name ON "Name of the Kubernetes cluster.";
        "oracle_cloud.realm" oracle_cloud_realm ON "Realm.";
    }
}

detector! {
    /// Asks the metadata service of a Scaleway instance.
    pub struct ScalewayBlock {}
    ScalewayAttributes {
        "cloud.account.id" cloud_account_id ON "Organization that owns the instance.";
        "cloud.availability_zone" cloud_availability_zone ON "Zone.";
        "cloud.platform" cloud_platform ON "The platform, `scaleway_cloud_compute`.";
        "cloud.provider" cloud_provider ON "The provider, `scaleway_cloud`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the instance.";
        "host.image.id" host_image_id ON "Id of the image.";
        "host.image.name" host_image_name ON "Name of the image.";
        "host.name" host_name ON "Name of the instance.";
        "host.type" host_type ON "Commercial type of the instance.";
    }
}

detector! {
    /// Asks the metadata service of an UpCloud server.
    pub struct UpCloudBlock {
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
    }
    UpCloudAttributes {
        "cloud.provider" cloud_provider ON "The provider, `upcloud`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the server.";
        "host.name" host_name ON "Host name of the server.";
    }
}

detector! {
    /// Asks the metadata service of a Vultr instance.
    pub struct VultrBlock {
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
    }
    VultrAttributes {
        "cloud.provider" cloud_provider ON "The provider, `vultr`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the instance.";
        "host.name" host_name ON "Host name of the instance.";
    }
}

detector! {
    /// Asks the metadata service of a Tencent Cloud virtual machine.
    pub struct TencentCvmBlock {
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
    }
    TencentCvmAttributes {
        "cloud.account.id" cloud_account_id ON "Account that owns the machine.";
        "cloud.availability_zone" cloud_availability_zone ON "Zone.";
        "cloud.platform" cloud_platform ON "The platform, `tencent_cloud_cvm`.";
        "cloud.provider" cloud_provider ON "The provider, `tencent_cloud`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the machine.";
        "host.image.id" host_image_id ON "Id of the image.";
        "host.name" host_name ON "Name of the machine.";
        "host.type" host_type ON "Type of the machine.";
    }
}

detector! {
    /// Asks the metadata service of an Alibaba Cloud instance.
    pub struct AlibabaEcsBlock {
        /// Fails when the metadata service cannot be reached.
        #[args(default = false)]
        pub fail_on_missing_metadata: bool,
    }
    AlibabaEcsAttributes {
        "cloud.account.id" cloud_account_id ON "Account that owns the instance.";
        "cloud.availability_zone" cloud_availability_zone ON "Zone.";
        "cloud.platform" cloud_platform ON "The platform, `alibaba_cloud_ecs`.";
        "cloud.provider" cloud_provider ON "The provider, `alibaba_cloud`.";
        "cloud.region" cloud_region ON "Region.";
        "host.id" host_id ON "Id of the instance.";
        "host.image.id" host_image_id ON "Id of the image.";
        "host.name" host_name ON "Host name of the instance.";
        "host.type" host_type ON "Type of the instance.";
    }
}
