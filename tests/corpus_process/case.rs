//! One case: its files, its process, what is compared.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::help;
use crate::process::{Guard, LIMIT, get, wait};

pub(crate) struct Case<'a> {
    pub(crate) name: &'a str,
    value: &'a Value,
}

/// What a process left behind.
struct Ended {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl<'a> Case<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { name: alloy_corpus::text(value, "name"), value }
    }

    /// First part of the name.
    pub(crate) fn group(&self) -> &'a str {
        self.name.split('/').next().unwrap_or_default()
    }

    pub(crate) fn args(&self) -> Vec<String> {
        strings(&self.value["args"])
    }

    /// Texts of its files, also of those that its steps write.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let files = self.value["files"].as_object().into_iter().flatten();
        let steps = self.value["steps"].as_array().into_iter().flatten();
        let written = steps.filter_map(|step| step["write"].as_object()).flatten();
        files.chain(written).filter_map(|(_, text)| text.as_str())
    }

    /// Runs it and compares.
    pub(crate) fn check(&self) -> Result<(), String> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        self.write_files(dir.path())?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port().to_string();
        let occupied = self.value["occupy_port"] == Value::Bool(true);
        let listener = occupied.then_some(listener);
        let args: Vec<String> = self.args().iter().map(|a| a.replace("@PORT@", &port)).collect();
        let child = self.spawn(dir.path(), &args)?;
        let ended = self.drive(child, dir.path(), &port);
        drop(listener);
        self.compare(&ended?, dir.path(), &port)
    }

    fn write_files(&self, dir: &Path) -> Result<(), String> {
        for (name, content) in self.value["files"].as_object().into_iter().flatten() {
            let path = dir.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|e| e.to_string())?;
            }
            let done = if let Some(text) = content.as_str() {
                std::fs::write(&path, text)
            } else if let Some(hex) = content["hex"].as_str() {
                std::fs::write(&path, bytes_of_hex(hex))
            } else if let Some(target) = content["symlink"].as_str() {
                symlink(target, &path)
            } else {
                std::fs::create_dir_all(&path)
            };
            done.map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(())
    }

    fn spawn(&self, dir: &Path, args: &[String]) -> Result<Child, String> {
        let file = |name: &str| std::fs::File::create(dir.join(name)).map_err(|e| e.to_string());
        std::fs::write(dir.join(".stdin"), alloy_corpus::text(self.value, "stdin"))
            .map_err(|e| e.to_string())?;
        let stdin = std::fs::File::open(dir.join(".stdin")).map_err(|e| e.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_alloy"));
        command.args(args).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin");
        for (name, value) in self.value["env"].as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap_or_default());
        }
        command
            .stdin(stdin)
            .stdout(file(".stdout")?)
            .stderr(file(".stderr")?)
            .spawn()
            .map_err(|e| e.to_string())
    }

    /// Does the steps, ends the process where the case says so, collects what it left.
    fn drive(&self, child: Child, dir: &Path, port: &str) -> Result<Ended, String> {
        let mut child = Guard(child);
        if let Some(signal) = self.value["signal"].as_str() {
            let base = format!("http://127.0.0.1:{port}");
            wait("ready", &mut child, || {
                get("GET", &format!("{base}/-/ready")).is_ok_and(|a| a.0 == 200)
            })?;
            for step in self.value["steps"].as_array().into_iter().flatten() {
                self.step(step, &mut child, dir, &base)?;
            }
            self.check_tree(dir)?;
            child.signal(signal)?;
        }
        let mut status = None;
        let deadline = Instant::now() + LIMIT;
        while status.is_none() {
            status = child.0.try_wait().map_err(|e| e.to_string())?;
            if status.is_none() && Instant::now() > deadline {
                return Err(format!("still running after {LIMIT:?}"));
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let read = |name: &str| {
            std::fs::read(dir.join(name))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .map_err(|e| e.to_string())
        };
        let exit = status.and_then(|status| status.code());
        Ok(Ended { exit, stdout: read(".stdout")?, stderr: read(".stderr")? })
    }

    fn step(&self, step: &Value, child: &mut Guard, dir: &Path, base: &str) -> Result<(), String> {
        for (name, text) in step["write"].as_object().into_iter().flatten() {
            std::fs::write(dir.join(name), text.as_str().unwrap_or_default())
                .map_err(|e| e.to_string())?;
        }
        if let Some(name) = step["remove"].as_str() {
            std::fs::remove_file(dir.join(name)).map_err(|e| e.to_string())?;
        }
        if let Some(signal) = step["signal"].as_str() {
            child.signal(signal)?;
        }
        if let Some(text) = step["wait_log"].as_str() {
            wait(text, child, || {
                std::fs::read_to_string(dir.join(".stderr")).is_ok_and(|log| log.contains(text))
            })?;
        }
        if let Some(seconds) = step["sleep"].as_f64() {
            // The recording gave the process this time; nothing that could be waited for happens.
            std::thread::park_timeout(Duration::from_secs_f64(seconds));
        }
        if let Some(method) = step["http"].as_str() {
            let path = alloy_corpus::text(step, "path");
            let (status, body) = get(method, &format!("{base}{path}"))?;
            let want = &step["expect"];
            let what = format!("{method} {path}");
            alloy_corpus::equal(
                &format!("status of {what}"),
                Some(u64::from(status)),
                want["status"].as_u64(),
            )?;
            alloy_corpus::equal(
                &format!("body of {what}"),
                Some(body.as_str()),
                want["body"].as_str(),
            )?;
        }
        Ok(())
    }

    fn check_tree(&self, dir: &Path) -> Result<(), String> {
        let Some(want) = self.value["expect"].get("tree") else { return Ok(()) };
        let mut got = Vec::new();
        tree(&dir.join("data"), "data", &mut got).map_err(|e| e.to_string())?;
        got.sort();
        alloy_corpus::equal("files under the storage path", got, strings(want))
    }

    fn compare(&self, ended: &Ended, dir: &Path, port: &str) -> Result<(), String> {
        let want = &self.value["expect"];
        let stderr_text = masked_port(&ended.stderr, port);
        let (logs, rest): (Vec<&str>, Vec<&str>) =
            stderr_text.split_inclusive('\n').partition(|line| is_log(line));
        let stderr = rest.concat();
        let context = |error: String| format!("{error}\n stderr: {:?}", ended.stderr);
        alloy_corpus::equal("exit code", ended.exit.map(i64::from), want["exit"].as_i64())
            .map_err(context)?;
        let stdout = masked_port(&ended.stdout, port);
        if let Some(content) = want.get("stdout_help") {
            help::check(&stdout, content)?;
        } else if let Some(text) = want["stdout"].as_str() {
            alloy_corpus::equal("standard output", stdout.as_str(), text)?;
        }
        if let Some(content) = want.get("stderr_help") {
            help::check(&stderr, content)?;
            let before = want["stderr"].as_str().unwrap_or_default();
            if !stderr.starts_with(before) {
                return Err(format!("standard error starts with {stderr:?}, not {before:?}"));
            }
        } else if let Some(any) = want.get("stderr_any") {
            let any = strings(any);
            if !any.contains(&stderr) {
                return Err(format!("standard error is {stderr:?}, not one of {any:?}"));
            }
        } else if let Some(text) = want["stderr"].as_str() {
            alloy_corpus::equal("standard error", stderr.as_str(), text)?;
        }
        compare_logs(&logs, want)?;
        for (name, content) in want["files"].as_object().into_iter().flatten() {
            let got = std::fs::read_to_string(dir.join(name)).ok();
            alloy_corpus::equal(name, got.as_deref(), content.as_str())?;
        }
        Ok(())
    }
}

/// Distinct lines of level `warn` and `error`, and whether there are any of level `info`.
fn compare_logs(logs: &[&str], want: &Value) -> Result<(), String> {
    if let Some(keys) = want["json_log_keys"].as_object() {
        return compare_json_logs(logs, keys);
    }
    let mut seen = BTreeSet::new();
    let mut got = Vec::new();
    for line in logs {
        let line = mask_log(line.trim_end());
        let bad = line.contains(" level=warn ") || line.contains(" level=error ");
        if bad && seen.insert(line.clone()) {
            got.push(line);
        }
    }
    alloy_corpus::equal("log lines", got, strings(&want["logs"]))?;
    let has_info = logs.iter().any(|line| line.contains(" level=info "));
    if want["started"] != Value::Bool(true) || want.get("info_logs").is_some() {
        let wanted = want["info_logs"] == Value::Bool(true);
        alloy_corpus::equal("presence of info lines", has_info, wanted)?;
    }
    Ok(())
}

/// Each line of ours that the reference logs too has its keys in its order.
fn compare_json_logs(logs: &[&str], keys: &serde_json::Map<String, Value>) -> Result<(), String> {
    let mut known = 0;
    for line in logs {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("{line:?}: {e}"))?;
        for key in ["ts", "level", "msg"] {
            if value.get(key).is_none() {
                return Err(format!("{line:?} has no {key}"));
            }
        }
        let Some(want) = value["msg"].as_str().and_then(|message| keys.get(message)) else {
            continue;
        };
        // The parsed object has lost the order: positions in the text have it.
        let want: Vec<String> = strings(want).into_iter().filter(|key| key != "trace_id").collect();
        let positions: Vec<Option<usize>> =
            want.iter().map(|key| line.find(&format!("\"{key}\":"))).collect();
        if !positions.is_sorted() || positions.contains(&None) {
            return Err(format!("{line:?} should have the keys {want:?}"));
        }
        known += 1;
    }
    if known < 5 {
        return Err(format!("only {known} lines of the reference are logged"));
    }
    Ok(())
}

fn is_log(line: &str) -> bool {
    line.starts_with("ts=") || line.starts_with("{\"ts\":")
}

/// Times and durations are replaced as in the recording.
fn mask_log(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match word.split_once('=') {
            Some(("ts", _)) => words.push("ts=<TS>".to_owned()),
            Some(("duration", _)) => words.push("duration=<DURATION>".to_owned()),
            Some(("trace_id", _)) => {}
            _ => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

fn masked_port(text: &str, port: &str) -> String {
    text.replace(&format!(":{port}"), ":@PORT@")
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.bytes().filter_map(|b| char::from(b).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect()
}

/// `path mode` of everything below `dir`; folders end in `/`, and only empty ones are listed.
fn tree(dir: &Path, shown: &str, out: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let about = entry.metadata()?;
        let name = format!("{shown}/{}", entry.file_name().to_string_lossy());
        let mode = about.permissions().mode() & 0o777;
        if about.is_dir() {
            out.push(format!("{name}/ {mode:o}"));
            tree(&entry.path(), &name, out)?;
        } else {
            out.push(format!("{name} {mode:o}"));
        }
    }
    Ok(())
}
