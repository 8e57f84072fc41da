//! x
use super::CallError;
use crate::eval::Scope;
use alloy_value::Value;
pub(super) fn json_path(_: &[Value], _: &dyn Scope) -> Result<Value, CallError> {
    Ok(Value::Null)
}
