//! Identity of this installation, kept under the storage path (spec/runtime.md §12).

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FILE_NAME: &str = "alloy_seed.json";
/// Where earlier versions kept it, whatever `TMPDIR` says.
const LEGACY_DIRECTORY: &str = "/tmp";

/// Identity of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// Random UUID.
    #[serde(rename = "UID")]
    pub uid: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Version that made it.
    pub version: String,
}

impl Seed {
    /// The seed of `storage`: read, taken over from where earlier versions kept it, or made. A seed
    /// that cannot be written is logged and holds for this process only. Does blocking I/O.
    pub fn load_or_create(storage: &Path, version: &str) -> Self {
        Self::find(storage, Path::new(LEGACY_DIRECTORY), version)
    }

    fn find(storage: &Path, legacy: &Path, version: &str) -> Self {
        let file = storage.join(FILE_NAME);
        if let Some(seed) = read(&file) {
            return seed;
        }
        let seed = read(&legacy.join(FILE_NAME)).unwrap_or_else(|| Self::new(version));
        if let Err(error) = seed.write(&file) {
            tracing::error!(path = %file.display(), err = %error, "failed to write the seed file");
        }
        seed
    }

    fn new(version: &str) -> Self {
        Self {
            uid: uuid::Uuid::new_v4().to_string(),
            created_at: jiff::Timestamp::now().to_string(),
            version: version.to_owned(),
        }
    }

    fn write(&self, file: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        let temporary: PathBuf = file.with_extension("json.tmp");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o644);
        io::Write::write_all(&mut options.open(&temporary)?, &text)?;
        fs::rename(temporary, file)
    }
}

/// A seed file; `None` if it is missing or broken, the latter logged.
fn read(file: &Path) -> Option<Seed> {
    let text = fs::read(file).ok()?;
    match serde_json::from_slice(&text) {
        Ok(seed) => Some(seed),
        Err(error) => {
            tracing::error!(path = %file.display(), err = %error, "failed to read the seed file");
            None
        }
    }
}

/// Creates the storage directory and what is always in it. Does blocking I/O.
///
/// # Errors
/// The text names the call and the path: `mkdir data: not a directory`.
pub fn create_storage(storage: &Path) -> io::Result<()> {
    let directory = storage.join("remotecfg");
    fs::DirBuilder::new().recursive(true).mode(0o750).create(&directory).map_err(|error| {
        // The deepest part that exists but is no directory is what stands in the way.
        let culprit = directory
            .ancestors()
            .find(|part| fs::symlink_metadata(part).is_ok())
            .filter(|part| !part.is_dir())
            .unwrap_or(&directory);
        let kind = if culprit == directory { error.kind() } else { io::ErrorKind::NotADirectory };
        let reason = if culprit == directory {
            crate::config::reason(&error)
        } else {
            "not a directory".to_owned()
        };
        io::Error::new(kind, format!("mkdir {}: {reason}", culprit.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_is_made_once_and_read_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none");
        let first = Seed::find(dir.path(), &none, "1.0.0");
        assert_eq!(first, Seed::find(dir.path(), &none, "2.0.0"));
        assert_eq!(first.version, "1.0.0");
        let text = fs::read_to_string(dir.path().join(FILE_NAME)).unwrap();
        assert!(text.starts_with("{\"UID\":\""), "{text}");
    }

    #[test]
    fn earlier_place_is_copied() {
        let (dir, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let made = Seed::find(old.path(), Path::new("/nonexistent"), "1.0.0");
        assert_eq!(Seed::find(dir.path(), old.path(), "2.0.0"), made);
        assert_eq!(read(&dir.path().join(FILE_NAME)), Some(made));
    }

    #[test]
    fn seed_that_cannot_be_written_still_exists() {
        let seed = Seed::find(Path::new("/proc/none"), Path::new("/nonexistent"), "1.0.0");
        assert_eq!(seed.uid.len(), 36);
    }

    #[test]
    fn storage_path_that_is_a_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file.txt");
        fs::write(&file, "").unwrap();
        let error = create_storage(&file).unwrap_err();
        assert_eq!(error.to_string(), format!("mkdir {}: not a directory", file.display()));
        create_storage(&dir.path().join("a/b")).unwrap();
        assert!(dir.path().join("a/b/remotecfg").is_dir());
    }
}
