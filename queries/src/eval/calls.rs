//! Function calls: arguments, their conversion and the taint of secrets (spec/language.md §8, §9).

use alloy_value::{DecodeError, Secret, Str, TypeSchema, Value, bytes_of};

use super::Evaluator;
use crate::fault::{Fault, Subject};
use crate::hir::ExprId;
use crate::stdlib::{self, CallError, Param, Params};
use crate::words::{type_words, value_words};

impl Evaluator<'_> {
    pub(super) fn call(&self, callee: ExprId, args: &[ExprId]) -> Result<Value, Fault> {
        let function = self.evaluate(callee)?;
        let mut values =
            args.iter().map(|arg| self.evaluate(*arg)).collect::<Result<Vec<_>, _>>()?;
        let Value::Function(function) = function else {
            let message = format!("should be function, got {}", function.type_name());
            return Err(self.about(callee, &function, message));
        };
        let Some(function) = stdlib::function(function) else {
            return Err(Fault::at(callee, "is not callable"));
        };
        check_count(function.params, values.len()).map_err(|message| Fault::at(callee, message))?;
        for (i, value) in values.iter_mut().enumerate() {
            let Some(param) = function.params.get(i) else { continue };
            *value = convert(param, value).map_err(|error| {
                let mut fault = self.about_part(args[i], value, error);
                if matches!(param, Param::Secret) {
                    let wanted = type_words(&TypeSchema::Secret);
                    let plain = format!("expected {wanted}, found {}", value_words(value));
                    fault.help().plain = Some(plain);
                }
                fault
            })?;
        }
        let tainted = function.flattens && values.iter().any(holds_secret);
        let result = (function.run)(&values, self.scope).map_err(|error| match error {
            CallError::Callee(message) => Fault::at(callee, message),
            CallError::Argument(i, error) => self.about_part(args[i], &values[i], error),
            CallError::Plain(message) => Fault::plain(Subject::Nowhere, message),
        })?;
        Ok(if tainted { hide(result) } else { result })
    }
}

fn check_count(params: Params, given: usize) -> Result<(), String> {
    match params {
        Params::Exactly(params) if params.len() != given => {
            Err(format!("expected {} args, got {given}", params.len()))
        }
        Params::AtLeast(params, _) if given < params.len() => {
            Err(format!("expected at least {} args, got {given}", params.len()))
        }
        _ => Ok(()),
    }
}

fn convert(param: Param, value: &Value) -> Result<Value, DecodeError> {
    match param {
        Param::Text => bytes_of(value).map(Value::String),
        Param::Texts => match value {
            Value::Null => Ok(Value::from(Vec::new())),
            Value::Array(items) => {
                let text = |(i, item)| bytes_of(item).map(Value::String).map_err(|e| e.in_index(i));
                Ok(Value::Array(items.iter().enumerate().map(text).collect::<Result<_, _>>()?))
            }
            _ => Err(DecodeError::type_mismatch("array", value)),
        },
        Param::Secret => {
            let secret = <Secret as alloy_value::FromValue>::from_value(value)?;
            Ok(Value::String(Str::from(secret.expose())))
        }
        // The others are of functions that look themselves.
        _ => Ok(value.clone()),
    }
}

/// True if the value is sensitive or has a sensitive part.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_secret),
        Value::Object(object) => object.members.values().any(holds_secret),
        other => other.is_sensitive(),
    }
}

/// A library call that writes a secret into text returns a secret: there is no way to plain text
/// but `convert.nonsensitive`.
fn hide(result: Value) -> Value {
    match result {
        Value::String(text) => Value::from(Secret::new(text.to_lossy())),
        other => other,
    }
}
