//! `argument` and `export`: what goes into a module and what comes out (spec/runtime.md §7).

use alloy_value::{Args, Definition, Exports, Stability, Value};

/// Arguments of the `argument` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ArgumentArgs {
    /// The user of the module may leave the argument out.
    #[args(default = false)]
    pub optional: bool,
    /// Value of an optional argument that is left out.
    #[args(optional)]
    pub default: Value,
    /// What the argument is for; read by people only.
    #[args(default = "")]
    pub comment: String,
}

/// Exports of the `argument` block.
#[derive(Exports, Clone, Debug)]
pub struct ArgumentExports {
    /// What the user of the module passed, or the default.
    pub value: Value,
}

/// The `argument` block.
pub static ARGUMENT: Definition = Definition::config_block::<ArgumentArgs>(
    "argument",
    Stability::GenerallyAvailable,
    "Declares an argument of a module; its label is the argument's name.",
)
.with_exports::<ArgumentExports>();

/// Arguments of the `export` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ExportArgs {
    /// What users of the module can read under the block's label.
    pub value: Value,
}

/// The `export` block.
pub static EXPORT: Definition = Definition::config_block::<ExportArgs>(
    "export",
    Stability::GenerallyAvailable,
    "Declares an export of a module; its label is the export's name.",
);
