//! The program under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::Signal;

use super::{Process, SOON, directory, free_port, http, wait_for};

/// Path of the binary where an unprivileged user can start it: the build directory may lie in a
/// home directory that is closed to others.
fn binary() -> &'static Path {
    static SHARED: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SHARED.get_or_init(|| {
        let dir = directory();
        let path = dir.path().join("alloy");
        let built = env!("CARGO_BIN_EXE_alloy");
        if std::fs::hard_link(built, &path).is_err() {
            std::fs::copy(built, &path).expect("copy the binary under test");
        }
        (dir, path)
    });
    path
}

/// A running `alloy run` with its own directory, configuration file, storage path and port.
pub(crate) struct Alloy {
    /// Directory with `config.alloy`; also the working directory.
    pub(crate) dir: tempfile::TempDir,
    /// HTTP port.
    pub(crate) port: u16,
    args: Vec<String>,
    env: Vec<(String, String)>,
    process: Option<Process>,
    starts: u32,
}

impl Alloy {
    /// Writes `config` and starts; waits until `/-/ready` answers.
    pub(crate) fn start(config: &str) -> Self {
        Self::start_with(config, &[], &[])
    }

    /// The same with further arguments and environment variables.
    pub(crate) fn start_with(config: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut alloy = Self {
            dir: directory(),
            port: free_port(),
            args: args.iter().map(|&a| a.to_owned()).collect(),
            env: env.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect(),
            process: None,
            starts: 0,
        };
        alloy.write("config.alloy", config);
        alloy.launch();
        alloy.wait_ready();
        alloy
    }

    /// Starts the process (again) without waiting for it.
    pub(crate) fn launch(&mut self) {
        let mut command = Command::new(binary());
        command
            .arg("run")
            .arg("config.alloy")
            .arg("--storage.path=data")
            .arg(format!("--server.http.listen-addr=127.0.0.1:{}", self.port))
            .args(&self.args)
            .envs(self.env.iter().map(|(n, v)| (n, v)))
            .current_dir(self.dir.path());
        self.starts += 1;
        let log = self.dir.path().join(format!("alloy-{}.log", self.starts));
        self.process = Some(Process::spawn(command, &log));
    }

    /// Waits until `/-/ready` answers 200.
    pub(crate) fn wait_ready(&mut self) {
        let url = self.url("/-/ready");
        let process = self.process.as_mut().expect("started");
        wait_for("alloy to be ready", SOON, || {
            assert!(process.is_running(), "alloy ended early:\n{}", process.output());
            http::ok(&url)
        });
    }

    /// Replaces a file of the directory by rename, as editors and config managers do.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let temporary = self.dir.path().join(format!(".{name}.tmp"));
        std::fs::write(&temporary, text).expect("write a test file");
        std::fs::rename(&temporary, self.dir.path().join(name)).expect("rename a test file");
    }

    /// URL of `path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Everything logged since the last start.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    /// The running process.
    pub(crate) fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("started")
    }

    /// `POST /-/reload`: status and body.
    pub(crate) fn reload(&self) -> (u16, String) {
        http::post(&self.url("/-/reload")).expect("the server answers a reload")
    }

    /// SIGKILL, as a crash or the OOM killer would.
    pub(crate) fn kill(&mut self) {
        self.process().signal(Signal::KILL);
        self.process().wait(SOON);
        self.process = None;
    }

    /// Own metric series as `(name{labels}, value)` lines that start with `name`.
    pub(crate) fn metrics(&self, name: &str) -> Vec<(String, f64)> {
        let body = http::ok(&self.url("/metrics")).expect("own metrics");
        body.lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
            .filter_map(|line| {
                let (series, value) = line.rsplit_once(' ')?;
                Some((series.to_owned(), value.parse().ok()?))
            })
            .collect()
    }

    /// Detail of a component from the web API.
    pub(crate) fn component(&self, id: &str) -> serde_json::Value {
        let url = self.url(&format!("/api/v0/web/components/{id}"));
        serde_json::from_str(&http::ok(&url).expect("component detail")).expect("JSON detail")
    }

    /// Health state of a component, such as `healthy`.
    pub(crate) fn health(&self, id: &str) -> String {
        self.component(id)["health"]["state"].as_str().unwrap_or_default().to_owned()
    }
}
