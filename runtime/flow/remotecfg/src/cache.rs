//! The last good configuration on disk.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::hash::hash;

/// Largest configuration: as much as a file of the local one may have.
pub(crate) const MAX_CONFIG_BYTES: usize = 64 << 20;

/// A file whose name tells the settings that its content was fetched with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cache(PathBuf);

impl Cache {
    pub(crate) fn new(directory: &Path, key: &[u8]) -> Self {
        Self(directory.join(hash(key)))
    }

    /// The text; nothing if there is none.
    pub(crate) async fn read(&self) -> Option<Arc<str>> {
        let path = self.0.clone();
        let result = tokio::task::spawn_blocking(move || read(&path)).await;
        match result.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let path = self.0.display();
                tracing::warn!(%path, %error, "cannot read the cached remote configuration");
                None
            }
        }
    }

    /// Keeps `text`. A failure is logged: the configuration runs all the same.
    pub(crate) async fn write(&self, text: &Arc<str>) {
        let (path, text) = (self.0.clone(), Arc::clone(text));
        let result = tokio::task::spawn_blocking(move || write(&path, &text)).await;
        if let Err(error) = result.unwrap_or_else(|error| Err(io::Error::other(error))) {
            let path = self.0.display();
            tracing::error!(%path, %error, "cannot cache the remote configuration");
        }
    }
}

fn read(path: &Path) -> io::Result<Arc<str>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_CONFIG_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_CONFIG_BYTES {
        return Err(io::Error::other(format!("larger than {} MiB", MAX_CONFIG_BYTES >> 20)));
    }
    String::from_utf8(bytes).map(Arc::from).map_err(io::Error::other)
}

/// Replaces the file at once: after a crash there is the old text or the new one.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        create_directory(directory)?;
    }
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o750);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// Readable for owner and group only, as the one that the process makes at its start.
fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(directory)
}
