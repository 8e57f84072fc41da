//! The values that expressions evaluate to.

mod text;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use zeroize::Zeroizing;

/// Byte string of the language. Usually UTF-8, but `"\xff"` is legal (spec/language.md §2.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Arc<[u8]>);

impl Str {
    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if the bytes are valid UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text with invalid sequences replaced by U+FFFD.
    pub fn to_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&Arc<str>> for Str {
    fn from(text: &Arc<str>) -> Self {
        Self(Arc::from(Arc::clone(text)))
    }
}

impl std::borrow::Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.to_lossy(), f)
    }
}

/// A value of the configuration language (spec/language.md §4).
///
/// Cheap to clone: everything large is behind an `Arc`.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`; assignable to everything.
    #[default]
    Null,
    /// Boolean.
    Bool(bool),
    /// Signed integer kind of number.
    Int(i64),
    /// Unsigned integer kind of number (values above `i64::MAX`, and typed component values).
    Uint(u64),
    /// Float kind of number.
    Float(f64),
    /// Byte string.
    String(Str),
    /// Heterogeneous list.
    Array(Arc<[Value]>),
    /// String-keyed object.
    Object(Arc<Object>),
    /// Callable of the standard library.
    Function(Function),
    /// Opaque value: secrets, receivers, discovery targets.
    Capsule(Capsule),
}

/// Ordered map of an object value. Literals and maps are sorted when printed; typed component
/// values keep declaration order (`ordered`).
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// Members by name.
    pub members: IndexMap<Str, Value>,
    /// True if the order of members is meaningful (struct-backed object).
    pub ordered: bool,
}

impl Object {
    /// The member called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name.as_bytes())
    }

    /// Members in the order in which they are shown: declaration order if it means something, else
    /// sorted by name.
    pub fn shown(&self) -> Vec<(&Str, &Value)> {
        let mut members: Vec<_> = self.members.iter().collect();
        if !self.ordered {
            members.sort_by_key(|(name, _)| *name);
        }
        members
    }
}

impl FromIterator<(Str, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(members: I) -> Self {
        Self { members: members.into_iter().collect(), ordered: false }
    }
}

/// A function of the standard library: identity and name only, so that values stay plain data.
/// The evaluator finds the implementation by the address of the static record.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Full name, such as `string.format`.
    pub name: &'static str,
    /// Index into the evaluator's function table.
    pub index: u16,
}

/// What a kind of capsule can do. One static per kind.
pub struct CapsuleKind {
    /// Name shown in messages: `capsule("<name>")`.
    pub name: &'static str,
    /// Converts to an object of strings (discovery targets); `None` if not convertible.
    pub to_object: Option<fn(&Capsule) -> Arc<Object>>,
    /// Structural equality; `None` compares identity.
    pub eq: Option<fn(&Capsule, &Capsule) -> bool>,
    /// Text shown in UI, JSON and printed values; `None` prints `capsule("<name>")`.
    pub display: Option<fn(&Capsule) -> String>,
}

impl fmt::Debug for CapsuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CapsuleKind").field(&self.name).finish()
    }
}

/// An opaque value. Equality is identity of the inner `Arc` unless the kind says otherwise.
#[derive(Clone)]
pub struct Capsule {
    /// The kind's static record.
    pub kind: &'static CapsuleKind,
    inner: Arc<dyn Any + Send + Sync>,
}

impl Capsule {
    /// Wraps `inner`. A component creates its receivers once and exports the same `Arc` again.
    pub fn new<T: Any + Send + Sync>(kind: &'static CapsuleKind, inner: Arc<T>) -> Self {
        Self { kind, inner }
    }

    /// The wrapped value, if it is a `T`.
    pub fn downcast<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.inner).downcast().ok()
    }

    /// The wrapped value by reference, if it is a `T`.
    pub fn downcast_ref<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.inner.downcast_ref()
    }

    /// Text shown in UI, JSON and printed values: what the kind displays, else
    /// `capsule("<kind>")`.
    pub fn text(&self) -> String {
        let shown = self.kind.display.map(|display| display(self)).filter(|text| !text.is_empty());
        shown.unwrap_or_else(|| format!("capsule({:?})", self.kind.name))
    }

    /// True if both wrap the same allocation.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl fmt::Debug for Capsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Capsule").field(&self.kind.name).finish()
    }
}

impl PartialEq for Capsule {
    fn eq(&self, other: &Self) -> bool {
        if self.same(other) {
            return true;
        }
        std::ptr::eq(self.kind, other.kind) && self.kind.eq.is_some_and(|eq| eq(self, other))
    }
}

/// Text that must not be shown. Zeroed when the last holder drops it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Marks `text` as secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The plain text. The only way to it: every call site is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True if the secret is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Text that may or may not be secret; the flag travels with it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OptionalSecret {
    /// True if the text must not be shown.
    pub is_secret: bool,
    text: Secret,
}

impl OptionalSecret {
    /// `text`, shown only if `is_secret` is false.
    pub fn new(text: impl Into<String>, is_secret: bool) -> Self {
        Self { is_secret, text: Secret::new(text) }
    }

    /// The plain text whatever the flag says.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Debug for OptionalSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret { f.write_str("(secret)") } else { fmt::Debug::fmt(self.expose(), f) }
    }
}
