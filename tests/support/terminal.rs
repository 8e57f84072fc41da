//! A program on a terminal, as a person uses it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long an answer may take.
const LIMIT: Duration = super::SOON;

/// A running program, killed when dropped, and the terminal that it believes to have.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was shown and not looked at yet.
    shown: Vec<u8>,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("open a terminal");
        grantpt(&controller).expect("own the terminal");
        unlockpt(&controller).expect("unlock the terminal");
        let name = ptsname(&controller, Vec::new()).expect("name of the terminal");
        let device = File::options()
            .read(true)
            .write(true)
            .open(OsStr::from_bytes(name.as_bytes()))
            .expect("open the other end of the terminal");
        let end = || device.try_clone().expect("share the terminal");
        let child = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .env("TERM", "xterm")
            .spawn()
            .expect("start the program on the terminal");
        let keyboard = File::from(controller);
        let mut screen = keyboard.try_clone().expect("share the terminal");
        // A program that says more than is looked at waits.
        let (sender, receiver) = sync_channel(1024);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Fails once the program has ended and nobody has the other end any more.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, screen: receiver, shown: Vec::new() }
    }

    /// Types keys.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type on the terminal");
    }

    /// Waits until `text` is shown, behind what was waited for before.
    ///
    /// # Panics
    /// If it takes too long.
    pub(crate) fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let window = self.shown.windows(text.len());
            if let Some(at) = window.into_iter().position(|found| found == text.as_bytes()) {
                self.shown.drain(..at + text.len());
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(error) => {
                    let shown = String::from_utf8_lossy(&self.shown).into_owned();
                    let reason = match error {
                        RecvTimeoutError::Timeout => "not in time",
                        RecvTimeoutError::Disconnected => "the program has ended",
                    };
                    panic!("{text:?} is not shown, {reason}; shown is {shown:?}");
                }
            }
        }
    }

    /// Waits for the end of the program.
    pub(crate) fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        // The last word of the program; its end closes the terminal.
        while self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {
        }
        assert!(Instant::now() < deadline, "the program does not end");
        self.child.wait().expect("the end of the program")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
