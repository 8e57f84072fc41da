//! The `diskstats` collector.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tracing::debug;

use crate::config::{BuildError, Config, Devices};
use crate::exporter::{Collect, CollectError, read};
use crate::families::Families;

/// Sectors of `/proc/diskstats` have this size on every device.
const SECTOR_BYTES: f64 = 512.0;
const SECONDS_PER_MS: f64 = 0.001;

/// How one column becomes a metric.
struct Column {
    name: &'static str,
    help: &'static str,
    factor: f64,
    counter: bool,
}

const fn counter(name: &'static str, help: &'static str, factor: f64) -> Column {
    Column { name, help, factor, counter: true }
}

/// The columns after the device name, in their order.
const COLUMNS: [Column; 17] = [
    counter(
        "node_disk_reads_completed_total",
        "The total number of reads completed successfully.",
        1.0,
    ),
    counter("node_disk_reads_merged_total", "The total number of reads merged.", 1.0),
    counter(
        "node_disk_read_bytes_total",
        "The total number of bytes read successfully.",
        SECTOR_BYTES,
    ),
    counter(
        "node_disk_read_time_seconds_total",
        "The total number of seconds spent by all reads.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_writes_completed_total",
        "The total number of writes completed successfully.",
        1.0,
    ),
    counter("node_disk_writes_merged_total", "The number of writes merged.", 1.0),
    counter(
        "node_disk_written_bytes_total",
        "The total number of bytes written successfully.",
        SECTOR_BYTES,
    ),
    counter(
        "node_disk_write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
        SECONDS_PER_MS,
    ),
    Column {
        name: "node_disk_io_now",
        help: "The number of I/Os currently in progress.",
        factor: 1.0,
        counter: false,
    },
    counter("node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", SECONDS_PER_MS),
    counter(
        "node_disk_io_time_weighted_seconds_total",
        "The weighted # of seconds spent doing I/Os.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_discards_completed_total",
        "The total number of discards completed successfully.",
        1.0,
    ),
    counter("node_disk_discards_merged_total", "The total number of discards merged.", 1.0),
    counter(
        "node_disk_discarded_sectors_total",
        "The total number of sectors discarded successfully.",
        1.0,
    ),
    counter(
        "node_disk_discard_time_seconds_total",
        "This is the total number of seconds spent by all discards.",
        SECONDS_PER_MS,
    ),
    counter(
        "node_disk_flush_requests_total",
        "The total number of flush requests completed successfully",
        1.0,
    ),
    counter(
        "node_disk_flush_requests_time_seconds_total",
        "This is the total number of seconds spent by all flush requests.",
        SECONDS_PER_MS,
    ),
];
/// Columns that every kernel has; a line with fewer is not a device.
const MIN_COLUMNS: usize = 11;

/// Properties of ATA devices that are metrics, by udev's name.
const ATA: [(&str, &str, &str); 3] = [
    ("ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "ATA disk has a write cache."),
    (
        "ID_ATA_WRITE_CACHE_ENABLED",
        "node_disk_ata_write_cache_enabled",
        "ATA disk has its write cache enabled.",
    ),
    (
        "ID_ATA_ROTATION_RATE_RPM",
        "node_disk_ata_rotation_rate_rpm",
        "ATA disk rotation rate in RPMs (0 for SSDs).",
    ),
];

pub(crate) struct Diskstats {
    file: PathBuf,
    udev: PathBuf,
    devices: Devices,
}

impl Diskstats {
    pub(crate) fn new(config: &Config) -> Result<Self, BuildError> {
        // An include list replaces the exclude list.
        let exclude = if config.disk.include.is_empty() { &config.disk.exclude[..] } else { "" };
        Ok(Self {
            file: config.paths.procfs.join("diskstats"),
            udev: config.paths.udev_data.clone(),
            devices: Devices::new(
                ("disk.device_include", &config.disk.include),
                ("disk.device_exclude", exclude),
            )?,
        })
    }
}

impl Collect for Diskstats {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        for disk in parse(&read(&self.file)?)? {
            if self.devices.keeps(disk.name) {
                add(out, &disk, &udev_properties(&self.udev, &disk));
            }
        }
        Ok(())
    }
}

struct Disk<'t> {
    major: u32,
    minor: u32,
    name: &'t str,
    columns: Vec<u64>,
}

fn parse(text: &str) -> Result<Vec<Disk<'_>>, CollectError> {
    let mut disks = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().take(3 + COLUMNS.len()).collect();
        if fields.len() < 3 + MIN_COLUMNS {
            continue;
        }
        let bad = |_| CollectError(format!("cannot parse line {line:?} of diskstats"));
        disks.push(Disk {
            major: fields[0].parse().map_err(bad)?,
            minor: fields[1].parse().map_err(bad)?,
            name: fields[2],
            columns: fields[3..]
                .iter()
                .map(|f| f.parse())
                .collect::<Result<_, _>>()
                .map_err(bad)?,
        });
    }
    Ok(disks)
}

/// What udev recorded about the device: the `E:NAME=value` lines.
fn udev_properties(dir: &Path, disk: &Disk<'_>) -> BTreeMap<String, String> {
    let path = dir.join(format!("b{}:{}", disk.major, disk.minor));
    let Ok(text) = std::fs::read(&path) else {
        debug!(path = %path.display(), "no udev properties");
        return BTreeMap::new();
    };
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.strip_prefix("E:")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn add(out: &mut Families, disk: &Disk<'_>, udev: &BTreeMap<String, String>) {
    let property = |name: &str| udev.get(name).map_or("", String::as_str);
    let device = ("device", disk.name);
    // What is printed on the disk, if the controller tells.
    let serial = match property("SCSI_IDENT_SERIAL") {
        "" => property("ID_SERIAL_SHORT"),
        serial => serial,
    };
    out.gauge(
        "node_disk_info",
        "Info of /sys/block/<block_device>.",
        &[
            device,
            ("major", &disk.major.to_string()),
            ("minor", &disk.minor.to_string()),
            ("path", property("ID_PATH")),
            ("wwn", property("ID_WWN")),
            ("model", property("ID_MODEL")),
            ("serial", serial),
            ("revision", property("ID_REVISION")),
        ],
        1.0,
    );
    for (column, value) in COLUMNS.iter().zip(&disk.columns) {
        let value = *value as f64 * column.factor;
        if column.counter {
            out.counter(column.name, column.help, &[device], value);
        } else {
            out.gauge(column.name, column.help, &[device], value);
        }
    }
    if !property("ID_FS_TYPE").is_empty() || !property("ID_FS_USAGE").is_empty() {
        out.gauge(
            "node_disk_filesystem_info",
            "Info about disk filesystem.",
            &[
                device,
                ("type", property("ID_FS_TYPE")),
                ("usage", property("ID_FS_USAGE")),
                ("uuid", property("ID_FS_UUID")),
                ("version", property("ID_FS_VERSION")),
            ],
            1.0,
        );
    }
    if !property("DM_NAME").is_empty() {
        out.gauge(
            "node_disk_device_mapper_info",
            "Info about disk device mapper.",
            &[
                device,
                ("name", property("DM_NAME")),
                ("uuid", property("DM_UUID")),
                ("vg_name", property("DM_VG_NAME")),
                ("lv_name", property("DM_LV_NAME")),
                ("lv_layer", property("DM_LV_LAYER")),
            ],
            1.0,
        );
    }
    if !property("ID_ATA").is_empty() {
        for (name, metric, help) in ATA {
            match property(name).parse::<f64>() {
                Ok(value) => out.gauge(metric, help, &[device], value),
                Err(_) => debug!(device = disk.name, name, "no usable ATA property"),
            }
        }
    }
}
