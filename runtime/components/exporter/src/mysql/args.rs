//! Arguments of `prometheus.exporter.mysql`.

use alloy_value::{Args, Block, Secret};

/// Arguments of `prometheus.exporter.mysql`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MysqlArgs {
    /// Where and as whom to connect, such as `user:password@(host:3306)/`.
    #[args(optional)]
    pub data_source_name: Secret,
    /// Collectors to switch on besides the default ones.
    #[args(optional)]
    pub enable_collectors: Vec<String>,
    /// Collectors to switch off.
    #[args(optional)]
    pub disable_collectors: Vec<String>,
    /// Collectors to run instead of the default ones.
    #[args(optional)]
    pub set_collectors: Vec<String>,
    /// Limits how long a query waits for a lock.
    #[args(default = true)]
    pub enable_lock_wait_timeout: bool,
    /// Seconds that a query waits for a lock.
    #[args(default = 2)]
    pub lock_wait_timeout: i64,
    /// Keeps the exporter's queries out of the server's log of slow queries.
    #[args(default = false)]
    pub log_slow_filter: bool,
    /// Options of the collector `info_schema.processlist`.
    #[args(block, default, name = "info_schema.processlist")]
    pub info_schema_processlist: ProcesslistBlock,
    /// Options of the collector `info_schema.tables`.
    #[args(block, default, name = "info_schema.tables")]
    pub info_schema_tables: TablesBlock,
    /// Options of the collector `perf_schema.eventsstatements`.
    #[args(block, default, name = "perf_schema.eventsstatements")]
    pub perf_schema_eventsstatements: EventsStatementsBlock,
    /// Options of the collector `perf_schema.file_instances`.
    #[args(block, default, name = "perf_schema.file_instances")]
    pub perf_schema_file_instances: FileInstancesBlock,
    /// Options of the collector `perf_schema.memory_events`.
    #[args(block, default, name = "perf_schema.memory_events")]
    pub perf_schema_memory_events: MemoryEventsBlock,
    /// Options of the collector `heartbeat`.
    #[args(block, default)]
    pub heartbeat: HeartbeatBlock,
    /// Options of the collector `mysql.user`.
    #[args(block, default, name = "mysql.user")]
    pub mysql_user: UserBlock,
}

/// Options of the collector `info_schema.processlist`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProcesslistBlock {
    /// Seconds that a thread must be in its state to be counted.
    #[args(default = 0)]
    pub min_time: i64,
    /// Counts threads by user.
    #[args(default = true)]
    pub processes_by_user: bool,
    /// Counts threads by client host.
    #[args(default = true)]
    pub processes_by_host: bool,
}

/// Options of the collector `info_schema.tables`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TablesBlock {
    /// Databases whose tables are measured, separated by commas; `*` for all.
    #[args(default = "*")]
    pub databases: String,
}

/// Options of the collector `perf_schema.eventsstatements`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct EventsStatementsBlock {
    /// Most statements to expose, those with the latest use first.
    #[args(default = 250)]
    pub limit: i64,
    /// Seconds since its last use after which a statement is left out.
    #[args(default = 86400)]
    pub time_limit: i64,
    /// Most characters of a statement's text.
    #[args(default = 120)]
    pub text_limit: i64,
    /// Databases to leave out.
    #[args(optional)]
    pub exclude_schemas: Vec<String>,
}

/// Options of the collector `perf_schema.file_instances`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FileInstancesBlock {
    /// File names to expose (regular expression).
    #[args(default = ".*")]
    pub filter: String,
    /// Beginning of the path to cut off.
    #[args(default = "/var/lib/mysql")]
    pub remove_prefix: String,
}

/// Options of the collector `perf_schema.memory_events`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MemoryEventsBlock {
    /// Beginning of event names to cut off.
    #[args(default = "memory/")]
    pub remove_prefix: String,
}

/// Options of the collector `heartbeat`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HeartbeatBlock {
    /// Database of the heartbeat table.
    #[args(default = "heartbeat")]
    pub database: String,
    /// Name of the heartbeat table.
    #[args(default = "heartbeat")]
    pub table: String,
    /// Compares with the server's time in UTC.
    #[args(default = false)]
    pub utc: bool,
}

/// Options of the collector `mysql.user`.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct UserBlock {
    /// Also exposes what each user may do.
    #[args(default = false)]
    pub privileges: bool,
}

impl MysqlArgs {
    fn check(&self) -> Result<(), String> {
        if self.data_source_name.expose().contains('/') {
            return Ok(());
        }
        Err("data_source_name must name a server and end with a slash and the database, such as \
             user:password@(host:3306)/"
            .to_owned())
    }
}
