//! Arguments of `loki.source.file`.

use std::time::Duration;

use alloy_component::{LogsReceiver, Target};
use alloy_value::{Args, Block};

/// Arguments of `loki.source.file`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceFileArgs {
    /// Files to read, by their label `__path__`. Other labels go to the entries.
    pub targets: Vec<Target>,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Encoding of the files, such as `utf-16le`; UTF-8 if empty.
    #[args(default = "")]
    pub encoding: String,
    /// Begins at the end of files that were not read before.
    #[args(default = false)]
    pub tail_from_end: bool,
    /// Positions file of another program to take over.
    #[args(default = "")]
    pub legacy_positions_file: String,
    /// What is done with a file whose stored position cannot be read.
    #[args(default = OnPositionsFileError::RestartFromBeginning)]
    pub on_positions_file_error: OnPositionsFileError,
    /// Reads compressed files. They are read once and not followed.
    #[args(block)]
    pub decompression: Option<DecompressionBlock>,
    /// How files are watched.
    #[args(block, default)]
    pub file_watch: FileWatchBlock,
    /// Finds files by patterns.
    #[args(block, default)]
    pub file_match: FileMatchBlock,
}

/// What is done with a file whose stored position cannot be read.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown OnPositionsFileError value: {}")]
pub enum OnPositionsFileError {
    /// Reads the whole file.
    #[args(name = "restart_from_beginning")]
    RestartFromBeginning,
    /// Begins at its end.
    #[args(name = "restart_from_end")]
    RestartFromEnd,
    /// Does not read it.
    Skip,
}

/// Decompression of files.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DecompressionBlock {
    /// Decompresses the files.
    pub enabled: bool,
    /// How long to wait before a file is read first.
    #[args(default = "0s")]
    pub initial_delay: Duration,
    /// How the files are compressed: `gz`, `z` or `bz2`.
    pub format: CompressionFormat,
}

/// How files are compressed.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unsupported compression format: {:?} - please use one of \"gz, z, bz2\"")]
pub enum CompressionFormat {
    /// gzip
    Gz,
    /// zlib
    Z,
    /// bzip2
    Bz2,
}

/// How often files are looked at.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FileWatchBlock {
    /// Time between two looks at a file that grows.
    #[args(default = "250ms")]
    pub min_poll_frequency: Duration,
    /// Time between two looks at a file that stays as it is; it doubles up to here.
    #[args(default = "250ms")]
    pub max_poll_frequency: Duration,
}

/// Files by patterns.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FileMatchBlock {
    /// Takes `__path__` as a pattern with `*`, `**`, `?`, `[a-z]` and `{a,b}`, and leaves out what
    /// matches the pattern in `__path_exclude__`.
    #[args(default = false)]
    pub enabled: bool,
    /// Time between two searches.
    #[args(default = "10s")]
    pub sync_period: Duration,
    /// Age of the last change beyond which a file is left out; 0: no limit.
    #[args(default = "0s")]
    pub ignore_older_than: Duration,
}

impl FileMatchBlock {
    fn check(&self) -> Result<(), String> {
        match self.sync_period.is_zero() {
            true => Err("file_match: sync_period must be greater than 0".to_owned()),
            false => Ok(()),
        }
    }
}
