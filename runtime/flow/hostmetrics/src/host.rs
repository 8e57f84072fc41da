//! What the host answers without files: usage of a file system, identity, clock.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::DeviceAddress;

/// Answers of the operating system.
pub trait Host: Send + Sync + 'static {
    /// Usage of the file system mounted at `path`. May block for as long as the file system hangs.
    ///
    /// # Errors
    /// As statfs(2).
    fn usage(&self, path: &Path) -> io::Result<Usage>;

    /// Identity of system and kernel.
    fn uname(&self) -> Uname;

    /// Addresses of all network devices.
    ///
    /// # Errors
    /// The kernel can't be asked.
    fn addresses(&self) -> io::Result<Vec<DeviceAddress>>;

    /// Time of day and zone.
    fn clock(&self) -> WallClock;
}

/// Usage of a file system, in bytes and file nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Size.
    pub size_bytes: f64,
    /// Free.
    pub free_bytes: f64,
    /// Free to users other than root.
    pub available_bytes: f64,
    /// File nodes.
    pub files: f64,
    /// Free file nodes.
    pub free_files: f64,
}

/// Identity of system and kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uname {
    /// Operating system.
    pub sysname: String,
    /// Kernel release.
    pub release: String,
    /// Kernel version.
    pub version: String,
    /// Hardware.
    pub machine: String,
    /// Host name.
    pub nodename: String,
    /// NIS domain name.
    pub domainname: String,
}

/// Time of day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WallClock {
    /// Since 1970.
    pub since_epoch: Duration,
    /// Abbreviation of the local time zone.
    pub zone: String,
    /// Its offset from UTC.
    pub zone_offset_seconds: i32,
}

/// The host this process runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxHost;

impl Host for LinuxHost {
    fn usage(&self, path: &Path) -> io::Result<Usage> {
        let s = rustix::fs::statfs(path)?;
        let block = s.f_bsize as f64;
        Ok(Usage {
            size_bytes: s.f_blocks as f64 * block,
            free_bytes: s.f_bfree as f64 * block,
            available_bytes: s.f_bavail as f64 * block,
            files: s.f_files as f64,
            free_files: s.f_ffree as f64,
        })
    }

    fn uname(&self) -> Uname {
        let name = rustix::system::uname();
        let text = |field: &std::ffi::CStr| field.to_string_lossy().into_owned();
        Uname {
            sysname: text(name.sysname()),
            release: text(name.release()),
            version: text(name.version()),
            machine: text(name.machine()),
            nodename: text(name.nodename()),
            domainname: text(name.domainname()),
        }
    }

    fn addresses(&self) -> io::Result<Vec<DeviceAddress>> {
        crate::addresses::read()
    }

    fn clock(&self) -> WallClock {
        let since_epoch =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let zone = jiff::tz::TimeZone::system();
        if zone.is_unknown() {
            return WallClock { since_epoch, zone: "UTC".to_owned(), zone_offset_seconds: 0 };
        }
        let info = zone.to_offset_info(jiff::Timestamp::now());
        WallClock {
            since_epoch,
            zone: info.abbreviation().to_owned(),
            zone_offset_seconds: info.offset().seconds(),
        }
    }
}
