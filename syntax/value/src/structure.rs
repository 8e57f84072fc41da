//! The shared interpreter behind the derive macros: a struct gives access to its fields by index,
//! and one function decodes any of them (spec/language.md §10).

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::{
    BodyEntry, DecodeError, EvaluatedBlock, EvaluatedBody, Field, FieldKind, FromValue, Object,
    PathSegment, Str, StructSchema, ToValue, TypeSchema, Value, quote,
};

/// A struct that derives `Args`, `Block` or `Exports`. Implemented by the derive macros only.
pub trait Structure: Sized + Fields {
    /// The static schema.
    fn structure() -> &'static StructSchema;
    /// The struct with every default in place; what has none is zero.
    fn initial() -> Self;
}

/// Access to the fields of a struct by their index in the schema.
pub trait Fields {
    /// The struct's schema.
    fn schema_of(&self) -> &'static StructSchema;
    /// Field `index`, to be decoded into.
    fn field_mut(&mut self, index: usize) -> FieldMut<'_>;
    /// Field `index`, to be shown.
    fn field(&self, index: usize) -> FieldRef<'_>;
    /// The struct's own check after decoding.
    fn check(&self) -> Result<(), String>;
}

/// A field by its role.
pub enum FieldMut<'a> {
    /// Attribute.
    Attribute(&'a mut dyn AttributeSlot),
    /// Block, or list of blocks.
    Block(&'a mut dyn BlockSlot),
    /// List of one-of blocks.
    OneOf(&'a mut dyn OneOfSlot),
    /// Receives the label.
    Label(&'a mut String),
    /// Inlined struct.
    Squash(&'a mut dyn Fields),
}

/// As [`FieldMut`], for reading.
pub enum FieldRef<'a> {
    /// Attribute.
    Attribute(&'a dyn AttributeSlot),
    /// Block, or list of blocks.
    Block(&'a dyn BlockSlot),
    /// List of one-of blocks.
    OneOf(&'a dyn OneOfSlot),
    /// The label.
    Label(&'a str),
    /// Inlined struct.
    Squash(&'a dyn Fields),
}

/// An attribute's value.
pub trait AttributeSlot {
    /// Converts and stores.
    fn assign(&mut self, value: &Value) -> Result<(), DecodeError>;
    /// The stored value.
    fn current(&self) -> Value;
}

impl<T: FromValue + ToValue> AttributeSlot for T {
    fn assign(&mut self, value: &Value) -> Result<(), DecodeError> {
        *self = T::from_value(value)?;
        Ok(())
    }

    fn current(&self) -> Value {
        self.to_value()
    }
}

/// A block's value: a struct, an optional one, a list of them, or a free-form map.
pub trait BlockSlot {
    /// Decodes one occurrence; `first` for the first of this body.
    fn add(&mut self, block: &EvaluatedBlock, first: bool) -> Result<(), DecodeError>;
    /// Every occurrence as label and body.
    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)>;
}

/// The static side of a [`BlockSlot`].
pub trait BlockField: BlockSlot {
    /// `Struct`, `Optional(Struct)`, `List(Struct)`, `FixedList(Struct, n)` or `Map`.
    const TYPE: TypeSchema;
}

fn decode_block(fields: &mut dyn Fields, block: &EvaluatedBlock) -> Result<(), DecodeError> {
    let header = |text: &str| DecodeError {
        about_header: true,
        ..DecodeError::body(format!("block {} {text}", quote(&block.name)))
    };
    match (fields.schema_of().takes_label(), &block.label) {
        (true, None) => return Err(header("requires non-empty label")),
        (false, Some(_)) => return Err(header("does not support specifying labels")),
        (true, Some(label)) => set_label(fields, label),
        (false, None) => {}
    }
    decode_body(fields, &block.body)
}

fn set_label(fields: &mut dyn Fields, label: &str) {
    for index in 0..fields.schema_of().fields.len() {
        match fields.field_mut(index) {
            FieldMut::Label(slot) => label.clone_into(slot),
            FieldMut::Squash(inner) => set_label(inner, label),
            _ => {}
        }
    }
}

fn show_block(fields: &dyn Fields) -> (Option<Arc<str>>, EvaluatedBody) {
    (label_of(fields).map(Arc::from), encode_body(fields))
}

fn label_of(fields: &dyn Fields) -> Option<String> {
    (0..fields.schema_of().fields.len()).find_map(|index| match fields.field(index) {
        FieldRef::Label(label) => Some(label.to_owned()),
        FieldRef::Squash(inner) => label_of(inner),
        _ => None,
    })
}

impl<T: Structure> BlockSlot for T {
    fn add(&mut self, block: &EvaluatedBlock, _first: bool) -> Result<(), DecodeError> {
        // A type with own defaults starts from them, whatever the outer default was.
        *self = T::initial();
        decode_block(self, block)
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        vec![show_block(self)]
    }
}

impl<T: Structure> BlockField for T {
    const TYPE: TypeSchema = TypeSchema::Struct(T::structure);
}

impl<T: Structure> BlockSlot for Option<T> {
    fn add(&mut self, block: &EvaluatedBlock, _first: bool) -> Result<(), DecodeError> {
        decode_block(self.insert(T::initial()), block)
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        self.iter().map(|inner| show_block(inner)).collect()
    }
}

impl<T: Structure> BlockField for Option<T> {
    const TYPE: TypeSchema = TypeSchema::Optional(&<T as BlockField>::TYPE);
}

impl<T: Structure> BlockSlot for Vec<T> {
    fn add(&mut self, block: &EvaluatedBlock, first: bool) -> Result<(), DecodeError> {
        if first {
            self.clear();
        }
        let mut inner = T::initial();
        decode_block(&mut inner, block)?;
        self.push(inner);
        Ok(())
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        self.iter().map(|inner| show_block(inner)).collect()
    }
}

impl<T: Structure> BlockField for Vec<T> {
    const TYPE: TypeSchema = TypeSchema::List(&<T as BlockField>::TYPE);
}

/// Members of a block whose names are free: attributes only.
fn free_members(block: &EvaluatedBlock) -> Result<Object, DecodeError> {
    if block.label.is_some() {
        let message = format!("block {} requires empty label", quote(&block.name));
        return Err(DecodeError { about_header: true, ..DecodeError::body(message) });
    }
    let mut members = Object::default();
    for (index, entry) in block.body.entries.iter().enumerate() {
        match entry {
            BodyEntry::Attribute { name, value } => {
                members.members.insert(Str::from(&**name), value.clone());
            }
            BodyEntry::Block(_) => {
                let error = DecodeError::body("nested blocks not supported here");
                return Err(in_statement(error, index));
            }
        }
    }
    Ok(members)
}

/// An error in a member of a free-form block belongs to the statement that sets the member.
fn set_free<T: FromValue>(block: &EvaluatedBlock) -> Result<T, DecodeError> {
    let members = free_members(block)?;
    T::from_value(&Value::from(members)).map_err(|mut error| {
        if let Some(PathSegment::Field(name)) = error.path.first().cloned() {
            let at = block.body.entries.iter().position(
                |entry| matches!(entry, BodyEntry::Attribute { name: n, .. } if **n == *name),
            );
            if let Some(at) = at {
                error.path.remove(0);
                error.about_value = true;
                return in_statement(error, at);
            }
        }
        error
    })
}

fn show_free(value: &Value) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
    let entries: Vec<_> = value
        .as_object()
        .map(|object| {
            let attribute = |(name, value): (&Str, &Value)| BodyEntry::Attribute {
                name: Arc::from(&*name.to_lossy()),
                value: value.clone(),
            };
            object.shown().into_iter().map(attribute).collect()
        })
        .unwrap_or_default();
    if entries.is_empty() { Vec::new() } else { vec![(None, EvaluatedBody { entries })] }
}

macro_rules! free_form {
    ($($map:ident),*) => {$(
        impl<T: FromValue + ToValue> BlockSlot for $map<String, T> {
            fn add(&mut self, block: &EvaluatedBlock, _first: bool) -> Result<(), DecodeError> {
                *self = set_free(block)?;
                Ok(())
            }

            fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
                show_free(&self.to_value())
            }
        }

        impl<T: FromValue + ToValue> BlockField for $map<String, T> {
            const TYPE: TypeSchema = TypeSchema::Map(&T::TYPE);
        }
    )*};
}

free_form!(BTreeMap, IndexMap);

/// An enum of blocks, one of which each element is. Implemented by the derive macro only.
pub trait OneOf: Sized {
    /// The members as fields of kind `Block`.
    fn members() -> &'static StructSchema;
    /// Member `index` with its defaults.
    fn start(index: usize) -> Self;
    /// The fields of the member that it is.
    fn inner_mut(&mut self) -> &mut dyn Fields;
    /// Index and fields of the member that it is.
    fn inner(&self) -> (usize, &dyn Fields);
}

/// A list of [`OneOf`].
pub trait OneOfSlot {
    /// Decodes one occurrence of member `index`; `first` for the first of this body.
    fn add(&mut self, index: usize, block: &EvaluatedBlock, first: bool)
    -> Result<(), DecodeError>;
    /// Every element as member index, label and body.
    fn shown(&self) -> Vec<(usize, Option<Arc<str>>, EvaluatedBody)>;
}

impl<T: OneOf> OneOfSlot for Vec<T> {
    fn add(
        &mut self,
        index: usize,
        block: &EvaluatedBlock,
        first: bool,
    ) -> Result<(), DecodeError> {
        if first {
            self.clear();
        }
        let mut element = T::start(index);
        decode_block(element.inner_mut(), block)?;
        self.push(element);
        Ok(())
    }

    fn shown(&self) -> Vec<(usize, Option<Arc<str>>, EvaluatedBody)> {
        self.iter()
            .map(|element| {
                let (index, fields) = element.inner();
                let (label, body) = show_block(fields);
                (index, label, body)
            })
            .collect()
    }
}

/// The static side of a [`OneOfSlot`].
pub trait OneOfField {
    /// `List(Struct)` over the members.
    const TYPE: TypeSchema;
}

impl<T: OneOf> OneOfField for Vec<T> {
    const TYPE: TypeSchema = TypeSchema::List(&TypeSchema::Struct(T::members));
}

// --- Decoding --------------------------------------------------------------------------------

fn in_statement(mut error: DecodeError, index: usize) -> DecodeError {
    error.statements.insert(0, index);
    error
}

/// Where a name of the body leads: the field's indices through squashed structs, and the member of
/// a one-of field.
struct Place {
    path: Vec<usize>,
    field: &'static Field,
    member: Option<usize>,
}

fn place(schema: &'static StructSchema, name: &str) -> Option<Place> {
    schema.fields.iter().enumerate().find_map(|(index, field)| match field.kind {
        FieldKind::Attribute | FieldKind::Block => {
            (field.name == name).then(|| Place { path: vec![index], field, member: None })
        }
        FieldKind::Enum => {
            let member = field.member_index(name)?;
            Some(Place { path: vec![index], field, member: Some(member) })
        }
        FieldKind::Squash => {
            let mut inner = place(field.ty.struct_schema()?, name)?;
            inner.path.insert(0, index);
            Some(inner)
        }
        FieldKind::Label => None,
    })
}

fn with_field<R>(
    fields: &mut dyn Fields,
    path: &[usize],
    then: impl FnOnce(FieldMut<'_>) -> R,
) -> R {
    match (path, fields.field_mut(path[0])) {
        ([_, rest @ ..], FieldMut::Squash(inner)) if !rest.is_empty() => {
            with_field(inner, rest, then)
        }
        (_, field) => then(field),
    }
}

/// Decodes `body` into `fields`, which hold their defaults. Statements in source order, the first
/// error ends it; then required fields in declaration order; then the struct's own check.
pub fn decode_body(fields: &mut dyn Fields, body: &EvaluatedBody) -> Result<(), DecodeError> {
    let schema = fields.schema_of();
    let mut seen: Vec<Vec<usize>> = Vec::new();
    for (index, entry) in body.entries.iter().enumerate() {
        let result = match entry {
            BodyEntry::Attribute { name, value } => {
                attribute(fields, schema, name, value, &mut seen)
            }
            BodyEntry::Block(block) => nested(fields, schema, block, body, &mut seen),
        };
        result.map_err(|error| in_statement(error, index))?;
    }
    missing(schema, &mut Vec::new(), &seen)?;
    fields.check().map_err(DecodeError::body)
}

fn attribute(
    fields: &mut dyn Fields,
    schema: &'static StructSchema,
    name: &str,
    value: &Value,
    seen: &mut Vec<Vec<usize>>,
) -> Result<(), DecodeError> {
    let quoted = || quote(name);
    let Some(place) = place(schema, name) else {
        return Err(DecodeError::body(format!("unrecognized attribute name {}", quoted())));
    };
    if place.field.kind != FieldKind::Attribute {
        let message = format!("{} must be a block, but is used as an attribute", quoted());
        return Err(DecodeError::body(message));
    }
    if seen.contains(&place.path) {
        let message = format!("attribute {} may only be provided once", quoted());
        return Err(DecodeError::body(message));
    }
    with_field(fields, &place.path, |field| match field {
        FieldMut::Attribute(slot) => slot.assign(value),
        _ => Ok(()),
    })
    .map_err(|error| DecodeError { about_value: true, ..error })?;
    seen.push(place.path);
    Ok(())
}

fn nested(
    fields: &mut dyn Fields,
    schema: &'static StructSchema,
    block: &EvaluatedBlock,
    body: &EvaluatedBody,
    seen: &mut Vec<Vec<usize>>,
) -> Result<(), DecodeError> {
    let quoted = || quote(&block.name);
    let Some(place) = place(schema, &block.name) else {
        return Err(DecodeError::body(format!("unrecognized block name {}", quoted())));
    };
    if place.field.kind == FieldKind::Attribute {
        let message = format!("{} must be an attribute, but is used as a block", quoted());
        return Err(DecodeError::body(message));
    }
    let first = !seen.contains(&place.path);
    if first {
        repetition(place.field, &block.name, body)?;
    }
    with_field(fields, &place.path, |field| match field {
        FieldMut::Block(slot) => slot.add(block, first),
        FieldMut::OneOf(slot) => slot.add(place.member.unwrap_or_default(), block, first),
        _ => Ok(()),
    })?;
    if first {
        seen.push(place.path);
    }
    Ok(())
}

/// Checks how often a block stands in `body`, once for its first occurrence.
fn repetition(field: &Field, name: &str, body: &EvaluatedBody) -> Result<(), DecodeError> {
    let count = body
        .entries
        .iter()
        .filter(|entry| matches!(entry, BodyEntry::Block(block) if *block.name == *name))
        .count();
    let name = quote(name);
    let message = match field.ty {
        TypeSchema::List(_) => return Ok(()),
        TypeSchema::FixedList(_, wanted) if count != wanted => format!(
            "block {name} must be specified exactly {wanted} times, but was specified {count} times"
        ),
        TypeSchema::FixedList(..) => return Ok(()),
        _ if count > 1 => format!("block {name} may only be specified once"),
        _ => return Ok(()),
    };
    Err(DecodeError::body(message))
}

fn missing(
    schema: &'static StructSchema,
    path: &mut Vec<usize>,
    seen: &[Vec<usize>],
) -> Result<(), DecodeError> {
    for (index, field) in schema.fields.iter().enumerate() {
        path.push(index);
        match field.kind {
            FieldKind::Squash => {
                if let Some(inner) = field.ty.struct_schema() {
                    missing(inner, path, seen)?;
                }
            }
            FieldKind::Attribute | FieldKind::Block if field.required && !seen.contains(path) => {
                let kind = if field.kind == FieldKind::Block { "block" } else { "attribute" };
                let message = format!("missing required {kind} {}", quote(field.name));
                return Err(DecodeError::body(message));
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

// --- Showing ---------------------------------------------------------------------------------

/// The struct as a body: fields in declaration order, optional ones equal to their default left out.
pub fn encode_body(fields: &dyn Fields) -> EvaluatedBody {
    let mut entries = Vec::new();
    encode_fields(fields, &mut entries);
    EvaluatedBody { entries }
}

fn encode_fields(fields: &dyn Fields, entries: &mut Vec<BodyEntry>) {
    let schema = fields.schema_of();
    let defaults = (schema.defaults)();
    for (index, field) in schema.fields.iter().enumerate() {
        let name = || Arc::from(field.name);
        match fields.field(index) {
            FieldRef::Attribute(slot) => {
                let value = slot.current();
                if field.required || defaults.get(index).is_none_or(|default| *default != value) {
                    entries.push(BodyEntry::Attribute { name: name(), value });
                }
            }
            FieldRef::Block(slot) => {
                // A block that need not be there and says nothing beyond its defaults is left out.
                let may_be_absent = !field.required && matches!(field.ty, TypeSchema::Struct(_));
                let shown = slot.shown().into_iter();
                let said = shown.filter(|(_, body)| !(may_be_absent && body.entries.is_empty()));
                entries.extend(said.map(|(label, body)| {
                    BodyEntry::Block(EvaluatedBlock { name: name(), label, body })
                }));
            }
            FieldRef::OneOf(slot) => {
                let members = field.ty.struct_schema().map_or(&[][..], |members| members.fields);
                entries.extend(slot.shown().into_iter().map(|(member, label, body)| {
                    let member = members.get(member).map_or("", |m| m.name);
                    let name = Arc::from(format!("{}.{member}", field.name));
                    BodyEntry::Block(EvaluatedBlock { name, label, body })
                }));
            }
            FieldRef::Label(_) => {}
            FieldRef::Squash(inner) => encode_fields(inner, entries),
        }
    }
}

/// The struct as an object in declaration order: exports, and defaults of squashed structs.
pub fn object_of(fields: &dyn Fields) -> Value {
    let mut object = Object { ordered: true, ..Object::default() };
    collect(fields, &mut object);
    Value::from(object)
}

fn collect(fields: &dyn Fields, object: &mut Object) {
    for (index, field) in fields.schema_of().fields.iter().enumerate() {
        match fields.field(index) {
            FieldRef::Attribute(slot) => {
                object.members.insert(Str::from(field.name), slot.current());
            }
            FieldRef::Squash(inner) => collect(inner, object),
            FieldRef::Block(slot) => {
                let bodies: Vec<Value> =
                    slot.shown().iter().map(|(_, body)| body_object(body)).collect();
                let value = match field.ty {
                    TypeSchema::List(_) | TypeSchema::FixedList(..) => Value::Array(bodies.into()),
                    _ => bodies.into_iter().next().unwrap_or_default(),
                };
                object.members.insert(Str::from(field.name), value);
            }
            FieldRef::OneOf(_) | FieldRef::Label(_) => {}
        }
    }
}

fn body_object(body: &EvaluatedBody) -> Value {
    let mut object = Object { ordered: true, ..Object::default() };
    for entry in &body.entries {
        let (name, value) = match entry {
            BodyEntry::Attribute { name, value } => (name, value.clone()),
            BodyEntry::Block(block) => (&block.name, body_object(&block.body)),
        };
        object.members.insert(Str::from(name), value);
    }
    Value::from(object)
}

/// Default of every field of `T`, in the order of its schema.
pub fn defaults_of<T: Structure>() -> Vec<Value> {
    let initial = T::initial();
    let default = |index| match initial.field(index) {
        FieldRef::Attribute(slot) => slot.current(),
        FieldRef::Squash(inner) => object_of(inner),
        FieldRef::Block(_) | FieldRef::OneOf(_) | FieldRef::Label(_) => Value::Null,
    };
    (0..T::structure().fields.len()).map(default).collect()
}

/// The zero value of a field without a default.
#[expect(clippy::panic, reason = "a struct that cannot start from zero is a bug that any test of it finds")]
pub fn zero<T: FromValue>() -> T {
    T::from_value(&Value::Null)
        .unwrap_or_else(|error| panic!("a field has no zero value, give it a default: {error}"))
}

/// A default written as text, for types with their own text syntax.
#[expect(clippy::panic, reason = "a default that does not convert is a bug that any test of the struct finds")]
pub fn default_text<T: FromValue>(text: &'static str) -> T {
    T::from_value(&Value::from(text))
        .unwrap_or_else(|error| panic!("the default {text:?} does not convert: {error}"))
}

/// Text enums: the variant called `text`.
pub fn text_variant(value: &Value, names: &'static [&'static str]) -> Result<usize, DecodeError> {
    if matches!(value, Value::Null) {
        return Ok(0);
    }
    let text = crate::text_of(value)?;
    names.iter().position(|name| **name == *text).ok_or_else(|| {
        let wanted: Vec<_> = names.iter().map(|name| quote(name)).collect();
        DecodeError::value(format!("must be one of {}, got {}", wanted.join(", "), quote(&text)))
    })
}
