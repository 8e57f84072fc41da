//! One measured daemon.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Lets time pass; a benchmark measures over a window, it does not wait for a condition.
pub(crate) fn pass(window: Duration) {
    let end = Instant::now() + window;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}

/// Median; sorts in place.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A running binary under test, killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    dir: tempfile::TempDir,
    port: u16,
    /// Keeps its connection: one a request would run out of ports.
    agent: ureq::Agent,
    /// From spawn until `/-/ready` answered 200.
    pub(crate) start_to_ready: Duration,
}

impl Daemon {
    /// Starts `binary` with `config` and waits until it is ready.
    pub(crate) fn start(binary: &Path, config: &str) -> Self {
        Self::start_with(binary, config, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(binary: &Path, config: &str, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("create a temporary directory");
        std::fs::write(dir.path().join("config.alloy"), config).expect("write the configuration");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|l| l.local_addr())
            .expect("find a free port")
            .port();
        let start = Instant::now();
        let child = Command::new(binary)
            .args(["run", "config.alloy", "--storage.path=data", "--disable-reporting"])
            .arg(format!("--server.http.listen-addr=127.0.0.1:{port}"))
            .args(args)
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log")).expect("create a log file"))
            .spawn()
            .expect("start the binary under test");
        let agent = ureq::Agent::new_with_defaults();
        let mut daemon = Self { child, dir, port, agent, start_to_ready: Duration::ZERO };
        let url = format!("http://127.0.0.1:{port}/-/ready");
        while daemon.agent.get(&url).call().is_err() {
            assert!(
                matches!(daemon.child.try_wait(), Ok(None)) && start.elapsed().as_secs() < 120,
                "the binary under test did not become ready:\n{}",
                std::fs::read_to_string(daemon.dir.path().join("log")).unwrap_or_default()
            );
            pass(Duration::from_millis(1));
        }
        daemon.start_to_ready = start.elapsed();
        daemon
    }

    /// Replaces the configuration file.
    pub(crate) fn write(&self, config: &str) {
        self.write_file("config.alloy", config);
    }

    /// Replaces a file of the working directory.
    pub(crate) fn write_file(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).expect("write a file");
    }

    /// Body of the answer to a `GET`.
    pub(crate) fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let mut answer = self.agent.get(url).call().expect("an answer");
        answer.body_mut().read_to_string().expect("a body")
    }

    /// Time of one `POST /-/reload`.
    pub(crate) fn reload(&self) -> Duration {
        let start = Instant::now();
        let mut answer = self
            .agent
            .post(format!("http://127.0.0.1:{}/-/reload", self.port))
            .send_empty()
            .expect("a reload that is accepted");
        // The connection is used again once the body has been read.
        answer.body_mut().read_to_string().expect("a body");
        start.elapsed()
    }

    /// User and system time so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .expect("the process runs");
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().filter_map(|f| f.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second())
    }

    /// Resident memory.
    pub(crate) fn rss_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("the process runs");
        status
            .lines()
            .find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
            .unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
