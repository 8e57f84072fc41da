//! What a source gives.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of all files of a module together: as much as a configuration file may have.
pub const MAX_BYTES: usize = 64 << 20;

/// Most files of a module.
pub const MAX_FILES: usize = 10_000;

/// Text of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Text by the name of its file, in the order of names.
    pub files: BTreeMap<String, Arc<str>>,
    /// Value of `module_path` inside the module.
    pub module_path: String,
}

/// Why something is no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Too many files.
    #[error("a module has at most {MAX_FILES} files, and {at} has more")]
    Files {
        /// Where they are.
        at: String,
    },
    /// Too much text.
    #[error("the files of a module have at most {} MiB, and {at} goes beyond", MAX_BYTES >> 20)]
    Bytes {
        /// Which file.
        at: String,
    },
    /// No text.
    #[error("{at} is not UTF-8: {reason}")]
    Encoding {
        /// Which file.
        at: String,
        /// What is wrong and where.
        reason: String,
    },
}

/// Collects files within the bounds.
#[derive(Debug, Default)]
pub struct ContentBuilder {
    files: BTreeMap<String, Arc<str>>,
    len_bytes: usize,
}

impl ContentBuilder {
    /// Bytes that further files may have.
    pub fn room(&self) -> usize {
        MAX_BYTES - self.len_bytes
    }

    /// Adds a file. `at` names it in errors.
    ///
    /// # Errors
    /// If it doesn't fit, or is not UTF-8.
    pub fn add(&mut self, name: String, at: &str, bytes: Vec<u8>) -> Result<(), ContentError> {
        if self.files.len() == MAX_FILES {
            return Err(ContentError::Files { at: at.to_owned() });
        }
        if bytes.len() > self.room() {
            return Err(ContentError::Bytes { at: at.to_owned() });
        }
        self.len_bytes += bytes.len();
        let text = String::from_utf8(bytes).map_err(|error| ContentError::Encoding {
            at: at.to_owned(),
            reason: error.utf8_error().to_string(),
        })?;
        self.files.insert(name, text.into());
        Ok(())
    }

    /// The content.
    pub fn finish(self, module_path: String) -> Content {
        Content { files: self.files, module_path }
    }
}
