//! Static description of argument and export structs: what check, editor, docs and decode share.

use crate::{Object, OptionalSecret, Secret, Str, Value};

/// Fields of a struct that derives `Args`, `Block` or `Exports`.
#[derive(Debug)]
pub struct StructSchema {
    /// Rust type name, for diagnostics of the derive itself.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// The body holds what it likes and is looked at by its owner: neither checks nor decoding go
    /// into it. Such a struct has no fields.
    pub open: bool,
    /// Fields in declaration order; squashed structs appear as one field of kind `Squash`.
    pub fields: &'static [Field],
    /// Default value of every field, in the order of `fields` (an object for a squashed one).
    /// Required fields give their zero value. Empty for exports.
    pub defaults: fn() -> Vec<Value>,
    /// True if the struct or one that it squashes declares a default. Such a block starts from its
    /// own defaults; others start from those that the struct around them gives them.
    pub own_defaults: bool,
}

/// A name of a body resolved against a schema.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The field, of kind `Attribute`, `Block` or `Enum`.
    pub field: &'static Field,
    /// For a field of kind `Enum`: the member that the name selects, as a field of kind `Block`.
    pub member: Option<&'static Field>,
}

impl Found {
    /// Schema of the block's body; `None` for attributes and for blocks with a free body (maps).
    pub fn body(&self) -> Option<&'static StructSchema> {
        self.member.unwrap_or(self.field).ty.struct_schema()
    }
}

impl StructSchema {
    /// Resolves an attribute or (dotted) block name, looking through squashed structs.
    /// O(fields).
    pub fn find(&self, name: &str) -> Option<Found> {
        self.fields.iter().find_map(|field| match field.kind {
            FieldKind::Attribute | FieldKind::Block => {
                (field.name == name).then_some(Found { field, member: None })
            }
            FieldKind::Enum => {
                let member = field.member_index(name)?;
                let member = field.ty.struct_schema()?.fields.get(member);
                Some(Found { field, member })
            }
            FieldKind::Squash => field.ty.struct_schema()?.find(name),
            FieldKind::Label => None,
        })
    }

    /// All fields in declaration order, those of squashed structs in place of the squashed field.
    pub fn flat_fields(&self) -> Vec<&'static Field> {
        let mut flat = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            match (field.kind, field.ty.struct_schema()) {
                (FieldKind::Squash, Some(inner)) => flat.extend(inner.flat_fields()),
                _ => flat.push(field),
            }
        }
        flat
    }

    /// What an attribute is without a statement, where the struct starts from its own defaults.
    pub fn default_of(&self, name: &str) -> Option<Value> {
        for (field, value) in self.fields.iter().zip((self.defaults)()) {
            match field.kind {
                FieldKind::Attribute if field.name == name => return Some(value),
                FieldKind::Squash => {
                    let inner = field.ty.struct_schema()?;
                    if inner.find(name).is_none() {
                        continue;
                    }
                    let member = match &value {
                        Value::Object(object) => object.get(name).cloned(),
                        _ => None,
                    };
                    return member.or_else(|| inner.default_of(name));
                }
                _ => {}
            }
        }
        None
    }

    /// An object with the zero value of every field: what a component exports that has not said
    /// anything yet.
    pub fn zero(&self) -> Value {
        let members = self.flat_fields().into_iter().map(|f| (Str::from(f.name), f.ty.zero()));
        let mut object: Object = members.collect();
        object.ordered = true;
        Value::from(object)
    }

    /// True if blocks of this type need a label.
    pub fn takes_label(&self) -> bool {
        self.fields.iter().any(|field| match field.kind {
            FieldKind::Label => true,
            FieldKind::Squash => field.ty.struct_schema().is_some_and(Self::takes_label),
            _ => false,
        })
    }
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
    /// The one value that needs this stability; `None` if all but the default do.
    pub stability_of: Option<&'static str>,
    /// Language that its texts are written in although decoding takes any text: see
    /// [`Field::syntax`].
    pub syntax: Option<&'static str>,
}

impl Field {
    /// Language that the texts of an attribute are written in: `regex` (RE2), `url`, `bytes`,
    /// `yaml`, `json`, ... Some types refuse other texts when they are decoded, the rest is looked
    /// at only by the component, or by who checks a configuration without running it.
    pub fn syntax(&self) -> Option<&'static str> {
        self.syntax.or_else(|| self.ty.syntax())
    }

    /// For a field of kind `Enum`: which member the block name `prefix.member` selects.
    pub fn member_index(&self, name: &str) -> Option<usize> {
        let member = if self.name.is_empty() {
            name
        } else {
            name.strip_prefix(self.name)?.strip_prefix('.')?
        };
        self.ty.struct_schema()?.fields.iter().position(|m| m.name == member)
    }
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

impl TypeSchema {
    /// The struct behind lists and optional values, if it is one.
    pub fn struct_schema(&self) -> Option<&'static StructSchema> {
        match *self {
            Self::Struct(schema) => Some(schema()),
            Self::List(inner) | Self::FixedList(inner, _) | Self::Optional(inner) => {
                inner.struct_schema()
            }
            _ => None,
        }
    }

    /// True for secrets, also behind lists, maps and optional values.
    pub fn holds_secrets(&self) -> bool {
        match *self {
            Self::Secret | Self::OptionalSecret => true,
            Self::List(inner)
            | Self::FixedList(inner, _)
            | Self::Map(inner)
            | Self::Optional(inner) => inner.holds_secrets(),
            _ => false,
        }
    }

    /// Language of a text type, also behind lists, maps and optional values.
    pub fn syntax(&self) -> Option<&'static str> {
        match *self {
            Self::Text(syntax) => Some(syntax),
            Self::List(inner)
            | Self::FixedList(inner, _)
            | Self::Map(inner)
            | Self::Optional(inner) => inner.syntax(),
            _ => None,
        }
    }

    /// The value of a variable of this type that nothing was assigned to.
    fn zero(&self) -> Value {
        match *self {
            Self::Bool => Value::Bool(false),
            Self::Number(_) => Value::Int(0),
            Self::Duration => Value::from("0s"),
            Self::String | Self::Text(_) | Self::OneOf(_) => Value::from(""),
            Self::Secret => Value::from(Secret::new("")),
            Self::OptionalSecret => Value::from(OptionalSecret::new("", false)),
            Self::Any | Self::Capsule(_) | Self::Optional(_) => Value::Null,
            Self::List(_) | Self::FixedList(..) => Value::from(Vec::<Value>::new()),
            Self::Map(_) => Value::from(Object::default()),
            Self::Struct(schema) => schema().zero(),
        }
    }

    /// Name of the language type that messages use: `number`, `string`, `capsule`, ...
    pub fn type_name(&self) -> &'static str {
        match *self {
            Self::Bool => "bool",
            Self::Number(_) => "number",
            Self::String | Self::Duration | Self::Text(_) | Self::OneOf(_) => "string",
            Self::Secret | Self::OptionalSecret | Self::Capsule(_) => "capsule",
            Self::Any => "any",
            Self::List(_) | Self::FixedList(..) => "array",
            Self::Map(_) | Self::Struct(_) => "object",
            Self::Optional(inner) => inner.type_name(),
        }
    }
}
