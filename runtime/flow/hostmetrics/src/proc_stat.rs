//! Reads `/proc/stat`.

use crate::exporter::CollectError;

/// The kernel counts CPU time in this unit, whatever its own tick is.
const TICKS_PER_SECOND: f64 = 100.0;

/// Modes of CPU time, in the order of the columns.
pub(crate) const MODES: [&str; 8] =
    ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
/// Column of idle time.
pub(crate) const IDLE: usize = 3;
/// Columns of time spent for guests: user and nice.
pub(crate) const GUEST: [usize; 2] = [8, 9];

/// Seconds by column.
pub(crate) type CpuTimes = [f64; 10];

/// What `/proc/stat` says; counters that are missing are 0.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ProcStat {
    pub(crate) cpus: Vec<(u32, CpuTimes)>,
    pub(crate) interrupts: u64,
    pub(crate) context_switches: u64,
    pub(crate) boot_time: u64,
    pub(crate) forks: u64,
    pub(crate) running: u64,
    pub(crate) blocked: u64,
}

pub(crate) fn parse(text: &str) -> Result<ProcStat, CollectError> {
    let mut stat = ProcStat::default();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        let (Some(key), Some(first)) = (fields.next(), fields.next()) else { continue };
        let number = || {
            first
                .parse::<u64>()
                .map_err(|e| CollectError(format!("cannot parse {first:?} of {key} in stat: {e}")))
        };
        match key {
            "intr" => stat.interrupts = number()?,
            "ctxt" => stat.context_switches = number()?,
            "btime" => stat.boot_time = number()?,
            "processes" => stat.forks = number()?,
            "procs_running" => stat.running = number()?,
            "procs_blocked" => stat.blocked = number()?,
            _ => {
                let Some(cpu) = key.strip_prefix("cpu").filter(|n| !n.is_empty()) else { continue };
                let bad = || CollectError(format!("cannot parse line {line:?} of stat"));
                let cpu = cpu.parse::<u32>().map_err(|_| bad())?;
                let mut times = CpuTimes::default();
                for (time, field) in times.iter_mut().zip(std::iter::once(first).chain(fields)) {
                    *time = field.parse::<f64>().map_err(|_| bad())? / TICKS_PER_SECOND;
                }
                stat.cpus.push((cpu, times));
            }
        }
    }
    Ok(stat)
}
