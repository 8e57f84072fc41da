//! Arguments of `otelcol.exporter.debug`.

use alloy_blocks::otelcol::DebugMetricsBlock;
use alloy_value::Args;

/// Arguments of `otelcol.exporter.debug`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct DebugArgs {
    /// How much is printed: `basic` (numbers), `normal` (a line per item) or `detailed` (all).
    #[args(default = "basic")]
    pub verbosity: String,
    /// How many equal messages of a second are printed before `sampling_thereafter` counts.
    #[args(default = 2)]
    pub sampling_initial: i64,
    /// Of the further equal messages of that second, prints one in this many.
    #[args(default = 1)]
    pub sampling_thereafter: i64,
    /// Prints to the log of the process, at level info.
    #[args(default = true)]
    pub use_internal_logger: bool,
    /// Files to print to when `use_internal_logger` is off; standard output when empty.
    #[args(optional)]
    pub output_paths: Vec<String>,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl DebugArgs {
    fn check(&self) -> Result<(), String> {
        let known = ["basic", "normal", "detailed"];
        if known.iter().any(|name| self.verbosity.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        Err(format!("invalid verbosity {:?}, expected basic, normal or detailed", self.verbosity))
    }
}
