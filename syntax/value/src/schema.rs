//! Static description of argument and export structs: what check, editor, docs and decode share.

/// Fields of a struct that derives `Args`, `Block` or `Exports`.
#[derive(Debug)]
pub struct StructSchema {
    /// Rust type name, for diagnostics of the derive itself.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// Fields in declaration order; squashed structs appear as one field of kind `Squash`.
    pub fields: &'static [Field],
}

/// One field.
pub struct Field {
    /// Attribute or block name (dots allowed in block names); prefix for `Enum`; empty for `Label`
    /// and `Squash`.
    pub name: &'static str,
    /// Role of the field.
    pub kind: FieldKind,
    /// Must be present.
    pub required: bool,
    /// Type of the value, or of the block's body.
    pub ty: TypeSchema,
    /// Default in configuration syntax (`"1m"`, `true`, `[]`), `None` where the zero value of the
    /// type holds.
    pub default: Option<&'static str>,
    /// Doc comment, user-facing.
    pub doc: &'static str,
    /// Reason, if deprecated.
    pub deprecated: Option<&'static str>,
    /// Minimum stability to set it, if lower than the component's.
    pub stability: Option<crate::Stability>,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field").field("name", &self.name).field("kind", &self.kind).finish()
    }
}

/// Role of a field (spec/language.md §10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `name = value`.
    Attribute,
    /// `name { … }`.
    Block,
    /// List of one-of blocks `prefix.member`.
    Enum,
    /// Receives the block label.
    Label,
    /// Inner fields appear as fields of the outer struct.
    Squash,
}

/// Type of a field, as users know it (spec/language.md §4, §6.5).
#[derive(Debug, Clone, Copy)]
pub enum TypeSchema {
    /// Boolean.
    Bool,
    /// Number of the named width: `int`, `uint`, `float`, `int64`, ...
    Number(&'static str),
    /// String.
    String,
    /// Go duration.
    Duration,
    /// Text with its own syntax, by name (`bytes`, `url`, `regex`, `time`, ...).
    Text(&'static str),
    /// One of the listed strings.
    OneOf(&'static [&'static str]),
    /// Secret string.
    Secret,
    /// String that may be secret.
    OptionalSecret,
    /// Any value.
    Any,
    /// List.
    List(&'static TypeSchema),
    /// Exactly this many elements.
    FixedList(&'static TypeSchema, usize),
    /// String-keyed map.
    Map(&'static TypeSchema),
    /// Struct; a function so that recursive types (enum blocks of stages) need no static cycle.
    Struct(fn() -> &'static StructSchema),
    /// Opaque value by capsule kind name.
    Capsule(&'static str),
    /// May be absent or null.
    Optional(&'static TypeSchema),
}
