//! Custom components: their arguments, and what kind of node a block becomes.

use std::sync::Arc;

use alloy_value::{
    About, Args, BodyEntry, DecodeError, Definition, DefinitionKind, EvaluatedBody, Lookup, Object,
    Stability, StructSchema, Value, quote,
};

use crate::api::NodeKind;
use crate::db::Db;
use crate::inputs::Block;
use crate::names::custom;

/// Arguments of a custom component: whatever its body sets. Which of them the module takes is
/// checked when it is instantiated.
#[derive(Clone, Debug, Default)]
pub struct CustomArgs {
    /// Values by attribute name, in order.
    pub values: Arc<Object>,
}

impl PartialEq for CustomArgs {
    fn eq(&self, other: &Self) -> bool {
        let whole = |args: &Self| Value::Object(Arc::clone(&args.values));
        whole(self).identical(&whole(other))
    }
}

static SCHEMA: StructSchema = StructSchema {
    name: "CustomArgs",
    doc: "",
    fields: &[],
    defaults: Vec::new,
    open: true,
    own_defaults: false,
};

impl Args for CustomArgs {
    fn schema() -> &'static StructSchema {
        &SCHEMA
    }

    fn decode(body: &EvaluatedBody) -> Result<Self, DecodeError> {
        let mut values = Object { ordered: true, ..Object::default() };
        for (at, entry) in body.entries.iter().enumerate() {
            let refuse = |message: String| {
                let mut error = DecodeError::new(About::Statement, message);
                error.statements = vec![at];
                error
            };
            match entry {
                BodyEntry::Attribute { name, value } => {
                    let name = alloy_value::Str::from(&**name);
                    if values.members.contains_key(&name) {
                        let name = quote(&name.to_lossy());
                        return Err(refuse(format!("attribute {name} may only be provided once")));
                    }
                    values.members.insert(name, value.clone());
                }
                BodyEntry::Block(_) => {
                    return Err(refuse("nested blocks not supported here".to_owned()));
                }
            }
        }
        Ok(Self { values: Arc::new(values) })
    }

    fn encode(&self) -> EvaluatedBody {
        let entry = |(name, value): (&alloy_value::Str, &Value)| BodyEntry::Attribute {
            name: name.to_lossy().into(),
            value: value.clone(),
        };
        EvaluatedBody { entries: self.values.members.iter().map(entry).collect() }
    }
}

/// What all custom components are to those who ask for a definition.
pub static CUSTOM_COMPONENT: Definition = Definition::component::<CustomArgs>(
    "custom component",
    Stability::GenerallyAvailable,
    "A component that the configuration declares.",
);

/// What node a block becomes; `None` for `declare` blocks and for names that stand for nothing.
pub(crate) fn node_type(db: &dyn Db, block: Block) -> Option<(NodeKind, &'static Definition)> {
    let name = &*block.key(db).name;
    let known = db.registry().lookup(name);
    let kind = match name {
        "declare" => return None,
        "argument" => NodeKind::Argument,
        "export" => NodeKind::Export,
        "foreach" => NodeKind::Foreach,
        _ if name.starts_with("import.") && matches!(known, Lookup::Known(_)) => NodeKind::Import,
        _ => match known {
            Lookup::Known(def) if def.kind != DefinitionKind::Component => NodeKind::Block,
            _ if custom(db, block.module(db), name).is_some() => {
                return Some((NodeKind::Custom, &CUSTOM_COMPONENT));
            }
            _ => NodeKind::Component,
        },
    };
    match known {
        Lookup::Known(definition) => Some((kind, definition)),
        Lookup::NotBuilt(_) | Lookup::Unknown => None,
    }
}
