//! Processes, ports and peers for the black-box tests.
//!
//! Every peer is a real program on a free loopback port in its own temporary directory, ended when
//! its handle is dropped. Waiting is always for a condition, with a deadline that names it.

pub(crate) mod alloy;
pub(crate) mod collector;
pub(crate) mod http;
pub(crate) mod peers;
pub(crate) mod remote_write;
pub(crate) mod sink;
pub(crate) mod target;
pub(crate) mod terminal;

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough for whatever happens soon, on a machine that is busy with other tests too.
pub(crate) const SOON: Duration = Duration::from_secs(120);

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a loopback port");
    listener.local_addr().expect("address of a bound listener").port()
}

/// Polls `condition` until it gives a value.
///
/// # Panics
/// After `limit`, with `what` and what `condition` said last.
pub(crate) fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match condition() {
            Ok(value) => return value,
            Err(last) if Instant::now() >= deadline => {
                panic!("waited {limit:?} for {what}; last seen: {last}")
            }
            Err(_) => std::thread::park_timeout(Duration::from_millis(50)),
        }
    }
}

/// A child process whose output goes to a file; killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: std::path::PathBuf,
}

impl Process {
    /// Starts `command`, as user `nobody` if the tests run as root.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Self {
        let file = std::fs::File::create(log).expect("create the log file of a peer");
        let program = command.get_program().to_owned();
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("duplicate a log handle"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self { child, log: log.to_owned() }
    }

    /// What it has printed so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("signal a child that we still own");
    }

    /// Exit code, waiting at most `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<i32> {
        let child = &mut self.child;
        wait_for("the process to end", limit, || match child.try_wait() {
            Ok(Some(status)) => Ok(status.code()),
            Ok(None) => Err("still running".to_owned()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// True while it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is fine here.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

const NOBODY: u32 = 65534;

/// A temporary directory that unprivileged children can use.
pub(crate) fn directory() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::Builder::new()
        .prefix("alloy-test-")
        .permissions(std::fs::Permissions::from_mode(0o777))
        .tempdir()
        .expect("create a temporary directory");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777))
        .expect("open a temporary directory to the children");
    dir
}
