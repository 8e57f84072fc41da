//! The process under test, and what asks it.

use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a command may take to end by itself, or to do what is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Status and body.
pub(crate) fn get(method: &str, url: &str) -> Result<(u16, String), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let response = match method {
        "POST" => agent.post(url).send_empty(),
        "PUT" => agent.put(url).send_empty(),
        "DELETE" => agent.delete(url).call(),
        _ => agent.get(url).call(),
    };
    let mut response = response.map_err(|e| e.to_string())?;
    let body = response.body_mut().read_to_string().map_err(|e| e.to_string())?;
    Ok((response.status().as_u16(), body))
}

/// Polls until `done`, as long as the process lives.
pub(crate) fn wait(
    what: &str,
    child: &mut Guard,
    mut done: impl FnMut() -> bool,
) -> Result<(), String> {
    let deadline = Instant::now() + LIMIT;
    while !done() {
        if let Ok(Some(status)) = child.0.try_wait() {
            return Err(format!("ended with {status} before {what:?}"));
        }
        if Instant::now() > deadline {
            return Err(format!("waited {LIMIT:?} for {what:?}"));
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok(())
}

/// A child that doesn't outlive its case.
pub(crate) struct Guard(pub(crate) Child);

impl Guard {
    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) -> Result<(), String> {
        let signal = match name {
            "TERM" => Signal::TERM,
            "INT" => Signal::INT,
            "HUP" => Signal::HUP,
            other => return Err(format!("unknown signal {other}")),
        };
        kill_process(Pid::from_child(&self.0), signal).map_err(|e| e.to_string())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}
