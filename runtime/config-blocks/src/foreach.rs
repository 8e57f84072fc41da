//! `foreach`: the same components for each item of a list (spec/runtime.md §8.4).

use alloy_value::{Args, Block, Definition, Stability, Value};

/// Arguments of the `foreach` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ForeachArgs {
    /// Components that run once per item.
    #[args(block)]
    pub template: TemplateBlock,
    /// Items to run the template for.
    pub collection: Vec<Value>,
    /// Name by which the template reads its item.
    pub var: String,
    /// Member of an item that tells it from the others; the whole item if empty.
    #[args(default = "")]
    pub id: String,
    /// Names the components of an item by a hash of its id, so that ids that differ in punctuation
    /// only stay apart.
    #[args(default = false)]
    pub hash_string_id: bool,
    /// Publishes the metrics of the template's components.
    #[args(default = false)]
    pub enable_metrics: bool,
}

/// Body of a template: a module, which is looked at once per item.
#[derive(Block, Clone, Debug, Default, PartialEq, Eq)]
#[args(open)]
pub struct TemplateBlock {}

/// The `foreach` block.
pub static FOREACH: Definition = Definition::config_block::<ForeachArgs>(
    "foreach",
    Stability::Experimental,
    "Runs the components of a template once for each item of a list.",
);
