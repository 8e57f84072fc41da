//! Arguments of `otelcol.processor.attributes`.

use alloy_blocks::otelcol::{DebugMetricsBlock, MatchBlock, OutputBlock};
use alloy_value::{Args, Block, Value};

/// Arguments of `otelcol.processor.attributes`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct AttributesArgs {
    /// What is changed; everything if not set.
    #[args(block)]
    pub include: Option<MatchBlock>,
    /// What is left as it is, looked at after `include`.
    #[args(block)]
    pub exclude: Option<MatchBlock>,
    /// Changes, made in order.
    #[args(block, name = "action")]
    pub actions: Vec<ActionBlock>,
    /// Where the result is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// One change of an attribute.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ActionBlock {
    /// Attribute to change.
    #[args(default = "")]
    pub key: String,
    /// Value to set.
    #[args(optional)]
    pub value: Value,
    /// Regular expression: names of the attributes for `delete` and `hash`, text with named groups
    /// for `extract`.
    #[args(default = "")]
    pub pattern: String,
    /// Attribute whose value is set.
    #[args(default = "")]
    pub from_attribute: String,
    /// What of the request is set: `metadata.` and a key, `auth.` and an attribute, or
    /// `client.address`.
    #[args(default = "")]
    pub from_context: String,
    /// Type for `convert`: `int`, `double` or `string`.
    #[args(default = "")]
    pub converted_type: String,
    /// What to do: `insert`, `update`, `upsert`, `delete`, `hash`, `extract` or `convert`.
    pub action: String,
}

impl AttributesArgs {
    fn check(&self) -> Result<(), String> {
        let faults: Vec<_> = self
            .actions
            .iter()
            .zip(1..)
            .filter_map(|(action, number)| {
                let fault = action.check().err()?;
                Some(format!("validation failed for action block number {number}: {fault}"))
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

impl ActionBlock {
    fn check(&self) -> Result<(), String> {
        let action = &self.action;
        match &*action.to_lowercase() {
            _ if !self.key.is_empty() => Ok(()),
            "delete" | "hash" if !self.pattern.is_empty() => Ok(()),
            "delete" | "hash" => Err(format!(
                "the action {action} requires at least the key argument or the pattern argument \
                 to be set"
            )),
            _ => Err(format!("the action {action} requires the key argument to be set")),
        }
    }
}
