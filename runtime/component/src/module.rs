//! The text of modules on its way from an import to the controller.

use std::sync::Arc;

use alloy_value::{Capsule, CapsuleKind, Value};

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
    /// The `module_path` variable of the modules in it.
    pub module_path: Arc<str>,
}

impl ModuleContent {
    /// The content as a value to export.
    pub fn into_value(self) -> Value {
        Value::Capsule(Capsule::new(&MODULE_CONTENT, Arc::new(self)))
    }

    /// The content in an exported value.
    pub fn from_value(value: &Value) -> Option<&Self> {
        match value {
            Value::Capsule(capsule) => capsule.downcast_ref::<Self>(),
            _ => None,
        }
    }
}
