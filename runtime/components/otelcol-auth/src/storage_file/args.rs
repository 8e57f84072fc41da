//! Arguments and exports of `otelcol.storage.file`.

use std::time::Duration;

use alloy_blocks::otelcol::DebugMetricsBlock;
use alloy_component::OtelStorage;
use alloy_value::{Args, Block, Exports, GoDuration};

/// Arguments of `otelcol.storage.file`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FileArgs {
    /// Directory of the files; the component's own storage directory when empty.
    #[args(default = "")]
    pub directory: String,
    /// How long to wait for the lock of a file that another process has open.
    #[args(default = "1s")]
    pub timeout: GoDuration,
    /// Writes every change through to the disk, so that none is lost when the machine fails.
    #[args(default = false)]
    pub fsync: bool,
    /// Creates the directory if it doesn't exist.
    #[args(default = true)]
    pub create_directory: bool,
    /// Octal file mode of a directory that is created.
    #[args(default = "0750")]
    pub directory_permissions: String,
    /// Gives unused space of the files back to the file system.
    #[args(block, default)]
    pub compaction: CompactionBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Gives unused space of the files back to the file system.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct CompactionBlock {
    /// Compacts at the start.
    #[args(default = false)]
    pub on_start: bool,
    /// Compacts when much of a file was used and little is used now.
    #[args(default = false)]
    pub on_rebound: bool,
    /// Directory of the temporary copies; that of the files when empty.
    #[args(default = "")]
    pub directory: String,
    /// Size in MiB that a file must have grown to before `on_rebound` compacts.
    #[args(default = 100)]
    pub rebound_needed_threshold_mib: i64,
    /// Used size in MiB below which `on_rebound` compacts.
    #[args(default = 10)]
    pub rebound_trigger_threshold_mib: i64,
    /// Most bytes to copy in one transaction; 0 for no limit.
    #[args(default = 65536)]
    pub max_transaction_size: i64,
    /// How often `on_rebound` looks at the sizes.
    #[args(default = "5s")]
    pub check_interval: Duration,
    /// Removes temporary copies that an earlier compaction left.
    #[args(default = false)]
    pub cleanup_on_start: bool,
}

/// Exports of `otelcol.storage.file`.
#[derive(Exports, Clone, Debug)]
pub struct FileExports {
    /// Keeps the state of the components that it is given to.
    pub handler: OtelStorage,
}

impl FileArgs {
    fn check(&self) -> Result<(), String> {
        let text = &self.directory_permissions;
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 => Ok(()),
            _ if !self.create_directory => Ok(()),
            _ => Err(format!(
                "directory_permissions must be an octal file mode such as \"0750\", got {text:?}"
            )),
        }
    }
}

impl CompactionBlock {
    fn check(&self) -> Result<(), String> {
        if self.max_transaction_size < 0 {
            return Err("compaction: max_transaction_size must not be negative".to_owned());
        }
        if self.on_rebound && self.check_interval.is_zero() {
            return Err("compaction: check_interval must be greater than 0".to_owned());
        }
        Ok(())
    }
}
