//! The shared interpreter behind the derive macros: a struct gives access to its fields by index,
//! and one function decodes any of them (spec/language.md §10).

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::{
    About, BodyEntry, DecodeError, EvaluatedBlock, EvaluatedBody, Field, FieldKind, FromValue,
    Object, PathSegment, Str, StructSchema, ToValue, TypeSchema, Value, quote,
};

mod object;
mod show;

pub use object::object_of;
pub use show::encode_body;

/// A struct that derives `Args`, `Block` or `Exports`. Implemented by the derive macros only.
pub trait Structure: Sized + Fields {
    /// The static schema.
    fn structure() -> &'static StructSchema;
    /// The struct with every default in place; what has none is zero.
    fn initial() -> Self;
    /// True if the struct or one that it squashes declares a default. Such a struct starts from its
    /// own defaults wherever it is decoded, others start from what is there.
    const OWN_DEFAULTS: bool;
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
    /// Stores the zero value; a type that has none keeps what it holds.
    fn clear(&mut self);
}

impl<T: FromValue + ToValue> AttributeSlot for T {
    fn assign(&mut self, value: &Value) -> Result<(), DecodeError> {
        *self = T::from_value(value)?;
        Ok(())
    }

    fn current(&self) -> Value {
        self.to_value()
    }

    fn clear(&mut self) {
        if let Ok(zero) = T::zero() {
            *self = zero;
        }
    }
}

/// A block's value: a struct, an optional one, a list of them, or a free-form map. As part of an
/// object it is a value like any other.
pub trait BlockSlot: AttributeSlot {
    /// Decodes one occurrence, number `nth` of this body.
    fn add(&mut self, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError>;
    /// Every occurrence as label and body.
    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)>;
}

/// The static side of a [`BlockSlot`].
pub trait BlockField: BlockSlot {
    /// `Struct`, `Optional(Struct)`, `List(Struct)`, `FixedList(Struct, n)` or `Map`.
    const TYPE: TypeSchema;
    /// What holds before the first occurrence, where nothing else is given.
    fn start() -> Self;
}

fn decode_block(fields: &mut dyn Fields, block: &EvaluatedBlock) -> Result<(), DecodeError> {
    let header = |text: &str| {
        DecodeError::new(About::Header, format!("block {} {text}", quote(&block.name)))
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
    fn add(&mut self, block: &EvaluatedBlock, _nth: usize) -> Result<(), DecodeError> {
        if T::OWN_DEFAULTS {
            *self = T::initial();
        }
        decode_block(self, block)
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        vec![show_block(self)]
    }
}

impl<T: Structure> BlockField for T {
    const TYPE: TypeSchema = TypeSchema::Struct(T::structure);

    fn start() -> Self {
        T::initial()
    }
}

impl<T: Structure> BlockSlot for Option<T> {
    fn add(&mut self, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError> {
        match self {
            Some(inner) => inner.add(block, nth),
            None => decode_block(self.insert(T::initial()), block),
        }
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        self.iter().map(|inner| show_block(inner)).collect()
    }
}

impl<T: Structure> BlockField for Option<T> {
    const TYPE: TypeSchema = TypeSchema::Optional(&<T as BlockField>::TYPE);

    fn start() -> Self {
        None
    }
}

/// Adds an element. Mostly there are few, in very many components: then there is no room for more.
fn push<T>(list: &mut Vec<T>, element: T) {
    if list.len() < 4 {
        list.reserve_exact(1);
    }
    list.push(element);
}

impl<T: Structure> BlockSlot for Vec<T> {
    fn add(&mut self, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError> {
        if nth == 0 {
            self.clear();
        }
        let mut inner = T::initial();
        decode_block(&mut inner, block)?;
        push(self, inner);
        Ok(())
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        self.iter().map(|inner| show_block(inner)).collect()
    }
}

impl<T: Structure> BlockField for Vec<T> {
    const TYPE: TypeSchema = TypeSchema::List(&<T as BlockField>::TYPE);

    fn start() -> Self {
        Vec::new()
    }
}

impl<T: Structure, const N: usize> BlockSlot for [T; N] {
    fn add(&mut self, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError> {
        let mut inner = T::initial();
        decode_block(&mut inner, block)?;
        // How many there are has been checked before the first of them.
        if let Some(slot) = self.get_mut(nth) {
            *slot = inner;
        }
        Ok(())
    }

    fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
        self.iter().map(|inner| show_block(inner)).collect()
    }
}

impl<T: Structure, const N: usize> BlockField for [T; N] {
    const TYPE: TypeSchema = TypeSchema::FixedList(&<T as BlockField>::TYPE, N);

    fn start() -> Self {
        std::array::from_fn(|_| T::initial())
    }
}

/// Decodes a block whose names are free: attributes only. Statements count in source order, and an
/// error in a member belongs to the statement that sets it.
fn decode_free<T: FromValue>(block: &EvaluatedBlock) -> Result<T, DecodeError> {
    if block.label.is_some() {
        let message = format!("block {} requires empty label", quote(&block.name));
        return Err(DecodeError::new(About::Header, message));
    }
    let mut members = Object { ordered: true, ..Object::default() };
    let mut stopped = None;
    for (index, entry) in block.body.entries.iter().enumerate() {
        let message = match entry {
            // As in an object, the last one wins.
            BodyEntry::Attribute { name, value } => {
                members.members.insert(Str::from(&**name), value.clone());
                continue;
            }
            BodyEntry::Block(_) => "nested blocks not supported here",
        };
        stopped = Some(in_statement(DecodeError::new(About::Statement, message), index));
        break;
    }
    let decoded = T::from_value(&Value::from(members)).map_err(|error| at_member(block, error))?;
    stopped.map_or(Ok(decoded), Err)
}

/// Takes the first step of an error's path as the statement that sets the member.
fn at_member(block: &EvaluatedBlock, mut error: DecodeError) -> DecodeError {
    let Some(PathSegment::Field(member)) = error.path.first() else { return error };
    let sets = |entry: &BodyEntry| matches!(entry, BodyEntry::Attribute { name, .. } if **name == **member);
    let Some(at) = block.body.entries.iter().rposition(sets) else { return error };
    error.path.remove(0);
    in_statement(error, at)
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
            fn add(&mut self, block: &EvaluatedBlock, _nth: usize) -> Result<(), DecodeError> {
                self.extend(decode_free::<Self>(block)?);
                Ok(())
            }

            fn shown(&self) -> Vec<(Option<Arc<str>>, EvaluatedBody)> {
                show_free(&self.to_value())
            }
        }

        impl<T: FromValue + ToValue> BlockField for $map<String, T> {
            const TYPE: TypeSchema = TypeSchema::Map(&T::TYPE);

            fn start() -> Self {
                Self::default()
            }
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
    /// Decodes one occurrence of member `index`, number `nth` of this body.
    fn add(&mut self, index: usize, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError>;
    /// Converts an array of objects, each of which has the member that the element is.
    fn assign(&mut self, value: &Value) -> Result<(), DecodeError>;
    /// Every element as member index and fields.
    fn elements(&self) -> Vec<(usize, &dyn Fields)>;
    /// Removes every element.
    fn clear(&mut self);
}

impl<T: OneOf> OneOfSlot for Vec<T> {
    fn add(&mut self, index: usize, block: &EvaluatedBlock, nth: usize) -> Result<(), DecodeError> {
        if nth == 0 {
            self.clear();
        }
        let mut element = T::start(index);
        decode_block(element.inner_mut(), block)?;
        push(self, element);
        Ok(())
    }

    fn assign(&mut self, value: &Value) -> Result<(), DecodeError> {
        *self = object::one_of_list(value)?;
        Ok(())
    }

    fn elements(&self) -> Vec<(usize, &dyn Fields)> {
        self.iter().map(T::inner).collect()
    }

    fn clear(&mut self) {
        self.clear();
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

/// Fields that the statements so far have set, with how often.
#[derive(Default)]
struct Seen(Vec<(Vec<usize>, usize)>);

impl Seen {
    fn times(&self, path: &[usize]) -> usize {
        self.0.iter().find(|(known, _)| known == path).map_or(0, |(_, times)| *times)
    }

    fn note(&mut self, path: Vec<usize>) {
        match self.0.iter_mut().find(|(known, _)| *known == path) {
            Some((_, times)) => *times += 1,
            None => self.0.push((path, 1)),
        }
    }
}

/// Decodes `body` into `fields`, which hold their defaults. Statements in source order, the first
/// error ends it; then required fields in declaration order; then the struct's own check.
pub fn decode_body(fields: &mut dyn Fields, body: &EvaluatedBody) -> Result<(), DecodeError> {
    let schema = fields.schema_of();
    if schema.open {
        return checked(fields);
    }
    let mut seen = Seen::default();
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
    checked(fields)
}

fn checked(fields: &dyn Fields) -> Result<(), DecodeError> {
    fields.check().map_err(|message| DecodeError::new(About::Validation, message))
}

fn attribute(
    fields: &mut dyn Fields,
    schema: &'static StructSchema,
    name: &str,
    value: &Value,
    seen: &mut Seen,
) -> Result<(), DecodeError> {
    let quoted = || quote(name);
    let Some(place) = place(schema, name) else {
        return Err(DecodeError::new(
            About::Statement,
            format!("unrecognized attribute name {}", quoted()),
        ));
    };
    if place.field.kind != FieldKind::Attribute {
        let message = format!("{} must be a block, but is used as an attribute", quoted());
        return Err(DecodeError::new(About::Statement, message));
    }
    if seen.times(&place.path) > 0 {
        let message = format!("attribute {} may only be provided once", quoted());
        return Err(DecodeError::new(About::Statement, message));
    }
    with_field(fields, &place.path, |field| match field {
        FieldMut::Attribute(slot) => slot.assign(value),
        _ => Ok(()),
    })?;
    seen.note(place.path);
    Ok(())
}

fn nested(
    fields: &mut dyn Fields,
    schema: &'static StructSchema,
    block: &EvaluatedBlock,
    body: &EvaluatedBody,
    seen: &mut Seen,
) -> Result<(), DecodeError> {
    let quoted = || quote(&block.name);
    let Some(place) = place(schema, &block.name) else {
        return Err(DecodeError::new(
            About::Statement,
            format!("unrecognized block name {}", quoted()),
        ));
    };
    if place.field.kind == FieldKind::Attribute {
        let message = format!("{} must be an attribute, but is used as a block", quoted());
        return Err(DecodeError::new(About::Statement, message));
    }
    let nth = seen.times(&place.path);
    if nth == 0 {
        repetition(place.field, &block.name, body)?;
    }
    with_field(fields, &place.path, |field| match field {
        FieldMut::Block(slot) => slot.add(block, nth),
        FieldMut::OneOf(slot) => slot.add(place.member.unwrap_or_default(), block, nth),
        _ => Ok(()),
    })?;
    seen.note(place.path);
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
    Err(DecodeError::new(About::Statement, message))
}

fn missing(
    schema: &'static StructSchema,
    path: &mut Vec<usize>,
    seen: &Seen,
) -> Result<(), DecodeError> {
    for (index, field) in schema.fields.iter().enumerate() {
        path.push(index);
        match field.kind {
            FieldKind::Squash => {
                if let Some(inner) = field.ty.struct_schema() {
                    missing(inner, path, seen)?;
                }
            }
            FieldKind::Attribute | FieldKind::Block if field.required && seen.times(path) == 0 => {
                let kind = if field.kind == FieldKind::Block { "block" } else { "attribute" };
                let message = format!("missing required {kind} {}", quote(field.name));
                return Err(DecodeError::new(About::Missing, message));
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

// --- Defaults --------------------------------------------------------------------------------

/// Default of every field of `T`, in the order of its schema.
pub fn defaults_of<T: Structure>() -> Vec<Value> {
    let initial = T::initial();
    let default = |index| match initial.field(index) {
        FieldRef::Attribute(slot) => slot.current(),
        FieldRef::Squash(inner) => object_of(inner),
        FieldRef::Block(slot) => slot.current(),
        FieldRef::OneOf(slot) => show::one_of_value(slot),
        FieldRef::Label(_) => Value::Null,
    };
    (0..T::structure().fields.len()).map(default).collect()
}

/// The zero value of a field without a default.
#[expect(
    clippy::panic,
    reason = "a struct that cannot start from zero is a bug that any test of it finds"
)]
pub fn zero<T: FromValue>() -> T {
    T::zero()
        .unwrap_or_else(|error| panic!("a field has no zero value, give it a default: {error}"))
}

/// A default written as text, for types with their own text syntax.
#[expect(
    clippy::panic,
    reason = "a default that does not convert is a bug that any test of the struct finds"
)]
pub fn default_text<T: FromValue>(text: &'static str) -> T {
    T::from_value(&Value::from(text))
        .unwrap_or_else(|error| panic!("the default {text:?} does not convert: {error}"))
}

/// What a text enum says about texts that are none of its names.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextRules {
    /// Message for an unknown text: `{:?}` stands for the text in quotes, `{}` for the text itself.
    pub unknown: Option<&'static str>,
    /// `null` is an empty text, which must be one of the names; otherwise it is the first variant.
    pub null_is_empty: bool,
    /// Upper and lower case are the same; the names are in lower case.
    pub any_case: bool,
}

/// Text enums: the index of the variant that `value` names.
pub fn text_variant(
    value: &Value,
    names: &'static [&'static str],
    rules: TextRules,
) -> Result<usize, DecodeError> {
    let mut text = match value {
        Value::Null if rules.null_is_empty => String::new(),
        Value::Null => return Ok(0),
        value => crate::text_of(value)?,
    };
    if rules.any_case {
        text = text.to_lowercase();
    }
    names.iter().position(|name| **name == *text).ok_or_else(|| match rules.unknown {
        Some(message) => {
            DecodeError::value(message.replace("{:?}", &quote(&text)).replace("{}", &text))
        }
        None => {
            let wanted: Vec<_> = names.iter().map(|name| quote(name)).collect();
            let got = quote(&text);
            DecodeError::value(format!("must be one of {}, got {got}", wanted.join(", ")))
        }
    })
}
