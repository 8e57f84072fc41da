//! Structs as object values: attributes of a struct type, exports (spec/language.md §4, §6.5).

use super::{
    FieldMut, FieldRef, Fields, OneOf, OneOfSlot, Structure, checked, label_of, place, set_label,
    with_field,
};
use crate::{
    DecodeError, Field, FieldKind, FromValue, Object, Str, StructSchema, ToValue, TypeSchema,
    Value, quote,
};

impl<T: Structure> FromValue for T {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let mut decoded = T::initial();
        decode_object(&mut decoded, value)?;
        Ok(decoded)
    }

    fn zero() -> Result<Self, DecodeError> {
        let mut zero = T::initial();
        clear(&mut zero);
        Ok(zero)
    }

    fn list_from_object(object: &Object) -> Option<Result<Vec<Self>, DecodeError>> {
        let element = |(label, member): (&Str, &Value)| {
            let mut decoded = T::initial();
            decode_labelled(&mut decoded, label, member)?;
            Ok(decoded)
        };
        T::structure().takes_label().then(|| object.shown().into_iter().map(element).collect())
    }
}

impl<T: Structure> ToValue for T {
    const TYPE: TypeSchema = TypeSchema::Struct(T::structure);

    fn to_value(&self) -> Value {
        let value = object_of(self);
        match label_of(self) {
            Some(label) => labelled([(label, value)]),
            None => value,
        }
    }

    fn list_to_value(items: &[Self]) -> Value {
        if T::structure().takes_label() {
            labelled(items.iter().map(|item| (label_of(item).unwrap_or_default(), object_of(item))))
        } else {
            Value::Array(items.iter().map(object_of_any).collect())
        }
    }
}

fn object_of_any(fields: &impl Fields) -> Value {
    object_of(fields)
}

/// Objects by their label.
fn labelled(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let members = members.into_iter().map(|(label, value)| (Str::from(label), value)).collect();
    Value::from(Object { members, ordered: true })
}

// --- From objects ----------------------------------------------------------------------------

/// Decodes an object into `fields`, which hold their defaults. Null clears them instead. Fields
/// that the object lacks keep what they hold, required or not.
fn decode_object(fields: &mut dyn Fields, value: &Value) -> Result<(), DecodeError> {
    if matches!(value, Value::Null) {
        clear(fields);
        return checked(fields);
    }
    let object = value.as_object().ok_or_else(|| DecodeError::type_mismatch("object", value))?;
    if !fields.schema_of().takes_label() {
        decode_members(fields, "", &object)?;
        return checked(fields);
    }
    match object.shown()[..] {
        [(label, member)] => decode_labelled(fields, label, member),
        _ => Err(DecodeError::value(format!(
            "object must have exactly 1 keys, got {}",
            object.members.len()
        ))),
    }
}

/// Decodes the member `label` of an object that holds structs by their label.
fn decode_labelled(fields: &mut dyn Fields, label: &Str, value: &Value) -> Result<(), DecodeError> {
    let label = label.to_lossy();
    let result = match value.as_object() {
        Some(object) => decode_members(fields, "", &object),
        None if matches!(value, Value::Null) => {
            clear(fields);
            Ok(())
        }
        None => Err(DecodeError::type_mismatch("object", value)),
    };
    set_label(fields, &label);
    result.and_then(|()| checked(fields)).map_err(|error| error.in_field(&*label))
}

/// Members of `object` are the fields whose names begin with `prefix`: dotted block names stand as
/// nested objects.
fn decode_members(
    fields: &mut dyn Fields,
    prefix: &str,
    object: &Object,
) -> Result<(), DecodeError> {
    for (key, value) in object.shown() {
        let key = key.to_lossy();
        let name = format!("{prefix}{key}");
        decode_member(fields, &name, value).map_err(|error| error.in_field(&*key))?;
    }
    Ok(())
}

fn decode_member(fields: &mut dyn Fields, name: &str, value: &Value) -> Result<(), DecodeError> {
    let schema = fields.schema_of();
    if let Some(path) = one_of_place(schema, name) {
        return with_field(fields, &path, |field| match field {
            FieldMut::OneOf(slot) => slot.assign(value),
            _ => Ok(()),
        });
    }
    match place(schema, name) {
        Some(place) if place.member.is_none() => {
            with_field(fields, &place.path, |field| match field {
                FieldMut::Attribute(slot) => slot.assign(value),
                FieldMut::Block(slot) => slot.assign(value),
                FieldMut::OneOf(_) | FieldMut::Label(_) | FieldMut::Squash(_) => Ok(()),
            })
        }
        _ if has_inner(schema, name) => match value.as_object() {
            Some(inner) => decode_members(fields, &format!("{name}."), &inner),
            None if matches!(value, Value::Null) => Ok(()),
            None => Err(DecodeError::type_mismatch("object", value)),
        },
        _ => {
            let key = name.rsplit('.').next().unwrap_or(name);
            Err(DecodeError::value(format!("does not have field named {}", quote(key))))
        }
    }
}

/// Where the list of one-of blocks called `name` is: in objects it stands under its prefix.
fn one_of_place(schema: &StructSchema, name: &str) -> Option<Vec<usize>> {
    schema.fields.iter().enumerate().find_map(|(index, field)| match field.kind {
        FieldKind::Enum => (field.name == name && !name.is_empty()).then(|| vec![index]),
        FieldKind::Squash => {
            let mut inner = one_of_place(field.ty.struct_schema()?, name)?;
            inner.insert(0, index);
            Some(inner)
        }
        _ => None,
    })
}

/// A list of one-of blocks from an array of objects with one member each.
pub(super) fn one_of_list<T: OneOf>(value: &Value) -> Result<Vec<T>, DecodeError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(DecodeError::type_mismatch("array", value)),
    };
    let element = |(at, item): (usize, &Value)| one_of(item).map_err(|error| error.in_index(at));
    items.iter().enumerate().map(element).collect()
}

fn one_of<T: OneOf>(value: &Value) -> Result<T, DecodeError> {
    let object = value.as_object().ok_or_else(|| DecodeError::type_mismatch("object", value))?;
    let [(key, member)] = object.shown()[..] else {
        let got = object.members.len();
        return Err(DecodeError::value(format!("object must have exactly 1 keys, got {got}")));
    };
    let key = key.to_lossy();
    let index = T::members().fields.iter().position(|field| field.name == key);
    let decoded = match index {
        None => Err(DecodeError::value(format!("does not have field named {}", quote(&key)))),
        Some(index) => {
            let mut element = T::start(index);
            decode_object(element.inner_mut(), member).map(|()| element)
        }
    };
    decoded.map_err(|error| error.in_field(&*key))
}

/// A list of one-of blocks as [`one_of_list`] reads it.
fn one_of_objects(prefix: &Field, slot: &dyn OneOfSlot) -> Value {
    let members = prefix.ty.struct_schema().map_or(&[][..], |members| members.fields);
    let object = |(index, fields): (usize, &dyn Fields)| {
        let name = members.get(index).map_or("", |member| member.name);
        let value = match label_of(fields) {
            Some(label) => labelled([(label, object_of(fields))]),
            None => object_of(fields),
        };
        let mut object = Object { ordered: true, ..Object::default() };
        object.members.insert(Str::from(name), value);
        Value::from(object)
    };
    Value::from(slot.elements().into_iter().map(object).collect::<Vec<_>>())
}

/// True if there are blocks called `name.…`.
fn has_inner(schema: &StructSchema, name: &str) -> bool {
    schema.flat_fields().iter().any(|field| {
        let rest = field.name.strip_prefix(name);
        field.kind == FieldKind::Block && rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Makes every field zero.
fn clear(fields: &mut dyn Fields) {
    for index in 0..fields.schema_of().fields.len() {
        match fields.field_mut(index) {
            FieldMut::Attribute(slot) => slot.clear(),
            FieldMut::Block(slot) => slot.clear(),
            FieldMut::OneOf(slot) => slot.clear(),
            FieldMut::Label(label) => label.clear(),
            FieldMut::Squash(inner) => clear(inner),
        }
    }
}

// --- To objects ------------------------------------------------------------------------------

/// The struct as an object in declaration order, without its label.
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
            FieldRef::Block(slot) => insert(object, field.name, slot.current()),
            FieldRef::Squash(inner) => collect(inner, object),
            FieldRef::OneOf(slot) if !field.name.is_empty() => {
                insert(object, field.name, one_of_objects(field, slot));
            }
            FieldRef::OneOf(_) | FieldRef::Label(_) => {}
        }
    }
}

/// Puts a block into `object`: the segments of its name are nested objects.
fn insert(object: &mut Object, name: &str, value: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        object.members.insert(Str::from(name), value);
        return;
    };
    let outer = object.members.entry(Str::from(first)).or_default();
    let mut inner = match std::mem::take(outer) {
        Value::Object(inner) => std::sync::Arc::unwrap_or_clone(inner),
        _ => Object { ordered: true, ..Object::default() },
    };
    insert(&mut inner, rest, value);
    *outer = Value::from(inner);
}
