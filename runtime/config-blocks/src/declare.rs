//! `declare`: a module in the text itself (spec/runtime.md §8.1).

use alloy_value::{Args, Definition, Stability};

/// Body of the `declare` block: a module, which is looked at where it is used.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[args(open)]
pub struct DeclareArgs {}

/// The `declare` block.
pub static DECLARE: Definition = Definition::config_block::<DeclareArgs>(
    "declare",
    Stability::GenerallyAvailable,
    "Defines a component of one's own from other components; its label is the component's name.",
);
