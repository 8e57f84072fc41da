//! x
use super::CallError;
use crate::eval::Scope;
use alloy_value::Value;
pub(super) fn from_yaml(_: &[Value], _: &dyn Scope) -> Result<Value, CallError> {
    Ok(Value::Null)
}
