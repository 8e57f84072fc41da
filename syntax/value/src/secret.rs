//! Secrets as values, and how they convert (spec/language.md §9).

use std::sync::Arc;

use crate::{
    Capsule, CapsuleKind, DecodeError, FromValue, OptionalSecret, Secret, Str, ToValue, TypeSchema,
    Value,
};

/// Kind of [`Secret`] capsules.
pub static SECRET: CapsuleKind = CapsuleKind {
    name: "alloytypes.Secret",
    to_object: None,
    eq: Some(|a, b| a.downcast_ref::<Secret>() == b.downcast_ref::<Secret>()),
    display: Some(|_| "(secret)".to_owned()),
};

/// Kind of [`OptionalSecret`] capsules.
pub static OPTIONAL_SECRET: CapsuleKind = CapsuleKind {
    name: "alloytypes.OptionalSecret",
    to_object: None,
    eq: Some(|a, b| a.downcast_ref::<OptionalSecret>() == b.downcast_ref::<OptionalSecret>()),
    display: Some(|capsule| match capsule.downcast_ref::<OptionalSecret>() {
        Some(text) if !text.is_secret => crate::quote(text.expose()),
        _ => "(secret)".to_owned(),
    }),
};

const NOT_INTO_STRING: &str = "secrets may not be converted into strings";

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::Capsule(Capsule::new(&SECRET, Arc::new(secret)))
    }
}

impl From<OptionalSecret> for Value {
    fn from(secret: OptionalSecret) -> Self {
        Self::Capsule(Capsule::new(&OPTIONAL_SECRET, Arc::new(secret)))
    }
}

impl Value {
    /// The secret in this value, if it is one.
    pub fn as_secret(&self) -> Option<&Secret> {
        match self {
            Self::Capsule(capsule) => capsule.downcast_ref(),
            _ => None,
        }
    }

    /// The optional secret in this value, if it is one.
    pub fn as_optional_secret(&self) -> Option<&OptionalSecret> {
        match self {
            Self::Capsule(capsule) => capsule.downcast_ref(),
            _ => None,
        }
    }

    /// True for a secret and for an optional secret that is sensitive; members are not looked at.
    pub fn is_sensitive(&self) -> bool {
        self.as_secret().is_some() || self.as_optional_secret().is_some_and(|s| s.is_secret)
    }
}

/// The text of an optional secret, or the reason why a capsule is no text.
pub(crate) fn capsule_text(value: &Value) -> Result<Str, DecodeError> {
    if value.is_sensitive() {
        return Err(DecodeError::value(NOT_INTO_STRING));
    }
    match value.as_optional_secret() {
        Some(plain) => Ok(Str::from(plain.expose())),
        None => Err(DecodeError::type_mismatch("string", value)),
    }
}

/// A value of the wrong type where a capsule of `kind` belongs.
pub fn capsule_mismatch(kind: &CapsuleKind, value: &Value) -> DecodeError {
    match value {
        Value::Capsule(_) => DecodeError::value(format!(
            "expected capsule({:?}), got {}",
            kind.name,
            value.description()
        )),
        _ => DecodeError::type_mismatch("capsule", value),
    }
}

fn text(value: &Str) -> Result<String, DecodeError> {
    let text = value.as_str().ok_or_else(|| DecodeError::value("is not valid UTF-8"))?;
    Ok(text.to_owned())
}

impl FromValue for Secret {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        if let Some(secret) = value.as_secret() {
            return Ok(secret.clone());
        }
        if let Some(secret) = value.as_optional_secret() {
            return Ok(Self::new(secret.expose()));
        }
        match value {
            Value::Null => Ok(Self::default()),
            Value::String(plain) => text(plain).map(Self::new),
            _ => Err(capsule_mismatch(&SECRET, value)),
        }
    }
}

impl ToValue for Secret {
    const TYPE: TypeSchema = TypeSchema::Secret;

    fn to_value(&self) -> Value {
        self.clone().into()
    }
}

impl FromValue for OptionalSecret {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        if let Some(secret) = value.as_optional_secret() {
            return Ok(secret.clone());
        }
        if let Some(secret) = value.as_secret() {
            return Ok(Self::new(secret.expose(), true));
        }
        match value {
            Value::Null => Ok(Self::default()),
            Value::String(plain) => Ok(Self::new(text(plain)?, false)),
            _ => Err(capsule_mismatch(&OPTIONAL_SECRET, value)),
        }
    }
}

impl ToValue for OptionalSecret {
    const TYPE: TypeSchema = TypeSchema::OptionalSecret;

    fn to_value(&self) -> Value {
        self.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_convert_among_themselves_but_not_to_text() {
        let secret = Value::from(Secret::new("hunter2"));
        let hidden = Value::from(OptionalSecret::new("hunter2", true));
        let plain = Value::from(OptionalSecret::new("42", false));

        assert_eq!(Secret::from_value(&hidden).unwrap(), Secret::new("hunter2"));
        assert!(OptionalSecret::from_value(&secret).unwrap().is_secret);
        assert_eq!(String::from_value(&plain).unwrap(), "42");
        assert_eq!(i64::from_value(&plain).unwrap(), 42);
        assert_eq!(String::from_value(&secret).unwrap_err().message, NOT_INTO_STRING);
        assert_eq!(String::from_value(&hidden).unwrap_err().message, NOT_INTO_STRING);
        let error = Secret::from_value(&Value::Int(1)).unwrap_err();
        assert_eq!(error.message, "should be capsule, got number");
    }

    #[test]
    fn debug_output_never_shows_a_secret() {
        let values = Value::Array(
            [
                Value::from(Secret::new("hunter2")),
                Value::from(OptionalSecret::new("hunter2", true)),
            ]
            .into(),
        );
        let shown = format!(
            "{values:?} {:?} {} {:?}",
            Secret::new("hunter2"),
            Secret::new("hunter2"),
            OptionalSecret::new("hunter2", true)
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
