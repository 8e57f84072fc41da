//! How far a reader's data is acknowledged, in a small file of its own.

use std::io;
use std::path::{Path, PathBuf};

use crate::Position;

/// What a cursor file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Everything before is acknowledged or given up.
    pub position: Position,
}

/// The file of one cursor. Written as a whole under another name and renamed.
#[derive(Clone, Debug)]
pub struct CursorFile(PathBuf);

impl CursorFile {
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self(folder.join(file_name(name)))
    }

    /// The cursor, unless there is none or it is damaged.
    pub fn load(&self) -> Option<Cursor> {
        parse(&std::fs::read_to_string(&self.0).ok()?)
    }

    /// Replaces the cursor.
    ///
    /// # Errors
    /// If the file cannot be written; the previous one stays.
    pub fn store(&self, cursor: Cursor) -> io::Result<()> {
        let new = self.0.with_extension("new");
        let done =
            std::fs::write(&new, format(cursor)).and_then(|()| std::fs::rename(&new, &self.0));
        if done.is_err() {
            // Best effort: the next attempt overwrites it.
            let _left_behind = std::fs::remove_file(&new);
        }
        done
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// Names come from the configuration: everything but plain characters is written as a number.
fn file_name(name: &str) -> String {
    let mut safe = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => safe.push(char::from(byte)),
            other => safe.push_str(&format!("%{other:02x}")),
        }
    }
    // Most file systems allow 255 bytes; a name cut here is told apart by its checksum.
    if safe.len() > 200 {
        safe.truncate(200);
        safe.push_str(&format!("~{:08x}", crc32c::crc32c(name.as_bytes())));
    }
    safe + ".cursor"
}

fn format(cursor: Cursor) -> String {
    let text = format!("1 {} {}", cursor.position.segment, cursor.position.offset);
    format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes()))
}

fn parse(text: &str) -> Option<Cursor> {
    let (text, crc) = text.trim_end().rsplit_once(' ')?;
    if u32::from_str_radix(crc, 16) != Ok(crc32c::crc32c(text.as_bytes())) {
        return None;
    }
    let mut parts = text.strip_prefix("1 ")?.split(' ').map(str::parse);
    let (segment, offset) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some(Cursor { position: Position { segment, offset } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_and_damage_is_no_cursor() {
        let folder = tempfile::tempdir().unwrap();
        let file = CursorFile::new(folder.path(), "http://x/y?z");
        assert_eq!(file.load(), None);
        let cursor = Cursor { position: Position { segment: 3, offset: 70_000 } };
        file.store(cursor).unwrap();
        assert_eq!(file.load(), Some(cursor));
        let text = std::fs::read_to_string(file.path()).unwrap();
        for at in 0..text.len() - 1 {
            assert_eq!(parse(&text[..at]), None, "cut at {at}");
        }
        assert_eq!(parse(&text.replace('3', "4")), None);
    }

    #[test]
    fn names_are_safe_and_distinct() {
        assert_eq!(file_name("a/../b"), "a%2f%2e%2e%2fb.cursor");
        let (a, b) = ("x".repeat(300), "x".repeat(301));
        assert_ne!(file_name(&a), file_name(&b));
        assert!(file_name(&a).len() < 255);
    }
}
