//! The text of modules on its way from an import to the controller.

use std::sync::Arc;

use alloy_value::{Capsule, CapsuleKind, Exports, StructSchema, ToValue, TypeSchema, Value};

/// Kind of [`ModuleContent`].
static MODULE_CONTENT: CapsuleKind =
    CapsuleKind { name: "module content", to_object: None, eq: None, display: None };

/// What an import block brings. The component of an import exports it as its only value; the
/// configuration never sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleContent {
    /// Where it comes from, for messages: a path, a URL.
    pub source: Arc<str>,
    /// Names and texts of the files, in name order.
    pub files: Vec<(Arc<str>, Arc<str>)>,
    /// The `module_path` variable of the modules in it; `None` takes that of the import block.
    pub module_path: Option<Arc<str>>,
}

impl ToValue for ModuleContent {
    const TYPE: TypeSchema = TypeSchema::Capsule("module content");

    fn to_value(&self) -> Value {
        Value::Capsule(Capsule::new(&MODULE_CONTENT, Arc::new(self.clone())))
    }
}

impl Exports for ModuleContent {
    fn schema() -> &'static StructSchema {
        static SCHEMA: StructSchema = StructSchema {
            name: "ModuleContent",
            doc: "",
            open: true,
            own_defaults: false,
            fields: &[],
            defaults: Vec::new,
        };
        &SCHEMA
    }
}

impl ModuleContent {
    /// The content in an exported value.
    pub fn from_value(value: &Value) -> Option<&Self> {
        match value {
            Value::Capsule(capsule) => capsule.downcast_ref::<Self>(),
            _ => None,
        }
    }
}
