//! Exported targets as text.

use alloy_component::Target;
use alloy_value::{FromValue, Value};

/// The targets in `member` of exported values.
pub(crate) fn targets(exports: &Value, member: &str) -> Vec<String> {
    let object = exports.as_object().expect("exports");
    let value = object.get(member).expect("the member");
    let targets = Vec::<Target>::from_value(value).expect("targets");
    targets.iter().map(|target| target.0.to_string()).collect()
}
