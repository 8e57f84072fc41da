//! The `filesystem` collector.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use alloy_flow_regex::Regex;
use parking_lot::Mutex;
use tracing::debug;

use crate::config::{BuildError, Config, compile};
use crate::exporter::{Collect, CollectError};
use crate::families::Families;
use crate::{Host, Usage};

/// `device_error` of a mount that does not answer.
const TIMED_OUT: &str = "mountpoint timeout";

pub(crate) struct Filesystem {
    proc: PathBuf,
    root: PathBuf,
    mount_points_exclude: Regex,
    fs_types_exclude: Regex,
    timeout: Duration,
    host: Arc<dyn Host>,
    /// Asks about one mount after the other; replaced when a mount hangs.
    worker: Mutex<Option<Worker>>,
    /// Mounts whose worker waits for an answer that came too late for us.
    hung: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Filesystem {
    pub(crate) fn new(config: &Config, host: Arc<dyn Host>) -> Result<Self, BuildError> {
        Ok(Self {
            proc: config.paths.procfs.clone(),
            root: config.paths.rootfs.clone(),
            mount_points_exclude: compile(
                "filesystem.mount_points_exclude",
                &config.filesystem.mount_points_exclude,
            )?,
            fs_types_exclude: compile(
                "filesystem.fs_types_exclude",
                &config.filesystem.fs_types_exclude,
            )?,
            timeout: config.filesystem.mount_timeout,
            host,
            worker: Mutex::default(),
            hung: Arc::default(),
        })
    }

    /// The mounts of the first process, which sees the host's even if we live in a container; our
    /// own where it may not be read.
    fn mounts(&self) -> Result<Vec<Mount>, CollectError> {
        let first = self.proc.join("1/mountinfo");
        let text = std::fs::read(&first).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                std::fs::read(self.proc.join("self/mountinfo"))
            }
            _ => Err(error),
        });
        let text = text.map_err(|error| {
            CollectError(format!("cannot read the mounts in {}: {error}", first.display()))
        })?;
        parse(&String::from_utf8_lossy(&text))
    }

    /// The mount point as seen from the configured root.
    fn strip_root(&self, mount_point: &str) -> String {
        if self.root == Path::new("/") {
            return mount_point.to_owned();
        }
        let root = self.root.to_string_lossy();
        match mount_point.strip_prefix(&*root) {
            Some("") => "/".to_owned(),
            Some(inner) => inner.to_owned(),
            None => mount_point.to_owned(),
        }
    }

    fn usage(&self, mount_point: &str) -> Result<Usage, String> {
        let path = if self.root == Path::new("/") {
            PathBuf::from(mount_point)
        } else {
            self.root.join(mount_point.trim_start_matches('/'))
        };
        if self.hung.lock().contains(&path) {
            return Err(TIMED_OUT.to_owned());
        }
        let mut slot = self.worker.lock();
        let worker = match slot.take() {
            Some(worker) => worker,
            None => Worker::spawn(Arc::clone(&self.host), Arc::clone(&self.hung))?,
        };
        let answer = worker.ask(path, self.timeout, &self.hung);
        if let Some(answer) = answer {
            *slot = Some(worker);
            answer.map_err(|error| describe(&error))
        } else {
            Err(TIMED_OUT.to_owned())
        }
    }
}

impl Collect for Filesystem {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let mut seen = BTreeSet::new();
        for mount in self.mounts()? {
            let mount_point = self.strip_root(&mount.mount_point);
            if self.mount_points_exclude.is_match(&mount_point)
                || self.fs_types_exclude.is_match(&mount.fs_type)
            {
                debug!(mount_point, "mount is left out");
                continue;
            }
            let usage = self.usage(&mount_point);
            let device_error = usage.as_ref().err().map_or("", String::as_str);
            let identity = (mount.source.clone(), mount_point.clone(), mount.fs_type.clone());
            if !seen.insert(identity) {
                continue;
            }
            let labels = [
                ("device", &mount.source[..]),
                ("mountpoint", &mount_point),
                ("fstype", &mount.fs_type),
                ("device_error", device_error),
            ];
            let mut gauge = |name: &str, help: &str, value| out.gauge(name, help, &labels, value);
            gauge(
                "node_filesystem_device_error",
                "Whether an error occurred while getting statistics for the given device.",
                f64::from(u8::from(usage.is_err())),
            );
            gauge(
                "node_filesystem_readonly",
                "Filesystem read-only status.",
                f64::from(u8::from(mount.read_only)),
            );
            let Ok(usage) = usage else { continue };
            gauge("node_filesystem_size_bytes", "Filesystem size in bytes.", usage.size_bytes);
            gauge(
                "node_filesystem_free_bytes",
                "Filesystem free space in bytes.",
                usage.free_bytes,
            );
            gauge(
                "node_filesystem_avail_bytes",
                "Filesystem space available to non-root users in bytes.",
                usage.available_bytes,
            );
            gauge("node_filesystem_files", "Filesystem total file nodes.", usage.files);
            gauge(
                "node_filesystem_files_free",
                "Filesystem total free file nodes.",
                usage.free_files,
            );
            out.gauge(
                "node_filesystem_mount_info",
                "Filesystem mount information.",
                &[
                    ("device", &mount.source),
                    ("major", &mount.major),
                    ("minor", &mount.minor),
                    ("mountpoint", &mount_point),
                ],
                1.0,
            );
        }
        Ok(())
    }
}

/// Text of a system error without the number, as other exporters show it.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A thread that asks the operating system, which may not answer for a long time.
struct Worker {
    asks: SyncSender<PathBuf>,
    answers: Receiver<io::Result<Usage>>,
}

impl Worker {
    /// The thread ends when the worker is dropped and its last question is answered. Nobody waits
    /// for that: a hung file system may keep it for ever.
    fn spawn(host: Arc<dyn Host>, hung: Arc<Mutex<BTreeSet<PathBuf>>>) -> Result<Self, String> {
        let (asks, questions) = sync_channel::<PathBuf>(1);
        let (reply, answers) = sync_channel(1);
        std::thread::Builder::new()
            .name("mount-usage".to_owned())
            .spawn(move || {
                for path in questions {
                    let sent = reply.send(host.usage(&path)).is_ok();
                    // Whoever stopped waiting holds the set until the mount is in it.
                    hung.lock().remove(&path);
                    if !sent {
                        break;
                    }
                }
            })
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { asks, answers })
    }

    /// The answer, or `None` after `timeout`: then `path` is in `hung` until the answer comes, and
    /// this worker is of no more use.
    fn ask(
        &self,
        path: PathBuf,
        timeout: Duration,
        hung: &Mutex<BTreeSet<PathBuf>>,
    ) -> Option<io::Result<Usage>> {
        if self.asks.send(path.clone()).is_err() {
            return None;
        }
        match self.answers.recv_timeout(timeout) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let mut hung = hung.lock();
                // The answer may have come between the timeout and the lock.
                if let Ok(answer) = self.answers.try_recv() {
                    return Some(answer);
                }
                hung.insert(path);
                None
            }
        }
    }
}

struct Mount {
    major: String,
    minor: String,
    mount_point: String,
    fs_type: String,
    source: String,
    read_only: bool,
}

/// Lines of mountinfo: id, parent, device, root, mount point, options, tags, `-`, type, source,
/// options of the file system.
fn parse(text: &str) -> Result<Vec<Mount>, CollectError> {
    let mut mounts = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let mount = parse_line(line)
            .ok_or_else(|| CollectError(format!("malformed mount point line {line:?}")))?;
        mounts.push(mount);
    }
    Ok(mounts)
}

fn parse_line(line: &str) -> Option<Mount> {
    let mut fields = line.split(' ');
    let (major, minor) = fields.nth(2)?.split_once(':')?;
    let mount_point = fields.nth(1)?;
    let options = fields.next()?;
    fields.find(|field| *field == "-")?;
    let (fs_type, source) = (fields.next()?, fields.next()?);
    let super_options = fields.next().unwrap_or_default();
    Some(Mount {
        major: major.to_owned(),
        minor: minor.to_owned(),
        mount_point: unescape(mount_point),
        fs_type: fs_type.to_owned(),
        source: unescape(source),
        read_only: options.split(',').chain(super_options.split(',')).any(|o| o == "ro"),
    })
}

/// Undoes the kernel's `\040` for characters that would break the line into other fields.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let octal =
            tail.get(..3).filter(|d| byte == b'\\' && d.iter().all(|d| matches!(d, b'0'..=b'7')));
        let code = octal.map(|d| d.iter().fold(0u32, |code, d| code * 8 + u32::from(d - b'0')));
        match code.and_then(|code| u8::try_from(code).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = &tail[3..];
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn fuzz(data: &[u8]) {
    drop(parse(&String::from_utf8_lossy(data)));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::Collector;
    use crate::testing::Fixture;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:22 / /dir\\040with\\040space ro,nosuid shared:2 - xfs /dev/sdb1 rw
25 22 0:23 / /gone rw - ext4 /dev/sdc1 rw
25 22 0:23 / /gone rw,noatime - ext4 /dev/sdc1 rw
27 22 0:25 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw
";

    #[test]
    fn mounts_are_filtered_unescaped_and_listed_once() {
        let mut t = Fixture::new(Collector::Filesystem);
        t.write("proc/1/mountinfo", MOUNTS);
        t.host.usage.lock().insert(t.path("root"), 100.0);
        t.host.usage.lock().insert(t.path("root/dir with space"), 200.0);
        expect![[r#"
            node_filesystem_avail_bytes{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 100
            node_filesystem_avail_bytes{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 200
            node_filesystem_device_error{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 0
            node_filesystem_device_error{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 0
            node_filesystem_device_error{device="/dev/sdc1",device_error="no such file or directory",fstype="ext4",mountpoint="/gone"} 1
            node_filesystem_files{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 100
            node_filesystem_files{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 200
            node_filesystem_files_free{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 100
            node_filesystem_files_free{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 200
            node_filesystem_free_bytes{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 100
            node_filesystem_free_bytes{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 200
            node_filesystem_mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/"} 1
            node_filesystem_mount_info{device="/dev/sdb1",major="0",minor="22",mountpoint="/dir with space"} 1
            node_filesystem_readonly{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 0
            node_filesystem_readonly{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 1
            node_filesystem_readonly{device="/dev/sdc1",device_error="no such file or directory",fstype="ext4",mountpoint="/gone"} 0
            node_filesystem_size_bytes{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} 100
            node_filesystem_size_bytes{device="/dev/sdb1",device_error="",fstype="xfs",mountpoint="/dir with space"} 200
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "node_filesystem", ""));
    }

    #[test]
    fn the_root_is_stripped_from_mount_points() {
        let mut t = Fixture::new(Collector::Filesystem);
        let root = t.path("root");
        t.write(
            "proc/self/mountinfo",
            &format!("1 1 8:1 / {} rw - ext4 /dev/a rw\n", root.display()),
        );
        t.host.usage.lock().insert(t.path("root"), 1.0);
        expect![[r#"
            node_filesystem_size_bytes{device="/dev/a",device_error="",fstype="ext4",mountpoint="/"} 1
        "#]]
        .assert_eq(&Fixture::show(&t.build(), "size_bytes", ""));
    }

    #[test]
    fn a_hung_mount_is_marked_until_it_answers() {
        let mut t = Fixture::new(Collector::Filesystem);
        t.write(
            "proc/1/mountinfo",
            "1 1 8:1 / /nfs rw - nfs srv rw\n2 1 8:1 / /ok rw - ext4 a rw\n",
        );
        t.config.filesystem.mount_timeout = Duration::from_secs(1);
        t.host.usage.lock().insert(t.path("root/nfs"), 1.0);
        t.host.usage.lock().insert(t.path("root/ok"), 2.0);
        let stuck = t.host.hang(&t.path("root/nfs"));
        let metrics = t.build();
        let hung = expect![[r#"
            node_filesystem_device_error{device="a",device_error="",fstype="ext4",mountpoint="/ok"} 0
            node_filesystem_device_error{device="srv",device_error="mountpoint timeout",fstype="nfs",mountpoint="/nfs"} 1
        "#]];
        hung.assert_eq(&Fixture::show(&metrics, "device_error{", ""));
        // Known to hang: no second thread is lost to it.
        hung.assert_eq(&Fixture::show(&metrics, "device_error{", ""));
        assert_eq!(t.host.asked(&t.path("root/nfs")), 1);
        drop(stuck);
        t.host.wait_until_answered();
        while !Fixture::show(&metrics, "device_error{", "mountpoint timeout").is_empty() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn octal_escapes() {
        assert_eq!(unescape(r"/a\040b\134c\011"), "/a b\\c\t");
        assert_eq!(unescape(r"/a\04"), r"/a\04");
        assert_eq!(unescape(r"/a\777"), r"/a\777");
    }
}
