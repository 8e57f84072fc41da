//! Structs as bodies: what the UI and the API show (spec/language.md §15).

use std::sync::Arc;

use super::{BlockSlot, FieldRef, Fields, OneOfSlot, object_of, show_block};
use crate::{BodyEntry, EvaluatedBlock, EvaluatedBody, Field, Value};

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
        let is_left_out =
            |value: &Value| !field.required && defaults.get(index).is_some_and(|d| d == value);
        match fields.field(index) {
            FieldRef::Attribute(slot) => {
                let value = slot.current();
                if !is_left_out(&value) {
                    entries.push(BodyEntry::Attribute { name: Arc::from(field.name), value });
                }
            }
            FieldRef::Block(slot) if is_left_out(&slot.current()) => {}
            FieldRef::Block(slot) => encode_blocks(field, slot, entries),
            FieldRef::OneOf(slot) if is_left_out(&one_of_value(slot)) => {}
            FieldRef::OneOf(slot) => encode_one_of(field, slot, entries),
            FieldRef::Label(_) => {}
            FieldRef::Squash(inner) => encode_fields(inner, entries),
        }
    }
}

fn encode_blocks(field: &Field, slot: &dyn BlockSlot, entries: &mut Vec<BodyEntry>) {
    entries.extend(slot.shown().into_iter().map(|(label, body)| {
        BodyEntry::Block(EvaluatedBlock { name: Arc::from(field.name), label, body })
    }));
}

fn encode_one_of(field: &Field, slot: &dyn OneOfSlot, entries: &mut Vec<BodyEntry>) {
    let members = field.ty.struct_schema().map_or(&[][..], |members| members.fields);
    entries.extend(slot.elements().into_iter().map(|(member, fields)| {
        let (label, body) = show_block(fields);
        let member = members.get(member).map_or("", |m| m.name);
        let name = match field.name {
            "" => Arc::from(member),
            prefix => Arc::from(format!("{prefix}.{member}")),
        };
        BodyEntry::Block(EvaluatedBlock { name, label, body })
    }));
}

/// A list of one-of blocks for comparison: member index and fields of every element.
pub(super) fn one_of_value(slot: &dyn OneOfSlot) -> Value {
    let element = |(member, fields): (usize, &dyn Fields)| {
        Value::from(vec![Value::Uint(member as u64), object_of(fields)])
    };
    Value::from(slot.elements().into_iter().map(element).collect::<Vec<_>>())
}
