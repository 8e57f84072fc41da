//! Defaults as JSON.

use alloy_value::{GoDuration, TypeSchema, Value as Config};
use serde_json::{Map, Number, Value as Json};

/// The default of an attribute. Unset and empty values and secrets are null.
pub(crate) fn json(ty: &TypeSchema, value: &Config) -> Json {
    match value {
        Config::Null | Config::Function(_) | Config::Capsule(_) => Json::Null,
        Config::Bool(value) => Json::Bool(*value),
        Config::Int(number) => Json::from(*number),
        Config::Uint(number) => Json::from(*number),
        Config::Float(number) => float(*number),
        Config::String(text) => match innermost_duration(ty, &text.to_lossy()) {
            Some(duration) => Json::from(duration),
            None => Json::from(text.to_lossy()),
        },
        Config::Array(items) if items.is_empty() => Json::Null,
        Config::Array(items) => items.iter().map(|item| json(ty, item)).collect(),
        Config::Object(object) if object.members.is_empty() => Json::Null,
        Config::Object(object) => object
            .shown()
            .into_iter()
            .map(|(name, member)| (name.to_lossy().into_owned(), json(ty, member)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// Whole numbers print without a fraction.
fn float(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        return Json::from(number as i64);
    }
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

fn innermost_duration(ty: &TypeSchema, text: &str) -> Option<String> {
    match crate::types::innermost(ty) {
        TypeSchema::Duration => text.parse().ok().map(duration_text),
        _ => None,
    }
}

/// A duration as its non-zero parts: `1h30m`, not `1h30m0s`.
fn duration_text(duration: GoDuration) -> String {
    const UNITS: &[(&str, u64)] = &[
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ];
    let mut rest = duration.0.unsigned_abs();
    let mut text = if duration.0 < 0 { "-".to_owned() } else { String::new() };
    for (unit, nanoseconds) in UNITS {
        let count = rest / nanoseconds;
        rest %= nanoseconds;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if duration.0 == 0 { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_without_zero_parts() {
        let shown = |text: &str| json(&TypeSchema::Duration, &Config::from(text));
        assert_eq!(shown("90m"), "1h30m");
        assert_eq!(shown("1.4s"), "1s400ms");
        assert_eq!(shown("-60s"), "-1m");
        assert_eq!(shown("0"), "0s");
    }

    #[test]
    fn empty_values_are_unset() {
        assert_eq!(json(&TypeSchema::Any, &Config::from(Vec::new())), Json::Null);
        assert_eq!(json(&TypeSchema::Any, &Config::Float(50.0)).to_string(), "50");
        assert_eq!(json(&TypeSchema::Any, &Config::Float(0.5)).to_string(), "0.5");
    }
}
