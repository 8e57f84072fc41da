//! What is detected without further settings.

use alloy_value::structure::{Structure, object_of};
use alloy_value::{ToValue, Value};
use expect_test::expect;

use super::ResourceDetectionArgs;

/// Paths of the resource attributes below `value` that are not set, one a line.
fn unset(path: &str, value: &Value, out: &mut String) {
    let Value::Object(object) = value else { return };
    if object.get("enabled") == Some(&false.to_value()) {
        out.push_str(path);
        out.push('\n');
    }
    for (name, member) in object.shown() {
        let name = name.to_lossy();
        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        unset(&path, member, out);
    }
}

#[test]
fn most_resource_attributes_are_set_by_default() {
    let mut out = String::new();
    unset("", &object_of(&ResourceDetectionArgs::initial()), &mut out);
    expect![[r#"
        eks.resource_attributes.cloud.account.id
        eks.resource_attributes.k8s.cluster.name
        azure.resource_attributes.cloud.availability_zone
        aks.resource_attributes.k8s.cluster.name
        gcp.resource_attributes.faas.id
        gcp.resource_attributes.gcp.gce.instance.hostname
        gcp.resource_attributes.gcp.gce.instance.name
        system.resource_attributes.host.arch
        system.resource_attributes.host.cpu.cache.l2.size
        system.resource_attributes.host.cpu.family
        system.resource_attributes.host.cpu.model.id
        system.resource_attributes.host.cpu.model.name
        system.resource_attributes.host.cpu.stepping
        system.resource_attributes.host.cpu.vendor.id
        system.resource_attributes.host.id
        system.resource_attributes.host.interface
        system.resource_attributes.host.ip
        system.resource_attributes.host.mac
        system.resource_attributes.os.build.id
        system.resource_attributes.os.description
        system.resource_attributes.os.name
        system.resource_attributes.os.version
    "#]]
    .assert_eq(&out);
}
