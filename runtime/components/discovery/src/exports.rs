//! What all components that find targets export.

use alloy_component::Target;
use alloy_value::Exports;

/// Exports of the components that find targets.
#[derive(Exports, Clone, Debug)]
pub struct DiscoveryExports {
    /// The targets found last.
    pub targets: Vec<Target>,
}
