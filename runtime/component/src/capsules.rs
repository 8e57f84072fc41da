//! Values that components exchange through their exports.

use std::sync::{Arc, OnceLock};

use alloy_telemetry::{
    Labels, LabelsBuilder, LogsConsumer, MetricsConsumer, OtlpConsumer, SampleBatch, SendError,
};
use alloy_value::{
    Capsule, CapsuleKind, DecodeError, FromValue, Object, Str, ToValue, TypeSchema, Value,
    capsule_mismatch, number_text,
};
use futures_util::future::{BoxFuture, ready};

/// Kind of [`MetricsReceiver`], under the name that users know from messages.
pub static METRICS_RECEIVER: CapsuleKind = CapsuleKind {
    name: METRICS_RECEIVER_NAME,
    to_object: None,
    eq: Some(|a, b| a.downcast_ref::<MetricsReceiver>() == b.downcast_ref::<MetricsReceiver>()),
    display: Some(|capsule| {
        capsule.downcast_ref::<MetricsReceiver>().map_or_else(String::new, |r| format!("{r:?}"))
    }),
};

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

impl FromValue for MetricsReceiver {
    /// Only a receiver of metrics is accepted; `null` is one that takes everything and keeps
    /// nothing.
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self::nowhere()),
            Value::Capsule(capsule) => capsule
                .downcast_ref::<Self>()
                .cloned()
                .ok_or_else(|| capsule_mismatch(&METRICS_RECEIVER, value)),
            _ => Err(capsule_mismatch(&METRICS_RECEIVER, value)),
        }
    }
}

impl ToValue for MetricsReceiver {
    const TYPE: TypeSchema = TypeSchema::Capsule(METRICS_RECEIVER_NAME);

    fn to_value(&self) -> Value {
        Value::Capsule(Capsule::new(&METRICS_RECEIVER, Arc::new(self.clone())))
    }
}

const METRICS_RECEIVER_NAME: &str = "storage.Appendable";

impl MetricsReceiver {
    fn nowhere() -> Self {
        static NOWHERE: OnceLock<MetricsReceiver> = OnceLock::new();
        NOWHERE.get_or_init(|| Self(Arc::new(Nowhere))).clone()
    }
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl MetricsConsumer for Nowhere {
    fn send(&self, _batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(ready(Ok(())))
    }

    fn component_id(&self) -> &str {
        "null"
    }
}

/// Takes what another component forwards, under the id that users see. What is handed over is added
/// by the first component that takes it.
pub trait Receiver: Send + Sync + 'static {
    /// Id of the component behind the receiver.
    fn component_id(&self) -> &str;
}

/// Declares the capsule of one kind of receiver: name of the type, what stands behind it, name of
/// the kind, text of the kind.
macro_rules! receivers {
    ($($(#[$doc:meta])* $name:ident($behind:ident) $kind:ident = $text:literal;)*) => {$(
        #[doc = concat!("Kind of [`", stringify!($name), "`], under the name that messages use.")]
        pub static $kind: CapsuleKind = CapsuleKind {
            name: $text,
            to_object: None,
            eq: Some(|a, b| a.downcast_ref::<$name>() == b.downcast_ref::<$name>()),
            display: Some(|capsule| {
                capsule.downcast_ref::<$name>().map_or_else(String::new, |r| format!("{r:?}"))
            }),
        };

        $(#[$doc])*
        ///
        /// Equality is identity: create it once per component. `None` is `null`, which takes
        /// everything and keeps nothing.
        #[derive(Clone)]
        pub struct $name(pub Option<Arc<dyn $behind>>);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let id = self.0.as_ref().map_or("null", |receiver| receiver.component_id());
                write!(f, "{id}.receiver")
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                match (&self.0, &other.0) {
                    (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                }
            }
        }

        impl FromValue for $name {
            fn from_value(value: &Value) -> Result<Self, DecodeError> {
                match value {
                    Value::Null => Ok(Self(None)),
                    Value::Capsule(capsule) => capsule
                        .downcast_ref::<Self>()
                        .cloned()
                        .ok_or_else(|| capsule_mismatch(&$kind, value)),
                    _ => Err(capsule_mismatch(&$kind, value)),
                }
            }
        }

        impl ToValue for $name {
            const TYPE: TypeSchema = TypeSchema::Capsule($text);

            fn to_value(&self) -> Value {
                Value::Capsule(Capsule::new(&$kind, Arc::new(self.clone())))
            }
        }
    )*};
}

receivers! {
    /// Receives log entries: the `receiver` of `loki.*` components.
    LogsReceiver(LogsConsumer) LOGS_RECEIVER = "loki.LogsReceiver";
    /// Receives OpenTelemetry metrics, logs and traces: the `input` of `otelcol.*` components.
    OtelConsumer(OtlpConsumer) OTEL_CONSUMER = "otelcol.Consumer";
    /// Receives profiles: the `receiver` of `pyroscope.*` components.
    ProfilesReceiver(Receiver) PROFILES_RECEIVER = "pyroscope.ProfilesReceiver";
    /// Authenticates requests: the `handler` of `otelcol.auth.*` components.
    OtelHandler(Receiver) OTEL_HANDLER = "otelcol.Handler";
    /// Keeps the state of other components: the `handler` of `otelcol.storage.*` components.
    OtelStorage(Receiver) OTEL_STORAGE = "otelcol.StorageHandler";
}

/// Kind of [`Target`].
pub static TARGET: CapsuleKind = CapsuleKind {
    name: TARGET_NAME,
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

impl FromValue for Target {
    /// Accepts a target and an object of scalars (spec/language.md §9); `null` is a target without
    /// labels.
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::Object(object) => Self::from_object(object),
            Value::Capsule(capsule) => match capsule.downcast_ref::<Self>() {
                Some(target) => Ok(target.clone()),
                None => Err(capsule_mismatch(&TARGET, value)),
            },
            _ => Err(DecodeError::value(format!(
                "target::ConvertFrom: conversion from '{}' is not supported",
                type_of(value)
            ))),
        }
    }
}

impl Target {
    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let mut labels = LabelsBuilder::default();
        for (name, value) in &object.members {
            labels.set(name.to_lossy(), label_text(value)?);
        }
        Ok(Self(labels.finish()))
    }
}

impl ToValue for Target {
    const TYPE: TypeSchema = TypeSchema::Capsule(TARGET_NAME);

    fn to_value(&self) -> Value {
        Value::Capsule(self.clone().into_capsule())
    }
}

const TARGET_NAME: &str = "discovery.Target";

/// A member of an object as a label value.
fn label_text(value: &Value) -> Result<Arc<str>, DecodeError> {
    match value {
        Value::String(text) => Ok(text.to_lossy().into()),
        Value::Null => Err(DecodeError::value(
            "target::ConvertFrom: cannot convert a nil value to a target value",
        )),
        _ if value.is_sensitive() => {
            Err(DecodeError::value("target::ConvertFrom: cannot use a secret as a target value"))
        }
        _ => Ok(default_format(value).into()),
    }
}

/// The text of a value as other programs' default formatting has it: `1`, `true`, `[a b]`,
/// `map[k:v]`.
fn default_format(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::String(text) => text.to_lossy().into_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(default_format).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(object) => {
            let member = |(name, value): (&Str, &Value)| {
                format!("{}:{}", name.to_lossy(), default_format(value))
            };
            let members: Vec<_> = object.shown().into_iter().map(member).collect();
            format!("map[{}]", members.join(" "))
        }
        Value::Function(function) => function.name.to_owned(),
        Value::Capsule(capsule) => match value.as_optional_secret() {
            Some(plain) if !plain.is_secret => plain.expose().to_owned(),
            _ => capsule.kind.display.map_or_else(|| capsule.kind.name.to_owned(), |d| d(capsule)),
        },
        _ => number_text(value).unwrap_or_default(),
    }
}

/// Type of a value under the name that messages about targets use.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]syntax.Value",
        Value::Object(_) => "map[string]syntax.Value",
        Value::Function(_) => "func",
        Value::Capsule(capsule) => capsule.kind.name,
    }
}

#[cfg(test)]
mod tests {
    use alloy_value::{OptionalSecret, Secret};

    use super::*;

    fn object(members: Vec<(&str, Value)>) -> Value {
        let members = members.into_iter().map(|(n, v)| (Str::from(n), v));
        Value::Object(Arc::new(members.collect()))
    }

    #[test]
    fn target_comes_from_an_object_of_scalars() {
        let value = object(vec![
            ("__address__", Value::from("a:1")),
            ("int", Value::Int(1)),
            ("bool", Value::Bool(true)),
            ("float", Value::Float(1.5)),
            ("empty", Value::from("")),
            ("plain", Value::from(OptionalSecret::new("p", false))),
        ]);
        let target = Target::from_value(&value).unwrap();
        assert_eq!(
            target.0.to_string(),
            r#"{__address__="a:1", bool="true", float="1.5", int="1", plain="p"}"#
        );
        assert_eq!(Target::from_value(&target.to_value()).unwrap(), target);
    }

    #[test]
    fn what_is_no_target_is_named() {
        let cases = [
            (Value::from("x"), "target::ConvertFrom: conversion from 'string' is not supported"),
            (Value::Int(1), "target::ConvertFrom: conversion from 'int64' is not supported"),
            (Value::Float(1.5), "target::ConvertFrom: conversion from 'float64' is not supported"),
            (Value::Bool(true), "target::ConvertFrom: conversion from 'bool' is not supported"),
            (
                object(vec![("a", Value::Null)]),
                "target::ConvertFrom: cannot convert a nil value to a target value",
            ),
            (
                object(vec![("a", Value::from(Secret::new("s")))]),
                "target::ConvertFrom: cannot use a secret as a target value",
            ),
            (
                object(vec![("a", Value::from(OptionalSecret::new("s", true)))]),
                "target::ConvertFrom: cannot use a secret as a target value",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(Target::from_value(&value).unwrap_err().message, expected);
        }
    }

    #[test]
    fn receiver_is_compared_by_identity_and_keeps_it_through_a_value() {
        let one = MetricsReceiver(Arc::new(Nowhere));
        let other = MetricsReceiver(Arc::new(Nowhere));
        assert_eq!(MetricsReceiver::from_value(&one.to_value()).unwrap(), one);
        assert!(one.to_value().identical(&one.to_value()));
        assert_ne!(MetricsReceiver::from_value(&other.to_value()).unwrap(), one);
        assert_eq!(
            MetricsReceiver::from_value(&Value::Null).unwrap(),
            MetricsReceiver::from_value(&Value::Null).unwrap()
        );
    }

    #[test]
    fn only_a_receiver_is_a_receiver() {
        let target = Target::default().to_value();
        let message = |value: &Value| MetricsReceiver::from_value(value).unwrap_err().message;
        assert_eq!(
            message(&target),
            r#"expected capsule("storage.Appendable"), got capsule("discovery.Target")"#
        );
        assert_eq!(message(&Value::from("x")), "should be capsule, got string");
    }
}
