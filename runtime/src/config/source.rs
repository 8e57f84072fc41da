//! Reads the configuration from a file or a directory (spec/runtime.md §1.2, spec/cli.md §2.3).

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy_queries::Source;
use sha2::{Digest, Sha256};

/// The texts at a path.
#[derive(Clone, Debug, Default)]
pub struct ConfigText {
    /// Texts in byte order of their names.
    pub sources: Vec<Source>,
    /// Value of `module_path`: the directory of the path, or the path if it is a directory.
    pub module_path: String,
    /// SHA-256 over all bytes in order, as lower-case hex.
    pub sha256: String,
}

/// Why the path could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file or directory is missing or not readable.
    #[error("{call} {path}: {}", reason(.source))]
    Io {
        /// What was attempted, such as `stat` or `open`.
        call: &'static str,
        /// On what.
        path: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A byte order mark says that the text is not UTF-8.
    #[error("configuration is encoded with {0} but must be utf8")]
    Encoding(&'static str),
    /// The bytes are not UTF-8.
    #[error("unknown encoding for config")]
    UnknownEncoding,
    /// A file is larger than a configuration may be.
    #[error(
        "{path} has {len_bytes} bytes, more than the {MAX_FILE_BYTES} that a configuration file may have"
    )]
    TooLarge {
        /// Which.
        path: String,
        /// Its size.
        len_bytes: u64,
    },
}

/// Largest configuration file: positions are 32-bit, and nothing that a person or generator writes
/// comes near it.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The reason in the words of the C library, without the number that Rust adds.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text.to_lowercase(),
    }
}

fn failed(call: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ReadError {
    let path = path.display().to_string();
    move |source| ReadError::Io { call, path, source }
}

/// Reads the configuration at `path`. Does blocking I/O.
///
/// # Errors
/// See [`ReadError`]; the text does not name `path` itself unless the system call failed on it.
pub fn read_config(path: &str) -> Result<ConfigText, ReadError> {
    let root = Path::new(path);
    let is_dir = fs::metadata(root).map_err(failed("stat", root))?.is_dir();
    let files = if is_dir { files_of(root)? } else { vec![root.to_owned()] };
    let mut hash = Sha256::new();
    let mut sources = Vec::with_capacity(files.len());
    for file in files {
        let bytes = read_file(&file)?;
        hash.update(&bytes);
        let name: Arc<str> = file.display().to_string().into();
        sources.push(Source { name, text: decode(bytes)?.into() });
    }
    let mut sha256 = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(ConfigText { sources, module_path: module_path(path), sha256 })
}

/// Value of `module_path` for what is at `path`. Does blocking I/O.
pub fn module_path(path: &str) -> String {
    let root = Path::new(path);
    let is_dir = fs::metadata(root).is_ok_and(|about| about.is_dir());
    let directory = if is_dir { root } else { directory_of(root) };
    directory.display().to_string()
}

/// The directory a file is in; `.` for a bare name.
fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Every entry of a directory that ends in `.alloy` and is no directory, in byte order.
fn files_of(directory: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed("open", directory))? {
        let name = entry.map_err(failed("open", directory))?.file_name();
        if name.as_bytes().ends_with(b".alloy") {
            names.push(name);
        }
    }
    names.sort_by(|a, b| OsStr::as_bytes(a).cmp(OsStr::as_bytes(b)));
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let file = directory.join(name);
        if !fs::metadata(&file).map_err(failed("stat", &file))?.is_dir() {
            files.push(file);
        }
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let len_bytes = fs::metadata(path).map_err(failed("stat", path))?.len();
    if len_bytes > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { path: path.display().to_string(), len_bytes });
    }
    fs::read(path).map_err(failed("open", path))
}

/// The text, if it is UTF-8. The byte order mark stays: columns count it.
fn decode(bytes: Vec<u8>) -> Result<String, ReadError> {
    // The longer marks first: UTF-32 little endian begins like UTF-16.
    const MARKS: &[(&[u8], &str)] = &[
        (&[0xff, 0xfe, 0, 0], "UTF32LittleEndian"),
        (&[0, 0, 0xfe, 0xff], "UTF32BigEndian"),
        (&[0xff, 0xfe], "UTF16LittleEndian"),
        (&[0xfe, 0xff], "UTF16BigEndian"),
    ];
    if let Some((_, encoding)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(ReadError::Encoding(encoding));
    }
    String::from_utf8(bytes).map_err(|_| ReadError::UnknownEncoding)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(text: &ConfigText, root: &Path) -> Vec<String> {
        let root = format!("{}/", root.display());
        text.sources.iter().map(|s| s.name.replace(&root, "")).collect()
    }

    #[test]
    fn directory_gives_its_alloy_files_in_byte_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.alloy", "B.alloy", "a.alloy", "c.river", ".hidden.alloy"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        fs::create_dir(dir.path().join("sub.alloy")).unwrap();
        fs::write(dir.path().join("sub.alloy/x.alloy"), "").unwrap();
        symlink(dir.path().join("c.river"), dir.path().join("z.alloy")).unwrap();
        let text = read_config(dir.path().to_str().unwrap()).unwrap();
        assert_eq!(
            names(&text, dir.path()),
            [".hidden.alloy", "B.alloy", "a.alloy", "b.alloy", "z.alloy"]
        );
        assert_eq!(text.module_path, dir.path().display().to_string());
    }

    #[test]
    fn link_to_a_directory_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("real")).unwrap();
        fs::write(dir.path().join("real/a.alloy"), "").unwrap();
        let link = dir.path().join("link");
        symlink(dir.path().join("real"), &link).unwrap();
        let text = read_config(link.to_str().unwrap()).unwrap();
        assert_eq!(names(&text, &link), ["a.alloy"]);
    }

    #[test]
    fn empty_directory_is_an_empty_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let text = read_config(dir.path().to_str().unwrap()).unwrap();
        assert!(text.sources.is_empty());
        assert_eq!(text.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn file_is_hashed_and_names_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.txt");
        fs::write(&file, "abc").unwrap();
        let text = read_config(file.to_str().unwrap()).unwrap();
        assert_eq!(text.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(text.module_path, dir.path().display().to_string());
        assert_eq!(directory_of(Path::new("config.alloy")), Path::new("."));
    }

    #[test]
    fn only_utf8_is_read() {
        let cases: &[(&[u8], &str)] = &[
            (b"\xff\xfea\0", "configuration is encoded with UTF16LittleEndian but must be utf8"),
            (b"\xfe\xff\0a", "configuration is encoded with UTF16BigEndian but must be utf8"),
            (b"\xff\xfe\0\0", "configuration is encoded with UTF32LittleEndian but must be utf8"),
            (b"\0\0\xfe\xff", "configuration is encoded with UTF32BigEndian but must be utf8"),
            (b"a = \"\xff\"", "unknown encoding for config"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(bytes.to_vec()).unwrap_err().to_string(), *expected);
        }
        assert_eq!(decode(b"\xef\xbb\xbfa".to_vec()).unwrap(), "\u{feff}a");
    }

    #[test]
    fn missing_path_is_named() {
        let error = read_config("nope.alloy").unwrap_err();
        assert_eq!(error.to_string(), "stat nope.alloy: no such file or directory");
    }
}
