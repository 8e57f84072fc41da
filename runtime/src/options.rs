//! What the runtime is started with, and what it is asked to load.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{ComponentDef, Services};
use alloy_queries::{HostFacts, Importer, Source};
use alloy_value::{ArcArgs, Registry, Stability};

use crate::Trigger;

/// What a reload does whose new or changed blocks don't evaluate (`--config.reload`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReloadMode {
    /// It is refused as a whole.
    #[default]
    Atomic,
    /// Those blocks are marked as failed, everything else is applied.
    Partial,
}

/// A config block or service that is applied instead of run, such as `logging`.
pub trait ConfigBlock: Send + 'static {
    /// Its block name.
    fn name(&self) -> &'static str;

    /// Applies new arguments; `None` restores the defaults because the block is gone or was never
    /// there. Called by the controller thread: it must not wait for anything.
    ///
    /// # Errors
    /// The reason as text, which becomes a diagnostic of the block.
    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String>;
}

/// What the runtime is started with.
pub struct RuntimeOptions {
    /// All block types.
    pub registry: &'static Registry,
    /// Running parts of component types.
    pub components: Vec<&'static ComponentDef>,
    /// Facts that the configuration can read.
    pub host: HostFacts,
    /// Minimum stability of components and functions.
    pub stability: Stability,
    /// Allows community components.
    pub community: bool,
    /// Directory under which every component has its own (`--storage.path`).
    pub storage_path: PathBuf,
    /// What all components share.
    pub services: Arc<Services>,
    /// Reads what imports name before anything of a load runs, so that a load is refused as a whole
    /// if imported text needs components that don't run. `None` tells it when the imports run.
    pub importer: Option<Arc<dyn Importer>>,
    /// Blocks that are applied instead of run.
    pub config_blocks: Vec<Box<dyn ConfigBlock>>,
    /// How long a component may take to stop; zero is without limit
    /// (`--feature.component-shutdown-deadline`).
    pub shutdown_deadline: Duration,
    /// How long the first load waits for slow builds before everything that is built starts. A
    /// build that fails within this time fails the first load, a later one marks only itself.
    pub first_load_patience: Duration,
    /// Runs builds, updates and components. Its timers must be enabled.
    pub tokio: tokio::runtime::Handle,
}

impl RuntimeOptions {
    /// Default of [`Self::shutdown_deadline`].
    pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(600);
    /// Default of [`Self::first_load_patience`]: builds that only read files and bind ports are
    /// through in milliseconds, a probe of `/-/ready` waits longer than this.
    pub const FIRST_LOAD_PATIENCE: Duration = Duration::from_secs(2);
}

/// A configuration to load.
#[derive(Clone, Debug, Default)]
pub struct LoadRequest {
    /// Texts with their names, in order.
    pub sources: Vec<Source>,
    /// Value of `module_path`.
    pub module_path: String,
    /// Environment that `sys.env` reads.
    pub env: BTreeMap<String, String>,
    /// What to do with blocks that don't evaluate.
    pub mode: ReloadMode,
    /// Who asks for it.
    pub trigger: Trigger,
    /// How long it took to read the texts.
    pub read: Duration,
}
