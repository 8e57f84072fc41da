//! `livedebugging`: streams of what flows through components (spec/runtime.md §14).

use alloy_value::{Args, Definition, Stability};

/// Arguments of the `livedebugging` block.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LivedebuggingArgs {
    /// Lets `/api/v0/web/debug/ID` show what flows through a component. What flows may hold secrets.
    #[args(default = false)]
    pub enabled: bool,
}

/// The `livedebugging` block.
pub static LIVEDEBUGGING: Definition = Definition::service::<LivedebuggingArgs>(
    "livedebugging",
    Stability::GenerallyAvailable,
    "Allows to watch what flows through components.",
);
