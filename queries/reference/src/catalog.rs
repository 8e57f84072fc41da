//! The registry as flat lists: one entry per component or config block, one row per nested block.

use std::collections::BTreeSet;

use alloy_value::{
    Definition, DefinitionKind, Field, FieldKind, Registry, Stability, StructSchema, TypeSchema,
    Value as Config,
};
use serde::Serialize;
use serde_json::Value as Json;

use crate::default;
use crate::types::{canonical, connection, innermost, is_secret, number_kind};

/// Components, then config blocks, each sorted by name.
#[derive(Clone, Debug, Serialize)]
pub struct Catalog {
    /// Version of this form of output.
    pub version: u32,
    /// Version of the entries' format.
    pub format: u32,
    /// Every component and config block.
    pub components: Vec<Entry>,
}

impl Catalog {
    /// Describes what a registry holds. `runnable` says which names this build can run.
    pub fn new(registry: &Registry, runnable: impl Fn(&str) -> bool) -> Self {
        let mut components: Vec<Entry> = registry
            .iter()
            .filter(|definition| is_configurable(definition))
            .map(|definition| Entry::new(definition, runnable(definition.name)))
            .collect();
        components.sort_by_key(|entry| (entry.kind, entry.name));
        Self { version: 1, format: 1, components }
    }

    /// The entry called `name`.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.components.iter().find(|entry| entry.name == name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.components.iter().map(|entry| entry.name)
    }
}

/// Some services are known only so that messages can say that they have no block.
fn is_configurable(definition: &Definition) -> bool {
    definition.kind != DefinitionKind::Service || definition.args.is_some()
}

/// A component or config block.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Full name.
    pub name: &'static str,
    /// `component` or `config_block`.
    pub kind: &'static str,
    /// Stability level; none for community components, which have their own gate.
    #[serde(serialize_with = "stability")]
    pub stability: Option<Stability>,
    /// Needs `--feature.community-components.enabled`.
    pub community: bool,
    /// `required` or `forbidden`.
    pub label: &'static str,
    /// At most one per module.
    pub singleton: bool,
    /// Takes part in clustering.
    pub clustering: bool,
    /// This build can run it.
    pub runnable: bool,
    /// Its arguments are known; otherwise only the name is.
    pub checked: bool,
    /// What the body is, if it has no fixed schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeform: Option<String>,
    /// What it does.
    pub summary: &'static str,
    /// What arguments take, by kind of connection.
    pub accepts_types: Vec<&'static str>,
    /// What exports give, by kind of connection.
    pub exports_types: Vec<&'static str>,
    /// Attributes of the body itself.
    pub attributes: Vec<Attribute>,
    /// Nested blocks at every depth.
    pub blocks: Vec<Block>,
    /// Exports.
    pub exports: Vec<Export>,
}

/// One nested block.
#[derive(Clone, Debug, Serialize)]
pub struct Block {
    /// Names from the top, joined by ` > `.
    pub path: String,
    /// The body around it is invalid without it.
    pub required: bool,
    /// May occur more than once.
    pub repeatable: bool,
    /// `required` where it takes a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'static str>,
    /// The type contains itself; what it holds is listed at the outermost occurrence.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recursive: bool,
    /// Type of the values of a body whose attributes have any name, or what else an open body holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeform: Option<String>,
    /// What it is for.
    pub description: &'static str,
    /// Why it should not be used any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation: Option<&'static str>,
    /// Stability level, if lower than the component's.
    #[serde(serialize_with = "stability", skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Clone, Debug, Serialize)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Canonical type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Must be given.
    pub required: bool,
    /// The type is or contains a secret.
    pub secret: bool,
    /// Value if it is left out; null where that is "unset".
    pub default: Json,
    /// Should not be used any more.
    pub deprecated: bool,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation: Option<&'static str>,
    /// `int`, `uint` or `float`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_kind: Option<&'static str>,
    /// Accepted texts.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub constants: &'static [&'static str],
    /// Name of the syntax that the text has: `regex`, `bytes`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syntax: Option<&'static str>,
    /// Members of an object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Member>,
    /// Stability level, if lower than the component's.
    #[serde(serialize_with = "stability", skip_serializing_if = "Option::is_none")]
    pub stability: Option<Stability>,
    /// What it is for.
    pub description: &'static str,
}

/// A member of an object.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Canonical type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Must be given.
    pub required: bool,
    /// What it is for.
    pub description: &'static str,
}

/// One export.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// Its name.
    pub name: &'static str,
    /// Canonical type.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it is.
    pub description: &'static str,
}

fn stability<S: serde::Serializer>(
    level: &Option<Stability>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    level.map(Stability::as_str).serialize(serializer)
}

impl Entry {
    fn new(definition: &Definition, runnable: bool) -> Self {
        let label = if definition.takes_label() { "required" } else { "forbidden" };
        let mut walk = Walk::default();
        let attributes = match definition.args {
            Some((schema, _)) => walk.body(schema(), &[], "", None),
            None => Vec::new(),
        };
        let exports = definition.exports.map_or(&[][..], |schema| schema().fields);
        Self {
            name: definition.name,
            kind: match definition.kind {
                DefinitionKind::Component => "component",
                DefinitionKind::ConfigBlock | DefinitionKind::Service => "config_block",
            },
            stability: (!definition.community).then_some(definition.stability),
            community: definition.community,
            label,
            singleton: !definition.takes_label(),
            clustering: walk.blocks.iter().any(|block| block.path == "clustering"),
            runnable,
            checked: definition.args.is_some(),
            freeform: definition.args.is_some_and(|(schema, _)| schema().open).then(module_body),
            summary: definition.doc,
            accepts_types: walk.accepts.into_iter().collect(),
            exports_types: exports
                .iter()
                .filter_map(|field| connection(&field.ty))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            attributes,
            blocks: walk.blocks,
            exports: exports.iter().map(export).collect(),
        }
    }
}

/// What an open body may hold.
fn module_body() -> String {
    "module body: components and the blocks that modules are made of".to_owned()
}

fn export(field: &'static Field) -> Export {
    Export { name: field.name, ty: canonical(&field.ty), description: field.doc }
}

/// Collects the blocks of a body, depth first in declaration order.
#[derive(Default)]
struct Walk {
    blocks: Vec<Block>,
    accepts: BTreeSet<&'static str>,
}

impl Walk {
    /// The attributes of a body at `path`, whose blocks are added. `around` are the structs that the
    /// body lies in; `given` are the defaults that the struct around it gives it, if it has none.
    fn body(
        &mut self,
        schema: &'static StructSchema,
        around: &[&'static StructSchema],
        path: &str,
        given: Option<&Config>,
    ) -> Vec<Attribute> {
        let mut around = around.to_vec();
        around.push(schema);
        let mut attributes = Vec::new();
        let own = (schema.defaults)();
        for (field, own) in fields_with_defaults(schema, own) {
            let given = given.filter(|_| !schema.own_defaults);
            let value = given.map_or(own, |given| member(given, field.name));
            match field.kind {
                FieldKind::Attribute => {
                    self.accepts.extend(connection(&field.ty));
                    attributes.push(attribute(field, &value));
                }
                FieldKind::Block => {
                    let path = join(path, field.name);
                    self.block(field, path, false, &around, &value);
                }
                FieldKind::Enum => {
                    for inner in field.ty.struct_schema().map_or(&[][..], |s| s.fields) {
                        let name = match field.name {
                            "" => inner.name.to_owned(),
                            prefix => format!("{prefix}.{}", inner.name),
                        };
                        self.block(inner, join(path, &name), true, &around, &Config::Null);
                    }
                }
                FieldKind::Label | FieldKind::Squash => {}
            }
        }
        attributes
    }

    fn block(
        &mut self,
        field: &'static Field,
        path: String,
        is_member: bool,
        around: &[&'static StructSchema],
        value: &Config,
    ) {
        let schema = field.ty.struct_schema();
        let recursive =
            schema.is_some_and(|schema| around.iter().any(|outer| std::ptr::eq(*outer, schema)));
        let at = self.blocks.len();
        self.blocks.push(Block {
            required: field.required,
            repeatable: is_member || is_list(&field.ty),
            label: schema.is_some_and(StructSchema::takes_label).then_some("required"),
            recursive,
            freeform: match &field.ty {
                TypeSchema::Map(inner) => Some(canonical(inner)),
                _ => schema.is_some_and(|schema| schema.open).then(module_body),
            },
            description: field.doc,
            deprecation: field.deprecated,
            stability: stability_of(field),
            attributes: Vec::new(),
            path: path.clone(),
        });
        if let Some(schema) = schema.filter(|_| !recursive) {
            // Only a block that is always there starts from what the struct around it says.
            let given = matches!(field.ty, TypeSchema::Struct(_)).then_some(value);
            let given = given.filter(|value| !matches!(value, Config::Null));
            self.blocks[at].attributes = self.body(schema, around, &path, given);
        }
    }
}

/// The fields with their defaults, those of squashed structs in place of the squashed field.
fn fields_with_defaults(
    schema: &'static StructSchema,
    defaults: Vec<Config>,
) -> Vec<(&'static Field, Config)> {
    let mut defaults = defaults.into_iter();
    let mut fields = Vec::new();
    for field in schema.fields {
        let default = defaults.next().unwrap_or_default();
        match (field.kind, field.ty.struct_schema()) {
            (FieldKind::Squash, Some(inner)) => {
                // As an object a squashed struct has its members under their own names.
                let values = inner.flat_fields().into_iter().map(|f| (f, member(&default, f.name)));
                fields.extend(values);
            }
            _ => fields.push((field, default)),
        }
    }
    fields
}

/// Member `name` of an object; the segments of a dotted name are nested objects.
fn member(value: &Config, name: &str) -> Config {
    let mut value = value.clone();
    for segment in name.split('.') {
        value =
            value.as_object().and_then(|object| object.get(segment).cloned()).unwrap_or_default();
    }
    value
}

fn attribute(field: &'static Field, default: &Config) -> Attribute {
    let inner = innermost(&field.ty);
    Attribute {
        name: field.name,
        ty: canonical(&field.ty),
        required: field.required,
        secret: is_secret(&field.ty),
        default: if field.required { Json::Null } else { default::json(&field.ty, default) },
        deprecated: field.deprecated.is_some(),
        deprecation: field.deprecated,
        number_kind: number_kind(&field.ty),
        constants: match inner {
            TypeSchema::OneOf(texts) => texts,
            _ => &[],
        },
        syntax: field.syntax(),
        fields: inner.struct_schema().map_or_else(Vec::new, members),
        stability: stability_of(field),
        description: field.doc,
    }
}

fn members(schema: &'static StructSchema) -> Vec<Member> {
    let member = |field: &'static Field| Member {
        name: field.name,
        ty: canonical(&field.ty),
        required: field.required,
        description: field.doc,
    };
    schema
        .flat_fields()
        .into_iter()
        .filter(|f| f.kind == FieldKind::Attribute)
        .map(member)
        .collect()
}

fn is_list(ty: &TypeSchema) -> bool {
    matches!(ty, TypeSchema::List(_) | TypeSchema::FixedList(..))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path} > {name}") }
}

/// Stability to set a field at all.
fn stability_of(field: &Field) -> Option<Stability> {
    field.stability.filter(|_| field.stability_of.is_none())
}
