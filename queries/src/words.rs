//! Types and kinds of values in words that users know.

use alloy_value::{TypeSchema, Value};

/// The kind of values that are made of objects.
pub(crate) const TARGET: &str = "discovery.Target";

/// What a value of a type is called: `a string`, `a list of receivers of metrics`.
pub(crate) fn type_words(ty: &TypeSchema) -> String {
    match ty {
        TypeSchema::Bool => "true or false".to_owned(),
        TypeSchema::Number(_) => "a number".to_owned(),
        TypeSchema::String | TypeSchema::OneOf(_) => "a string".to_owned(),
        TypeSchema::Duration => "a duration".to_owned(),
        TypeSchema::Text(kind) => format!("a string ({kind})"),
        TypeSchema::Secret | TypeSchema::OptionalSecret => "a secret or a string".to_owned(),
        TypeSchema::Any => "a value".to_owned(),
        TypeSchema::List(inner) => format!("a list of {}", plural(inner)),
        TypeSchema::FixedList(inner, count) => format!("a list of {count} {}", plural(inner)),
        TypeSchema::Map(inner) => format!("an object of {}", plural(inner)),
        TypeSchema::Struct(_) => "an object".to_owned(),
        TypeSchema::Capsule(kind) => format!("a {}", kind_words(kind)),
        TypeSchema::Optional(inner) => type_words(inner),
    }
}

fn plural(ty: &TypeSchema) -> String {
    match ty {
        TypeSchema::Bool => "booleans".to_owned(),
        TypeSchema::Number(_) => "numbers".to_owned(),
        TypeSchema::String | TypeSchema::OneOf(_) | TypeSchema::Text(_) => "strings".to_owned(),
        TypeSchema::Duration => "durations".to_owned(),
        TypeSchema::Secret | TypeSchema::OptionalSecret => "secrets".to_owned(),
        TypeSchema::Any => "values".to_owned(),
        TypeSchema::List(_) | TypeSchema::FixedList(..) => "lists".to_owned(),
        TypeSchema::Map(_) | TypeSchema::Struct(_) => "objects".to_owned(),
        TypeSchema::Capsule(kind) => {
            let words = kind_words(kind);
            match words.split_once(' ') {
                Some((first, rest)) => format!("{first}s {rest}"),
                None => format!("{words}s"),
            }
        }
        TypeSchema::Optional(inner) => plural(inner),
    }
}

/// What values of an opaque kind are called.
fn kind_words(kind: &str) -> String {
    match kind {
        "storage.Appendable" => "receiver of metrics",
        "loki.LogsReceiver" => "receiver of logs",
        "otelcol.Consumer" => "consumer of OpenTelemetry data",
        "pyroscope.ProfilesReceiver" => "receiver of profiles",
        "otelcol.Handler" => "handler of authentication",
        "otelcol.StorageHandler" => "handler of storage",
        TARGET => "target",
        "relabel.Rules" => "set of relabel rules",
        other => return format!("value of the kind {other}"),
    }
    .to_owned()
}

/// What a value is called, without telling it.
pub(crate) fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Function(_) => "a function".to_owned(),
        value if value.is_sensitive() => "a secret".to_owned(),
        Value::Capsule(capsule) => format!("a {}", kind_words(capsule.kind.name)),
    }
}

/// A message about types in the words of the reference, in words that users know.
pub(crate) fn plain(message: &str) -> Option<String> {
    let rest = message.strip_prefix("should be ").or_else(|| message.strip_prefix("expected "))?;
    let (wanted, found) = rest.rsplit_once(", got ")?;
    let found = named(found)?;
    if let Some((_, operator)) = wanted.split_once(" for binop ") {
        return Some(format!("the operator `{operator}` does not take {found}"));
    }
    Some(format!("expected {}, found {found}", named(wanted)?))
}

/// A type by the name that messages use.
fn named(name: &str) -> Option<String> {
    let words = match name {
        "null" => "null",
        "bool" => "true or false",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        "object" => "an object",
        "function" => "a function",
        "capsule" => "a value that only components export",
        _ => {
            let kind = name.strip_prefix("capsule(\"")?.strip_suffix("\")")?;
            return Some(match kind {
                "alloytypes.Secret" | "alloytypes.OptionalSecret" => "a secret".to_owned(),
                kind => format!("a {}", kind_words(kind)),
            });
        }
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_types_have_words() {
        let cases = [
            ("should be number, got string", "expected a number, found a string"),
            (
                "expected array, got capsule",
                "expected a list, found a value that only components export",
            ),
            (
                "expected capsule(\"storage.Appendable\"), got capsule(\"loki.LogsReceiver\")",
                "expected a receiver of metrics, found a receiver of logs",
            ),
            (
                "should be one of [number string capsule] for binop +, got bool",
                "the operator `+` does not take true or false",
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(plain(message).as_deref(), Some(expected));
        }
        assert_eq!(plain("expected a, got b"), None);
        assert_eq!(plain("divide by zero error"), None);
    }

    #[test]
    fn types_have_words() {
        static METRICS: TypeSchema = TypeSchema::Capsule("storage.Appendable");
        static RULES: TypeSchema = TypeSchema::Capsule("relabel.Rules");
        assert_eq!(type_words(&METRICS), "a receiver of metrics");
        assert_eq!(type_words(&TypeSchema::List(&METRICS)), "a list of receivers of metrics");
        assert_eq!(type_words(&TypeSchema::List(&RULES)), "a list of sets of relabel rules");
        assert_eq!(type_words(&TypeSchema::Map(&TypeSchema::String)), "an object of strings");
    }
}
