//! Arguments of `otelcol.auth.headers`.

use alloy_blocks::otelcol::DebugMetricsBlock;
use alloy_value::{
    Args, Block, DecodeError, FromValue, OptionalSecret, ToValue, TypeSchema, Value, text_of,
};

/// Arguments of `otelcol.auth.headers`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct HeadersArgs {
    /// Headers to set, in this order.
    #[args(block, name = "header")]
    pub headers: Vec<HeaderBlock>,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// A header, with one source of its value.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HeaderBlock {
    /// Name of the header.
    pub key: String,
    /// Value of the header.
    pub value: Option<OptionalSecret>,
    /// Takes the value from this header of the received request. The receiver must have
    /// `include_metadata = true`.
    pub from_context: Option<String>,
    /// Takes the value from this resource attribute.
    pub from_attribute: Option<String>,
    /// What to do: `insert` (if there is no such header), `update` (if there is one), `upsert`
    /// (either) or `delete`.
    #[args(default = HeaderAction::Upsert)]
    pub action: HeaderAction,
}

impl HeaderBlock {
    fn check(&self) -> Result<(), String> {
        if self.key.is_empty() {
            return Err("key of a header must not be empty".to_owned());
        }
        let sources =
            [self.value.is_some(), self.from_context.is_some(), self.from_attribute.is_some()];
        match sources.into_iter().filter(|set| *set).count() {
            1 => Ok(()),
            _ if self.action == HeaderAction::Delete => Ok(()),
            _ => Err(format!(
                "header {:?} needs exactly one of value, from_context and from_attribute",
                self.key
            )),
        }
    }
}

/// What to do with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderAction {
    /// Sets it if there is none.
    Insert,
    /// Sets it if there is one.
    Update,
    /// Sets it.
    Upsert,
    /// Removes it.
    Delete,
}

const ACTIONS: &[&str] = &["insert", "update", "upsert", "delete"];

impl FromValue for HeaderAction {
    /// `null` is refused in other words than an unknown text.
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        if matches!(value, Value::Null) {
            return Err(DecodeError::value("action is set to an invalid value of \"\""));
        }
        let text = text_of(value)?;
        match text.to_lowercase().as_str() {
            "insert" => Ok(Self::Insert),
            "update" => Ok(Self::Update),
            "upsert" => Ok(Self::Upsert),
            "delete" => Ok(Self::Delete),
            _ => Err(DecodeError::value(format!("unknown action {text}"))),
        }
    }
}

impl ToValue for HeaderAction {
    const TYPE: TypeSchema = TypeSchema::OneOf(ACTIONS);

    fn to_value(&self) -> Value {
        Value::from(match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
        })
    }
}
