//! A JSON Schema (2020-12) of configurations in their JSON form (spec/language.md §15).

use std::collections::BTreeMap;

use alloy_value::{Definition, Field, FieldKind, StructSchema, TypeSchema};
use serde_json::{Map, Value as Json, json};

use crate::types::TARGET;

/// The schema of a configuration that uses `definitions`: a list of blocks, each with a name, a
/// label if it takes one, and a body, which is a list of attributes and blocks.
pub fn json_schema(definitions: &[&'static Definition]) -> Json {
    let mut schemas = Schemas::default();
    let blocks: Vec<Json> =
        definitions.iter().map(|definition| schemas.definition(definition)).collect();
    let mut defs = fixed_definitions();
    defs.extend(schemas.defs);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration in its JSON form",
        "type": "array",
        "items": { "anyOf": blocks },
        "$defs": defs,
    })
}

/// Values of any type, and null.
fn fixed_definitions() -> Map<String, Json> {
    let of_type = |ty: &str, value: Json| {
        json!({
            "type": "object",
            "properties": { "type": { "const": ty }, "value": value },
            "required": ["type", "value"],
        })
    };
    let any = json!({ "$ref": "#/$defs/any" });
    let member = json!({
        "type": "object",
        "properties": { "key": { "type": "string" }, "value": any },
        "required": ["key", "value"],
    });
    let mut defs = Map::new();
    defs.insert(
        "any".to_owned(),
        json!({ "anyOf": [
            { "$ref": "#/$defs/null" },
            of_type("bool", json!({ "type": "boolean" })),
            of_type("number", json!({ "type": "number" })),
            of_type("string", json!({ "type": "string" })),
            of_type("array", json!({ "type": "array", "items": any })),
            of_type("object", json!({ "type": "array", "items": member })),
            { "$ref": "#/$defs/capsule" },
            of_type("function", json!({ "const": "function" })),
        ]}),
    );
    defs.insert("null".to_owned(), of_type("null", json!({ "type": "null" })));
    defs.insert("capsule".to_owned(), of_type("capsule", json!({ "type": "string" })));
    defs
}

/// Collects the schemas of bodies, each once.
#[derive(Default)]
struct Schemas {
    defs: Map<String, Json>,
    /// Names of bodies in `defs`, by the struct's address.
    names: BTreeMap<usize, String>,
}

impl Schemas {
    fn definition(&mut self, definition: &Definition) -> Json {
        let body = match definition.args {
            Some((schema, _)) => self.body_ref(schema()),
            None => json!({ "type": "array" }),
        };
        let mut schema = block(definition.name, definition.takes_label(), &body);
        describe(&mut schema, definition.doc, None);
        schema
    }

    fn body_ref(&mut self, schema: &'static StructSchema) -> Json {
        let address = std::ptr::from_ref(schema).addr();
        let name = match self.names.get(&address) {
            Some(name) => name.clone(),
            None => {
                let name = self.free_name(schema.name);
                // Known before its content is: a body may contain itself.
                self.names.insert(address, name.clone());
                self.defs.insert(name.clone(), Json::Null);
                let body = self.body(schema);
                self.defs.insert(name.clone(), body);
                name
            }
        };
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// Structs of different crates may have the same name.
    fn free_name(&self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while self.defs.contains_key(&candidate) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }

    fn body(&mut self, schema: &'static StructSchema) -> Json {
        let mut statements = Vec::new();
        let mut counts = Vec::new();
        for field in schema.flat_fields() {
            match field.kind {
                FieldKind::Attribute => {
                    let mut statement = attribute(field.name, &self.value(&field.ty));
                    describe(&mut statement, field.doc, field.deprecated);
                    statements.push(statement);
                    counts.push(count(field.name, usize::from(field.required), Some(1)));
                }
                FieldKind::Block => {
                    statements.push(self.nested(field, field.name));
                    let most = match field.ty {
                        TypeSchema::List(_) => None,
                        TypeSchema::FixedList(_, count) => Some(count),
                        _ => Some(1),
                    };
                    counts.push(count(field.name, usize::from(field.required), most));
                }
                FieldKind::Enum => {
                    for member in field.ty.struct_schema().map_or(&[][..], |s| s.fields) {
                        let name = match field.name {
                            "" => member.name.to_owned(),
                            prefix => format!("{prefix}.{}", member.name),
                        };
                        statements.push(self.nested(member, &name));
                    }
                }
                FieldKind::Label | FieldKind::Squash => {}
            }
        }
        if schema.open {
            return json!({ "type": "array" });
        }
        let mut body = json!({ "type": "array" });
        match statements.is_empty() {
            true => body["maxItems"] = json!(0),
            false => {
                body["items"] = json!({ "anyOf": statements });
                let counts: Vec<Json> = counts.into_iter().flatten().collect();
                if !counts.is_empty() {
                    body["allOf"] = Json::from(counts);
                }
            }
        }
        body
    }

    fn nested(&mut self, field: &'static Field, name: &str) -> Json {
        let schema = field.ty.struct_schema();
        let body = match schema {
            Some(schema) => self.body_ref(schema),
            // A body whose attributes have any name.
            None => {
                let value = match &field.ty {
                    TypeSchema::Map(inner) => self.value(inner),
                    _ => json!({ "$ref": "#/$defs/any" }),
                };
                let mut statement = attribute("", &value);
                statement["properties"]["name"] = json!({ "type": "string" });
                json!({ "type": "array", "items": statement })
            }
        };
        let labelled = schema.is_some_and(StructSchema::takes_label);
        let mut schema = block(name, labelled, &body);
        describe(&mut schema, field.doc, field.deprecated);
        schema
    }

    /// The schema of a value with its type.
    fn value(&mut self, ty: &TypeSchema) -> Json {
        let typed = |ty: &str, value: Json| {
            json!({
                "type": "object",
                "properties": { "type": { "const": ty }, "value": value },
                "required": ["type", "value"],
            })
        };
        match ty {
            TypeSchema::Bool => typed("bool", json!({ "type": "boolean" })),
            TypeSchema::Number(width) => typed("number", number(width)),
            TypeSchema::String | TypeSchema::Duration | TypeSchema::Text(_) => {
                typed("string", json!({ "type": "string" }))
            }
            TypeSchema::OneOf(texts) => typed("string", json!({ "enum": texts })),
            // A target shows as what it converts to.
            TypeSchema::Capsule(TARGET) => self.value(&TypeSchema::Map(&TypeSchema::String)),
            TypeSchema::Secret | TypeSchema::OptionalSecret | TypeSchema::Capsule(_) => {
                json!({ "$ref": "#/$defs/capsule" })
            }
            TypeSchema::Any => json!({ "$ref": "#/$defs/any" }),
            TypeSchema::List(inner) | TypeSchema::FixedList(inner, _) => {
                let items = self.value(inner);
                typed("array", json!({ "type": "array", "items": items }))
            }
            TypeSchema::Map(inner) => {
                let value = self.value(inner);
                typed("object", json!({ "type": "array", "items": member(None, &value) }))
            }
            TypeSchema::Struct(schema) => {
                let members: Vec<Json> = schema()
                    .flat_fields()
                    .into_iter()
                    .filter(|field| field.kind == FieldKind::Attribute)
                    .map(|field| member(Some(field.name), &self.value(&field.ty)))
                    .collect();
                typed("object", json!({ "type": "array", "items": { "anyOf": members } }))
            }
            TypeSchema::Optional(inner) => {
                let inner = self.value(inner);
                json!({ "anyOf": [{ "$ref": "#/$defs/null" }, inner] })
            }
        }
    }
}

fn attribute(name: &str, value: &Json) -> Json {
    json!({
        "type": "object",
        "properties": { "name": { "const": name }, "type": { "const": "attr" }, "value": value },
        "required": ["name", "type", "value"],
        "additionalProperties": false,
    })
}

fn block(name: &str, labelled: bool, body: &Json) -> Json {
    let mut schema = json!({
        "type": "object",
        "properties": { "name": { "const": name }, "type": { "const": "block" }, "body": body },
        "required": ["name", "type", "body"],
        "additionalProperties": false,
    });
    if labelled {
        schema["properties"]["label"] = json!({ "type": "string", "minLength": 1 });
        schema["required"] = json!(["name", "type", "label", "body"]);
    }
    schema
}

/// A member of an object: with this name or any.
fn member(name: Option<&str>, value: &Json) -> Json {
    let key = name.map_or_else(|| json!({ "type": "string" }), |name| json!({ "const": name }));
    json!({
        "type": "object",
        "properties": { "key": key, "value": value },
        "required": ["key", "value"],
    })
}

/// How often a body may contain the statement `name`; `None` if as often as one likes.
fn count(name: &str, least: usize, most: Option<usize>) -> Option<Json> {
    if least == 0 && most.is_none() {
        return None;
    }
    let mut schema = json!({
        "contains": { "properties": { "name": { "const": name } } },
        "minContains": least,
    });
    if let Some(most) = most {
        schema["maxContains"] = json!(most);
    }
    Some(schema)
}

fn number(width: &str) -> Json {
    match width {
        _ if width.starts_with("float") => json!({ "type": "number" }),
        _ if width.starts_with("uint") => json!({ "type": "integer", "minimum": 0 }),
        _ => json!({ "type": "integer" }),
    }
}

fn describe(schema: &mut Json, doc: &str, deprecated: Option<&str>) {
    if !doc.is_empty() {
        schema["description"] = Json::from(doc);
    }
    if deprecated.is_some() {
        schema["deprecated"] = Json::Bool(true);
    }
}
