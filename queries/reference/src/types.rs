//! Names of types as the catalog writes them.

use alloy_value::TypeSchema;

/// The canonical name of a type, such as `list(secret)`.
pub(crate) fn canonical(ty: &TypeSchema) -> String {
    match ty {
        TypeSchema::Bool => "bool".to_owned(),
        TypeSchema::Number(_) => "number".to_owned(),
        TypeSchema::String | TypeSchema::Text(_) | TypeSchema::OneOf(_) => "string".to_owned(),
        TypeSchema::Duration => "duration".to_owned(),
        TypeSchema::Secret => "secret".to_owned(),
        TypeSchema::OptionalSecret => "optional_secret".to_owned(),
        TypeSchema::Any => "any".to_owned(),
        TypeSchema::List(inner) | TypeSchema::FixedList(inner, _) => {
            format!("list({})", canonical(inner))
        }
        TypeSchema::Map(inner) => format!("map({})", canonical(inner)),
        TypeSchema::Struct(_) => "object".to_owned(),
        // A target is an object of strings to whoever writes one.
        TypeSchema::Capsule(TARGET) => "map(string)".to_owned(),
        TypeSchema::Capsule(METRICS_RECEIVER) => "capsule(prometheus.MetricsReceiver)".to_owned(),
        TypeSchema::Capsule(kind) => format!("capsule({kind})"),
        TypeSchema::Optional(inner) => canonical(inner),
    }
}

/// Capsules by the name that messages use for them.
pub(crate) const TARGET: &str = "discovery.Target";
const METRICS_RECEIVER: &str = "storage.Appendable";

/// What flows through a value of a type, by the name that `accepts_types` and `exports_types` use.
pub(crate) fn connection(ty: &TypeSchema) -> Option<&'static str> {
    match ty {
        TypeSchema::List(TypeSchema::Capsule(TARGET)) => Some("Targets"),
        TypeSchema::List(inner) | TypeSchema::FixedList(inner, _) | TypeSchema::Optional(inner) => {
            connection(inner)
        }
        TypeSchema::Capsule(METRICS_RECEIVER) => Some("Prometheus MetricsReceiver"),
        TypeSchema::Capsule("loki.LogsReceiver") => Some("Loki LogsReceiver"),
        TypeSchema::Capsule("otelcol.Consumer") => Some("OpenTelemetry otelcol.Consumer"),
        TypeSchema::Capsule("pyroscope.ProfilesReceiver") => Some("Pyroscope ProfilesReceiver"),
        TypeSchema::Capsule("otelcol.Handler") => Some("otelcol.Handler"),
        TypeSchema::Capsule("otelcol.StorageHandler") => Some("otelcol.StorageHandler"),
        TypeSchema::Capsule("relabel.Rules") => Some("relabel.Rules"),
        _ => None,
    }
}

/// True if the type is or contains a secret.
pub(crate) fn is_secret(ty: &TypeSchema) -> bool {
    match ty {
        TypeSchema::Secret => true,
        TypeSchema::List(inner)
        | TypeSchema::FixedList(inner, _)
        | TypeSchema::Map(inner)
        | TypeSchema::Optional(inner) => is_secret(inner),
        _ => false,
    }
}

/// The type inside lists, maps and optional values.
pub(crate) fn innermost(ty: &TypeSchema) -> &TypeSchema {
    match ty {
        TypeSchema::List(inner)
        | TypeSchema::FixedList(inner, _)
        | TypeSchema::Map(inner)
        | TypeSchema::Optional(inner) => innermost(inner),
        _ => ty,
    }
}

/// Which numbers fit: `int`, `uint` or `float`.
pub(crate) fn number_kind(ty: &TypeSchema) -> Option<&'static str> {
    let TypeSchema::Number(width) = innermost(ty) else { return None };
    ["int", "uint", "float"].into_iter().find(|kind| width.starts_with(kind))
}
