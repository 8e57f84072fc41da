//! Arguments of config blocks and services: `tracing`, `import.*`, `foreach`, `http`, `remotecfg`, …
//!
//! # Invariants
//! - One file per block; what runs a block lives with the runtime, not here.

use alloy_value::Definition;

/// The blocks of this crate.
pub static BLOCKS: &[&Definition] = &[];
