//! Arguments and exports of `local.file`.

use std::time::Duration;

use alloy_value::{Args, Block, Exports, OptionalSecret};

/// Arguments of `local.file`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FileArgs {
    /// Path of the file to read and to watch.
    pub filename: String,
    /// How changes are noticed: `fsnotify` (file system events) or `poll`.
    #[args(default = Detector::Fsnotify)]
    pub detector: Detector,
    /// How often the file is read with `poll`; with `fsnotify`, how often as a fallback.
    #[args(default = "1m")]
    pub poll_frequency: Duration,
    /// Treats the content as a secret.
    #[args(default = false)]
    pub is_secret: bool,
}

impl FileArgs {
    fn check(&self) -> Result<(), String> {
        if self.poll_frequency.is_zero() {
            return Err("poll_frequency must be greater than 0".to_owned());
        }
        Ok(())
    }
}

/// How changes of a file are noticed.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized detector {:?}, expected fsnotify or poll")]
pub enum Detector {
    /// File system events.
    #[args(name = "fsnotify")]
    Fsnotify,
    /// Reading at an interval.
    #[args(name = "poll")]
    Poll,
}

/// Exports of `local.file`.
#[derive(Exports, Clone, Debug)]
pub struct FileExports {
    /// The content of the file, byte for byte.
    pub content: OptionalSecret,
}
