//! Connects the `livedebugging` block to the service that components publish to.

use alloy_component::LiveDebugging;
use alloy_config_blocks::{LIVEDEBUGGING, LivedebuggingArgs};
use alloy_runtime::ConfigBlock;
use alloy_value::ArcArgs;

/// Applies the `livedebugging` block.
pub(crate) struct LiveDebuggingBlock(pub(crate) LiveDebugging);

impl ConfigBlock for LiveDebuggingBlock {
    fn name(&self) -> &'static str {
        LIVEDEBUGGING.name
    }

    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String> {
        let args = args.and_then(ArcArgs::downcast_ref::<LivedebuggingArgs>);
        self.0.set_enabled(args.is_some_and(|args| args.enabled));
        Ok(())
    }
}
