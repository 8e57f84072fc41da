//! Values that components exchange through their exports.

use std::sync::Arc;

use alloy_telemetry::{Labels, MetricsConsumer};
use alloy_value::{Capsule, CapsuleKind, Object, Str, Value};

/// Kind of [`MetricsReceiver`].
pub static METRICS_RECEIVER: CapsuleKind =
    CapsuleKind { name: "prometheus.MetricsReceiver", to_object: None, eq: None, display: None };

/// The receiver of a metrics component, as exported and as found in `forward_to`. Equality is
/// identity: create it once per component.
#[derive(Clone)]
pub struct MetricsReceiver(pub Arc<dyn MetricsConsumer>);

impl std::fmt::Debug for MetricsReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.receiver", self.0.component_id())
    }
}

impl PartialEq for MetricsReceiver {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Kind of [`Target`].
pub static TARGET: CapsuleKind = CapsuleKind {
    name: "discovery.Target",
    to_object: Some(|capsule| {
        let members = capsule
            .downcast_ref::<Target>()
            .map(|t| t.0.iter().map(|(n, v)| (Str::from(n), Value::String(v.into()))).collect())
            .unwrap_or_default();
        Arc::new(Object { members, ordered: false })
    }),
    eq: Some(|a, b| a.downcast_ref::<Target>() == b.downcast_ref::<Target>()),
    display: None,
};

/// A discovery target: a set of labels. Convertible from and to an object of strings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Target(pub Labels);

impl Target {
    /// The target as a capsule.
    pub fn into_capsule(self) -> Capsule {
        Capsule::new(&TARGET, Arc::new(self))
    }
}
