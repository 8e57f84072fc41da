//! Conversions between values and Rust types (spec/language.md §6).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use indexmap::IndexMap;

use crate::number::Number;
use crate::secret::capsule_text;
use crate::{
    Capsule, DecodeError, FromValue, GoDuration, Object, Str, ToValue, TypeSchema, Value,
    number_text,
};

// --- Text ------------------------------------------------------------------------------------

/// The bytes of a value where text is expected: strings, numbers, byte arrays and optional secrets
/// that are plain. `null` is empty.
pub fn bytes_of(value: &Value) -> Result<Str, DecodeError> {
    match value {
        Value::Null => Ok(Str::from("")),
        Value::String(text) => Ok(text.clone()),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            Ok(Str::from(number_text(value).unwrap_or_default()))
        }
        Value::Capsule(_) => capsule_text(value),
        Value::Array(_) => match value.as_byte_array() {
            Some(bytes) => Ok(Str::from(bytes)),
            None => Err(DecodeError::type_mismatch("string", value)),
        },
        _ => Err(DecodeError::type_mismatch("string", value)),
    }
}

/// As [`bytes_of`], but UTF-8: what types with their own text syntax parse.
pub fn text_of(value: &Value) -> Result<String, DecodeError> {
    let bytes = bytes_of(value)?;
    let text = bytes.as_str().ok_or_else(|| DecodeError::value("is not valid UTF-8"))?;
    Ok(text.to_owned())
}

/// The empty byte array. An empty array says nothing about its elements, so this one is recognized
/// by its address.
static NO_BYTES: LazyLock<Arc<[Value]>> = LazyLock::new(|| Arc::from([]));

impl Value {
    /// A byte array: an array of numbers that also converts to a string.
    pub fn byte_array(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Array(Arc::clone(&NO_BYTES));
        }
        Self::Array(bytes.iter().map(|byte| Self::Uint(u64::from(*byte))).collect())
    }

    /// The bytes of a byte array. Literal arrays hold `Int`s and are none.
    pub fn as_byte_array(&self) -> Option<Vec<u8>> {
        let Self::Array(items) = self else { return None };
        if items.is_empty() && !Arc::ptr_eq(items, &NO_BYTES) {
            return None;
        }
        let byte = |item: &Self| match item {
            Self::Uint(byte) => u8::try_from(*byte).ok(),
            _ => None,
        };
        items.iter().map(byte).collect()
    }

    /// The members of an object, or of a capsule that converts to one.
    pub fn as_object(&self) -> Option<Arc<Object>> {
        match self {
            Self::Object(object) => Some(Arc::clone(object)),
            Self::Capsule(capsule) => capsule.kind.to_object.map(|convert| convert(capsule)),
            _ => None,
        }
    }
}

impl FromValue for Str {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        bytes_of(value)
    }
}

impl ToValue for Str {
    const TYPE: TypeSchema = TypeSchema::String;

    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        text_of(value)
    }
}

impl ToValue for String {
    const TYPE: TypeSchema = TypeSchema::String;

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl FromValue for Arc<str> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        text_of(value).map(Self::from)
    }
}

impl ToValue for Arc<str> {
    const TYPE: TypeSchema = TypeSchema::String;

    fn to_value(&self) -> Value {
        Value::from(&**self)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items.into())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(Arc::new(object))
    }
}

impl From<Capsule> for Value {
    fn from(capsule: Capsule) -> Self {
        Self::Capsule(capsule)
    }
}

// --- Booleans and numbers --------------------------------------------------------------------

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(false),
            Value::Bool(value) => Ok(*value),
            _ => Err(DecodeError::type_mismatch("bool", value)),
        }
    }
}

impl ToValue for bool {
    const TYPE: TypeSchema = TypeSchema::Bool;

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

fn number(value: &Value) -> Result<Number, DecodeError> {
    match value {
        Value::Null => Ok(Number::Int(0)),
        _ => Number::of(value).ok_or_else(|| DecodeError::type_mismatch("number", value)),
    }
}

/// Numbers wrap to the width of the target, silently (spec/language.md §6.1).
macro_rules! numbers {
    ($($ty:ty, $name:literal, $read:ident, $variant:ident as $wide:ty;)*) => {$(
        impl FromValue for $ty {
            fn from_value(value: &Value) -> Result<Self, DecodeError> {
                Ok(number(value)?.$read() as $ty)
            }
        }

        impl ToValue for $ty {
            const TYPE: TypeSchema = TypeSchema::Number($name);

            fn to_value(&self) -> Value {
                Value::$variant(*self as $wide)
            }
        }
    )*};
}

numbers! {
    i8, "int8", to_i64, Int as i64;
    i16, "int16", to_i64, Int as i64;
    i32, "int32", to_i64, Int as i64;
    i64, "int", to_i64, Int as i64;
    isize, "int", to_i64, Int as i64;
    u16, "uint16", to_u64, Uint as u64;
    u32, "uint32", to_u64, Uint as u64;
    u64, "uint", to_u64, Uint as u64;
    usize, "uint", to_u64, Uint as u64;
    f32, "float32", to_f64, Float as f64;
    f64, "float", to_f64, Float as f64;
}

impl FromValue for u8 {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Ok(number(value)?.to_u64() as u8)
    }

    fn list_from_bytes(bytes: &[u8]) -> Option<Vec<Self>> {
        Some(bytes.to_vec())
    }
}

impl ToValue for u8 {
    const TYPE: TypeSchema = TypeSchema::Number("uint8");

    fn to_value(&self) -> Value {
        Value::Uint(u64::from(*self))
    }
}

// --- Durations -------------------------------------------------------------------------------

impl FromValue for GoDuration {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self(0)),
            _ => text_of(value)?.parse().map_err(DecodeError::value),
        }
    }
}

impl ToValue for GoDuration {
    const TYPE: TypeSchema = TypeSchema::Duration;

    fn to_value(&self) -> Value {
        Value::from(self.to_string())
    }
}

impl FromValue for Duration {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let duration = GoDuration::from_value(value)?;
        duration
            .to_std()
            .ok_or_else(|| DecodeError::value(format!("must not be negative, got {duration}")))
    }
}

impl ToValue for Duration {
    const TYPE: TypeSchema = TypeSchema::Duration;

    fn to_value(&self) -> Value {
        GoDuration::from(*self).to_value()
    }
}

// --- Any -------------------------------------------------------------------------------------

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Ok(match value {
            Self::Uint(n) => i64::try_from(*n).map_or(Self::Uint(*n), Self::Int),
            Self::Array(items) if items.iter().any(changes_as_any) => {
                Self::Array(items.iter().map(Self::from_value).collect::<Result<_, _>>()?)
            }
            Self::Object(object) if object.members.values().any(changes_as_any) => {
                let members = object
                    .members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), Self::from_value(member)?)))
                    .collect::<Result<_, DecodeError>>()?;
                Self::from(Object { members, ordered: object.ordered })
            }
            other => other.clone(),
        })
    }
}

/// True if the value holds a `Uint` somewhere; byte arrays become plain lists of numbers.
fn changes_as_any(value: &Value) -> bool {
    match value {
        Value::Uint(_) => true,
        Value::Array(items) => items.iter().any(changes_as_any),
        Value::Object(object) => object.members.values().any(changes_as_any),
        _ => false,
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

// --- Lists, maps, optional values ------------------------------------------------------------

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self::new()),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| T::from_value(item).map_err(|e| e.in_index(i)))
                .collect(),
            Value::String(text) => T::list_from_bytes(text.as_bytes())
                .ok_or_else(|| DecodeError::type_mismatch("array", value)),
            _ => value
                .as_object()
                .and_then(|object| T::list_from_object(&object))
                .unwrap_or_else(|| Err(DecodeError::type_mismatch("array", value))),
        }
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    const TYPE: TypeSchema = TypeSchema::List(&T::TYPE);

    fn to_value(&self) -> Value {
        T::list_to_value(self)
    }
}

impl<T: FromValue, const N: usize> FromValue for [T; N] {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let items = match value {
            Value::Null => {
                let zeros: Result<Vec<_>, _> = (0..N).map(|_| T::zero()).collect();
                zeros?
            }
            _ => Vec::from_value(value)?,
        };
        Self::try_from(items).map_err(|items: Vec<T>| {
            let (kind, parts) = match value {
                Value::Object(_) => ("object", "keys"),
                _ => ("array", "elements"),
            };
            let got = items.len();
            DecodeError::value(format!("{kind} must have exactly {N} {parts}, got {got}"))
        })
    }
}

impl<T: ToValue, const N: usize> ToValue for [T; N] {
    const TYPE: TypeSchema = TypeSchema::FixedList(&T::TYPE, N);

    fn to_value(&self) -> Value {
        T::list_to_value(self)
    }
}

/// Members of an object in shown order, each decoded.
pub(crate) fn members<T: FromValue>(value: &Value) -> Result<Vec<(String, T)>, DecodeError> {
    if matches!(value, Value::Null) {
        return Ok(Vec::new());
    }
    let object = value.as_object().ok_or_else(|| DecodeError::type_mismatch("object", value))?;
    let decode = |(name, member): (&Str, &Value)| {
        let name = name.to_lossy();
        let member = T::from_value(member).map_err(|e| e.in_field(Cow::clone(&name)))?;
        Ok((name.into_owned(), member))
    };
    object.shown().into_iter().map(decode).collect()
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Ok(members(value)?.into_iter().collect())
    }
}

impl<T: ToValue> ToValue for BTreeMap<String, T> {
    const TYPE: TypeSchema = TypeSchema::Map(&T::TYPE);

    fn to_value(&self) -> Value {
        let members = self.iter().map(|(name, value)| (Str::from(name.as_str()), value.to_value()));
        Value::from(members.collect::<Object>())
    }
}

impl<T: FromValue> FromValue for IndexMap<String, T> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Ok(members(value)?.into_iter().collect())
    }
}

impl<T: ToValue> ToValue for IndexMap<String, T> {
    const TYPE: TypeSchema = TypeSchema::Map(&T::TYPE);

    fn to_value(&self) -> Value {
        let members = self.iter().map(|(name, value)| (Str::from(name.as_str()), value.to_value()));
        Value::from(members.collect::<Object>())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(None),
            _ => T::from_value(value).map(Some),
        }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const TYPE: TypeSchema = TypeSchema::Optional(&T::TYPE);

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_truncate_and_wrap_silently() {
        assert_eq!(i8::from_value(&Value::Int(300)).unwrap(), 44);
        assert_eq!(u64::from_value(&Value::Int(-1)).unwrap(), u64::MAX);
        assert_eq!(i64::from_value(&Value::Float(-1.9)).unwrap(), -1);
        assert_eq!(u8::from_value(&Value::from("7")).unwrap(), 7);
    }

    #[test]
    fn errors_lead_to_the_wrong_part() {
        let list = Value::from(vec![Value::Int(1), Value::Bool(true)]);
        let object = Value::from([(Str::from("k"), list)].into_iter().collect::<Object>());
        let error = BTreeMap::<String, Vec<String>>::from_value(&object).unwrap_err();
        assert_eq!(error.message, "should be string, got bool");
        assert_eq!(error.undecorated(), "expected string, got bool");
        expect_test::expect![[r#"
            [
                Field(
                    "k",
                ),
                Index(
                    1,
                ),
            ]
        "#]]
        .assert_debug_eq(&error.path);
    }

    #[test]
    fn byte_arrays_are_strings_and_literal_arrays_are_not() {
        assert_eq!(String::from_value(&Value::byte_array(b"hi")).unwrap(), "hi");
        assert_eq!(String::from_value(&Value::byte_array(b"")).unwrap(), "");
        assert!(String::from_value(&Value::from(vec![Value::Int(104)])).is_err());
        assert!(String::from_value(&Value::from(vec![])).is_err());
        assert_eq!(Vec::<u8>::from_value(&Value::from("hi")).unwrap(), b"hi");
    }

    #[test]
    fn fixed_arrays_check_their_length() {
        let error = <[i64; 3]>::from_value(&Value::from(vec![Value::Int(1)])).unwrap_err();
        assert_eq!(error.message, "array must have exactly 3 elements, got 1");
        assert_eq!(<[i64; 2]>::from_value(&Value::Null).unwrap(), [0, 0]);
    }

    #[test]
    fn any_prefers_signed_integers() {
        let uint = |n| Value::from_value(&Value::Uint(n)).unwrap();
        assert!(uint(5).identical(&Value::Int(5)));
        assert!(uint(u64::MAX).identical(&Value::Uint(u64::MAX)));
    }
}
