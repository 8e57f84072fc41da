//! Policies of `otelcol.processor.tail_sampling`, which nest to a fixed depth.

use alloy_value::Block;

/// A policy.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PolicyBlock {
    /// Name, type and the settings of simple types.
    #[args(squash)]
    pub rule: PolicyRule,
    /// For the type `composite`: several policies that share a budget of spans.
    #[args(block)]
    pub composite: Option<CompositeBlock>,
    /// For the type `and`: keeps traces that all its policies keep.
    #[args(block)]
    pub and: Option<AndBlock>,
    /// For the type `not`: keeps traces that its policy does not keep.
    #[args(block)]
    pub not: Option<NotBlock>,
    /// For the type `drop`: drops traces that all its policies keep, whatever others say.
    #[args(block)]
    pub drop: Option<DropBlock>,
}

/// What policies at every depth have in common. Of the blocks, the one that `type` names counts.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PolicyRule {
    /// Name of the policy, for metrics.
    pub name: String,
    /// Type of the policy: `always_sample` or the name of the block that holds its settings.
    pub r#type: String,
    /// Keeps traces by their duration.
    #[args(block)]
    pub latency: Option<LatencyBlock>,
    /// Keeps traces by a numeric attribute.
    #[args(block)]
    pub numeric_attribute: Option<NumericAttributeBlock>,
    /// Keeps a share of the traces.
    #[args(block)]
    pub probabilistic: Option<ProbabilisticBlock>,
    /// Keeps traces by the status of their spans.
    #[args(block)]
    pub status_code: Option<StatusCodeBlock>,
    /// Keeps traces by a text attribute.
    #[args(block)]
    pub string_attribute: Option<StringAttributeBlock>,
    /// Keeps traces up to a number of spans per second.
    #[args(block)]
    pub rate_limiting: Option<RateLimitingBlock>,
    /// Keeps traces up to a number of bytes per second.
    #[args(block)]
    pub bytes_limiting: Option<BytesLimitingBlock>,
    /// Keeps traces by their number of spans.
    #[args(block)]
    pub span_count: Option<SpanCountBlock>,
    /// Keeps traces by a boolean attribute.
    #[args(block)]
    pub boolean_attribute: Option<BooleanAttributeBlock>,
    /// Keeps traces by OTTL conditions.
    #[args(block)]
    pub ottl_condition: Option<OttlConditionBlock>,
    /// Keeps traces by an entry of their trace state.
    #[args(block)]
    pub trace_state: Option<TraceStateBlock>,
}

/// Keeps traces by their duration.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct LatencyBlock {
    /// Shortest duration in milliseconds.
    pub threshold_ms: i64,
    /// Longest duration in milliseconds; 0 for no limit.
    #[args(optional)]
    pub upper_threshold_ms: i64,
}

/// Keeps traces by a numeric attribute of a span or resource.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NumericAttributeBlock {
    /// Name of the attribute.
    pub key: String,
    /// Smallest value.
    pub min_value: i64,
    /// Largest value.
    pub max_value: i64,
    /// Keeps traces whose value is outside instead.
    #[args(optional)]
    pub invert_match: bool,
}

/// Keeps a share of the traces.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProbabilisticBlock {
    /// Text that goes into the hash of the trace id; policies with different ones keep different
    /// traces.
    #[args(optional)]
    pub hash_salt: String,
    /// Percent of traces to keep.
    pub sampling_percentage: f64,
}

/// Keeps traces by the status of their spans.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StatusCodeBlock {
    /// One of these suffices: `OK`, `ERROR` or `UNSET`.
    pub status_codes: Vec<String>,
}

/// Keeps traces by a text attribute of a span or resource.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StringAttributeBlock {
    /// Name of the attribute.
    pub key: String,
    /// Values or regular expressions, one of which suffices.
    pub values: Vec<String>,
    /// Takes `values` as regular expressions.
    #[args(optional)]
    pub enabled_regex_matching: bool,
    /// Results of regular expressions to remember; 0 for the built-in number.
    #[args(optional)]
    pub cache_max_size: i64,
    /// Keeps traces without these values instead.
    #[args(optional)]
    pub invert_match: bool,
}

/// Keeps traces up to a number of spans per second.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RateLimitingBlock {
    /// Spans to keep each second.
    pub spans_per_second: i64,
    /// Spans to let through at once after a quiet time; 0 for the built-in number.
    #[args(optional)]
    pub burst_capacity: i64,
}

/// Keeps traces up to a number of bytes per second.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct BytesLimitingBlock {
    /// Bytes to keep each second.
    pub bytes_per_second: i64,
    /// Bytes to let through at once after a quiet time; 0 for the built-in number.
    #[args(optional)]
    pub burst_capacity: i64,
}

/// Keeps traces by their number of spans.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SpanCountBlock {
    /// Fewest spans.
    pub min_spans: i32,
    /// Most spans; 0 for no limit.
    #[args(optional)]
    pub max_spans: i32,
}

/// Keeps traces by a boolean attribute of a span or resource.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct BooleanAttributeBlock {
    /// Name of the attribute.
    pub key: String,
    /// Value to look for.
    pub value: bool,
    /// Keeps traces without this value instead.
    #[args(optional)]
    pub invert_match: bool,
}

/// Keeps traces by OTTL conditions.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OttlConditionBlock {
    /// What happens when a condition fails: `ignore`, `silent` or `propagate`.
    pub error_mode: ConditionErrorMode,
    /// Conditions on spans; a trace is kept if a span meets one of them.
    #[args(optional)]
    pub span: Vec<String>,
    /// Conditions on span events; a trace is kept if an event meets one of them.
    #[args(optional)]
    pub spanevent: Vec<String>,
}

/// What happens when a condition of a policy fails. As everywhere with OTTL, but null is refused.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown error mode {}", any_case, null_is_empty)]
pub enum ConditionErrorMode {
    /// The error is logged and counts as not met.
    Ignore,
    /// The error ends the policy's decision.
    Propagate,
    /// As `ignore`, without a log line.
    Silent,
}

/// Keeps traces by an entry of their trace state.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TraceStateBlock {
    /// Key of the entry.
    pub key: String,
    /// Values, one of which suffices.
    pub values: Vec<String>,
}

/// Several policies that share a budget of spans.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CompositeBlock {
    /// Spans to keep each second, all policies together.
    pub max_total_spans_per_second: i64,
    /// Names of the policies in the order in which they are asked.
    pub policy_order: Vec<String>,
    /// The policies.
    #[args(block, name = "composite_sub_policy")]
    pub policies: Vec<CompositePolicyBlock>,
    /// Shares of the budget.
    #[args(block, name = "rate_allocation")]
    pub rate_allocations: Vec<RateAllocationBlock>,
}

/// A policy of a `composite` block.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CompositePolicyBlock {
    /// Name, type and the settings of simple types.
    #[args(squash)]
    pub rule: PolicyRule,
    /// For the type `and`: keeps traces that all its policies keep.
    #[args(block)]
    pub and: Option<AndBlock>,
}

/// A policy's share of the budget of a `composite` block.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RateAllocationBlock {
    /// Name of the policy.
    pub policy: String,
    /// Percent of the budget.
    pub percent: i64,
}

/// Keeps traces that all its policies keep.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AndBlock {
    /// The policies.
    #[args(block, required, name = "and_sub_policy")]
    pub policies: Vec<PolicyRule>,
}

/// Keeps traces that its policy does not keep.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NotBlock {
    /// The policy.
    #[args(block, name = "not_sub_policy")]
    pub policy: PolicyRule,
}

/// Drops traces that all its policies keep.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DropBlock {
    /// The policies.
    #[args(block, required, name = "drop_sub_policy")]
    pub policies: Vec<PolicyRule>,
}
