//! `import.file`: modules from a file or a directory (spec/runtime.md §8.2).

use std::time::Duration;

use alloy_value::{Args, Block, Definition, Stability};

/// Arguments of the `import.file` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ImportFileArgs {
    /// File to import, or directory whose `.alloy` files are imported.
    pub filename: String,
    /// How changes are noticed: `fsnotify` (file system events) or `poll`.
    #[args(default = ImportDetector::Fsnotify)]
    pub detector: ImportDetector,
    /// How often the file is read with `poll`; with `fsnotify`, how often as a fallback.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
}

/// How changes of an imported file are noticed.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized detector {:?}, expected fsnotify or poll")]
pub enum ImportDetector {
    /// File system events.
    Fsnotify,
    /// Reading at an interval.
    Poll,
}

/// The `import.file` block.
pub static IMPORT_FILE: Definition = Definition::config_block::<ImportFileArgs>(
    "import.file",
    Stability::GenerallyAvailable,
    "Imports custom components from a file or a directory.",
);
