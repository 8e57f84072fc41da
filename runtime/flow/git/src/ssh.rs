//! The command that speaks SSH.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::TempDir;

use crate::options::{GitAuth, SshKey};

/// Private keys are small.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// A server that goes silent is given up after a minute.
const ALIVE: &str = "-o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4";

/// A shell command, and the directory with the secrets that it reads.
pub(crate) struct SshCommand {
    pub(crate) command: OsString,
    /// Removes the secrets when it is dropped.
    _secrets: Option<TempDir>,
}

/// The command for `auth`. Secrets go through files that only this user can read: a command line is
/// visible to everybody.
///
/// # Errors
/// If the key can't be read, or the files can't be written.
pub(crate) fn command(program: &str, auth: &GitAuth, data_dir: &Path) -> io::Result<SshCommand> {
    let GitAuth::Ssh(key) = auth else {
        let command = format!("{program} -o BatchMode=yes {ALIVE}").into();
        return Ok(SshCommand { command, _secrets: None });
    };
    std::fs::create_dir_all(data_dir)?;
    // Only for this user by itself.
    let secrets = tempfile::Builder::new().prefix("ssh-").tempdir_in(data_dir)?;
    let mut command = String::new();
    let passphrase = key.passphrase.as_ref().filter(|p| !p.is_empty());
    if let Some(passphrase) = passphrase {
        let file = secrets.path().join("passphrase");
        write(&file, 0o600, &format!("{}\n", passphrase.expose()))?;
        let ask = secrets.path().join("ask");
        write(&ask, 0o700, &format!("#!/bin/sh\nexec cat {}\n", quoted(&file)?))?;
        // Older versions ask that way only where there is a display.
        command = format!("DISPLAY=:0 SSH_ASKPASS_REQUIRE=force SSH_ASKPASS={} ", quoted(&ask)?);
    }
    command.push_str(program);
    command.push(' ');
    command.push_str(match passphrase {
        None => "-o BatchMode=yes",
        // This mode would not ask for the passphrase either: forbid all other questions.
        Some(_) => {
            "-o StrictHostKeyChecking=yes -o NumberOfPasswordPrompts=1 \
             -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no"
        }
    });
    command.push_str(&format!(" {ALIVE}"));
    if let Some(text) = key_text(key)? {
        let file = secrets.path().join("key");
        write(&file, 0o600, &text)?;
        command.push_str(&format!(" -o IdentitiesOnly=yes -i {}", quoted(&file)?));
    }
    Ok(SshCommand { command: command.into(), _secrets: Some(secrets) })
}

/// The key as the program wants it: with plain line ends, the last one too. A file is copied since
/// the program refuses one that others can read, such as a mounted secret.
fn key_text(key: &SshKey) -> io::Result<Option<String>> {
    let text = match (&key.key, &key.key_file) {
        (Some(key), _) if !key.is_empty() => key.expose().to_owned(),
        (_, Some(file)) if !file.as_os_str().is_empty() => {
            let said = |error: io::Error| {
                io::Error::new(
                    error.kind(),
                    format!("cannot read the key file {}: {error}", file.display()),
                )
            };
            let mut text = String::new();
            std::fs::File::open(file)
                .and_then(|file| file.take(MAX_KEY_BYTES).read_to_string(&mut text))
                .map_err(said)?;
            text
        }
        _ => return Ok(None),
    };
    Ok(Some(format!("{}\n", text.replace("\r\n", "\n").trim_end())))
}

fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(text.as_bytes())
}

/// `path` as one word of a shell.
fn quoted(path: &Path) -> io::Result<String> {
    let text = path.to_str().ok_or_else(|| io::Error::other("the data directory is not UTF-8"))?;
    Ok(format!("'{}'", text.replace('\'', "'\\''")))
}
