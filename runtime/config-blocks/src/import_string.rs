//! `import.string`: modules from a text (spec/runtime.md §8.2).

use alloy_value::{Args, Definition, OptionalSecret, Stability};

/// Arguments of the `import.string` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ImportStringArgs {
    /// The module's text, often another component's export.
    pub content: OptionalSecret,
}

/// The `import.string` block.
pub static IMPORT_STRING: Definition = Definition::config_block::<ImportStringArgs>(
    "import.string",
    Stability::GenerallyAvailable,
    "Imports custom components from a text.",
);
