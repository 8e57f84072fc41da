//! Evaluated bodies into typed arguments, typed exports into values.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{EvaluatedBody, Object, StructSchema, TypeSchema, Value};

/// One step from an attribute's value to the part that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    /// Element of an array.
    Index(usize),
    /// Member of an object.
    Field(String),
}

/// What a [`DecodeError`] is about, which decides where it is shown (spec/language.md §10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The value of the innermost statement or a part of it; shown as `<expression><path> <message>`.
    Value,
    /// The innermost statement itself: `unrecognized attribute name "x"`.
    Statement,
    /// The header of the innermost statement, a block: name start to `{`.
    Header,
    /// A required attribute or block that the body of the innermost statement lacks.
    Missing,
    /// What a struct says about its content, or that of the value of the innermost statement, after
    /// decoding.
    Validation,
}

impl About {
    /// True if the error is found at a statement. What is found only after all statements of a
    /// body has no position at run time.
    pub fn has_position(self) -> bool {
        matches!(self, Self::Value | Self::Statement | Self::Header)
    }
}

/// Why a body or value could not be decoded.
///
/// Positions stay with the caller: `statements` are indices into [`EvaluatedBody::entries`], one
/// per nesting level, and `path` leads from the attribute's value to the offending part. Without
/// `statements` the error is about the outermost body or a value alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Statement indices from the outermost body inwards.
    pub statements: Vec<usize>,
    /// Steps into the value of the innermost statement, if it is an attribute.
    pub path: Vec<PathSegment>,
    /// What the message is about.
    pub about: About,
    /// Message, without position.
    pub message: String,
}

impl DecodeError {
    /// An error in the innermost body or value.
    pub fn new(about: About, message: impl Into<String>) -> Self {
        Self { statements: Vec::new(), path: Vec::new(), about, message: message.into() }
    }

    /// An error about a value.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(About::Value, message)
    }

    /// The value has the wrong type: `should be <expected>, got <type of value>`.
    pub fn type_mismatch(expected: &str, value: &Value) -> Self {
        Self::value(format!("should be {expected}, got {}", value.type_name()))
    }

    /// Puts the error into element `index` of an array.
    #[must_use]
    pub fn in_index(mut self, index: usize) -> Self {
        self.path.insert(0, PathSegment::Index(index));
        self
    }

    /// Puts the error into member `name` of an object.
    #[must_use]
    pub fn in_field(mut self, name: impl Into<String>) -> Self {
        self.path.insert(0, PathSegment::Field(name.into()));
        self
    }

    /// The form without decoration that the static checker prints (`expected string, got bool`
    /// for `should be string, got bool`).
    pub fn undecorated(&self) -> String {
        match self.message.strip_prefix("should be ") {
            Some(rest) => format!("expected {rest}"),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Converts a value of the language to a Rust type (spec/language.md §6).
///
/// `null` gives the zero value of the type. A type with its own text syntax starts from
/// [`crate::text_of`].
pub trait FromValue: Sized {
    /// Converts, reporting the path to what is wrong.
    fn from_value(value: &Value) -> Result<Self, DecodeError>;

    /// The zero value: what `null` gives, without the type's own check.
    fn zero() -> Result<Self, DecodeError> {
        Self::from_value(&Value::Null)
    }

    /// A list of `Self` from a byte string; only bytes accept it.
    fn list_from_bytes(_bytes: &[u8]) -> Option<Vec<Self>> {
        None
    }

    /// A list of `Self` from an object; only structs with a label accept it.
    fn list_from_object(_object: &Object) -> Option<Result<Vec<Self>, DecodeError>> {
        None
    }
}

/// Converts a Rust type to a value of the language (spec/language.md §4).
pub trait ToValue {
    /// The type as users know it, for schemas.
    const TYPE: TypeSchema = TypeSchema::Any;

    /// The value other components, the UI and the API see.
    fn to_value(&self) -> Value;

    /// A list of them: an array, for structs with a label an object.
    fn list_to_value(items: &[Self]) -> Value
    where
        Self: Sized,
    {
        Value::Array(items.iter().map(Self::to_value).collect())
    }
}

/// Arguments of a component or config block. Derive it.
pub trait Args: Any + Send + Sync + fmt::Debug + PartialEq + Sized {
    /// The static schema.
    fn schema() -> &'static StructSchema;
    /// Decodes and validates a body.
    fn decode(body: &EvaluatedBody) -> Result<Self, DecodeError>;
    /// The arguments as an evaluated body, for UI and API: fields in declaration order, optional
    /// ones equal to their default left out (spec/language.md §15). Secrets stay secret capsules.
    fn encode(&self) -> EvaluatedBody;
}

/// Exports of a component. Derive it.
pub trait Exports: ToValue + fmt::Debug {
    /// The static schema.
    fn schema() -> &'static StructSchema;
}

/// Type-erased [`Args`].
pub trait AnyArgs: Any + Send + Sync + fmt::Debug {
    /// Compares with arguments of the same type.
    fn dyn_eq(&self, other: &dyn AnyArgs) -> bool;
    /// See [`Args::encode`].
    fn dyn_encode(&self) -> EvaluatedBody;
    /// For downcasting.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Args> AnyArgs for T {
    fn dyn_eq(&self, other: &dyn AnyArgs) -> bool {
        other.as_any().downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn dyn_encode(&self) -> EvaluatedBody {
        self.encode()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Shared, type-erased arguments: what the engine memoizes and the component receives.
#[derive(Clone, Debug)]
pub struct ArcArgs(Arc<dyn AnyArgs>);

impl ArcArgs {
    /// Wraps decoded arguments.
    pub fn new<T: Args>(args: T) -> Self {
        Self(Arc::new(args))
    }

    /// The arguments as `T`. `None` only if build was called with another component's arguments.
    pub fn downcast_ref<T: Args>(&self) -> Option<&T> {
        self.0.as_any().downcast_ref()
    }

    /// True if they are the very same allocation.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// See [`Args::encode`].
    pub fn encode(&self) -> EvaluatedBody {
        self.0.dyn_encode()
    }
}

impl PartialEq for ArcArgs {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.dyn_eq(&*other.0)
    }
}

impl ArcArgs {
    /// Decodes `T` from `body`.
    pub fn decode<T: Args>(body: &EvaluatedBody) -> Result<Self, DecodeError> {
        T::decode(body).map(Self::new)
    }
}
