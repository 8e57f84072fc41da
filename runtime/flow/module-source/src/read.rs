//! Reads a file or a directory of modules.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::content::ContentError;
use crate::{Content, ContentBuilder, MAX_FILES, SourceError};

/// Names of modules in a directory end like this.
pub(crate) const SUFFIX: &str = ".alloy";

/// Why a path gives no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("{call} {path}: {reason}")]
    Io {
        /// What was attempted: `stat` or `open`.
        call: &'static str,
        /// On what.
        path: String,
        /// Why, in the words of the C library.
        reason: String,
    },
    /// What was read is no content.
    #[error("{0}")]
    Content(#[from] ContentError),
}

/// Reads `path`: one file, or the files of a directory whose names end in `.alloy`, without those
/// of directories below. Does blocking I/O.
///
/// # Errors
/// [`SourceError::Collect`] if the path can't be looked at, [`SourceError::Read`] if a file can't be
/// read.
pub fn read_path(path: &Path) -> Result<Content, SourceError> {
    let is_dir = std::fs::metadata(path)
        .map_err(|e| SourceError::Collect(io_error("stat", path, &e)))?
        .is_dir();
    let mut content = ContentBuilder::default();
    if !is_dir {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        add(&mut content, name, path).map_err(SourceError::Read)?;
        return Ok(content.finish(directory_of(path)));
    }
    for name in names(path).map_err(SourceError::Collect)? {
        let file = path.join(&name);
        let metadata = std::fs::metadata(&file)
            .map_err(|e| SourceError::Collect(io_error("stat", &file, &e)))?;
        if !metadata.is_dir() {
            add(&mut content, name.to_string_lossy().into_owned(), &file)
                .map_err(SourceError::Read)?;
        }
    }
    Ok(content.finish(path.display().to_string()))
}

fn names(directory: &Path) -> Result<BTreeSet<OsString>, ReadError> {
    let said = |error: io::Error| io_error("open", directory, &error);
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(directory).map_err(said)? {
        let name = entry.map_err(said)?.file_name();
        if !name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
            continue;
        }
        if names.len() == MAX_FILES {
            return Err(ContentError::Files { at: directory.display().to_string() }.into());
        }
        names.insert(name);
    }
    Ok(names)
}

fn add(content: &mut ContentBuilder, name: String, path: &Path) -> Result<(), ReadError> {
    let said = |error: io::Error| io_error("open", path, &error);
    let mut bytes = Vec::new();
    let limit = content.room() as u64 + 1;
    std::fs::File::open(path).map_err(said)?.take(limit).read_to_end(&mut bytes).map_err(said)?;
    Ok(content.add(name, &path.display().to_string(), bytes)?)
}

fn io_error(call: &'static str, path: &Path, error: &io::Error) -> ReadError {
    // The texts of the operating system without Rust's "(os error N)".
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default().to_lowercase();
    ReadError::Io { call, path: path.display().to_string(), reason }
}

/// The directory a file is in, without `.` and `..` where the text alone tells; `.` for a bare name.
fn directory_of(file: &Path) -> String {
    let mut clean = PathBuf::new();
    for component in file.parent().unwrap_or(file).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(clean.components().next_back(), Some(Component::Normal(_))) =>
            {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() {
        return ".".to_owned();
    }
    clean.display().to_string()
}
