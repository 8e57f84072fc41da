//! Arguments of `prometheus.exporter.redis`.

use std::time::Duration;

use alloy_blocks::UrlText;
use alloy_value::{Args, Secret};

/// Arguments of `prometheus.exporter.redis`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RedisArgs {
    /// Also exposes metrics of the exporter itself.
    #[args(default = false)]
    pub include_exporter_metrics: bool,
    /// Host and port, or URL, of the server.
    pub redis_addr: UrlText,
    /// User to authenticate as.
    #[args(default = "")]
    pub redis_user: String,
    /// Password to authenticate with.
    #[args(optional)]
    pub redis_password: Secret,
    /// File with the password.
    #[args(default = "")]
    pub redis_password_file: String,
    /// JSON file with passwords by server; wins over `redis_password_file`.
    #[args(default = "")]
    pub redis_password_map_file: String,
    /// Beginning of all metric names.
    #[args(default = "redis")]
    pub namespace: String,
    /// Name of the server's command `CONFIG` where it was renamed; `-` leaves it out.
    #[args(default = "CONFIG")]
    pub config_command: String,
    /// Patterns of keys whose value and size are exposed.
    #[args(optional)]
    pub check_keys: Vec<String>,
    /// Lua patterns that sort keys into groups, whose memory use is exposed.
    #[args(optional)]
    pub check_key_groups: Vec<String>,
    /// Keys to examine at a time for the groups.
    #[args(default = 10000)]
    pub check_key_groups_batch_size: i64,
    /// Most groups to expose of each database; the smaller ones are put together.
    #[args(default = 100)]
    pub max_distinct_key_groups: i64,
    /// Keys, without patterns, whose value and size are exposed.
    #[args(optional)]
    pub check_single_keys: Vec<String>,
    /// Patterns of streams whose length and consumers are exposed.
    #[args(optional)]
    pub check_streams: Vec<String>,
    /// Streams, without patterns, whose length and consumers are exposed.
    #[args(optional)]
    pub check_single_streams: Vec<String>,
    /// Exposes the values of the checked keys as labels.
    #[args(default = true)]
    pub export_key_values: bool,
    /// Patterns whose matching keys are counted.
    #[args(optional)]
    pub count_keys: Vec<String>,
    /// File with a Lua script that gives further metrics.
    #[args(default = "")]
    pub script_path: String,
    /// Files with Lua scripts that give further metrics.
    #[args(optional)]
    pub script_paths: Vec<String>,
    /// How long connecting to the server may take.
    #[args(default = "15s")]
    pub connection_timeout: Duration,
    /// File with the key of the client certificate.
    #[args(default = "")]
    pub tls_client_key_file: String,
    /// File with the client certificate.
    #[args(default = "")]
    pub tls_client_cert_file: String,
    /// File with the CA to verify the server with.
    #[args(default = "")]
    pub tls_ca_cert_file: String,
    /// Tells the server the name of the connection.
    #[args(default = true)]
    pub set_client_name: bool,
    /// The server is a Tile38 server.
    #[args(default = false)]
    pub is_tile38: bool,
    /// The server is a member of a Redis cluster.
    #[args(default = false)]
    pub is_cluster: bool,
    /// Exposes the list of the server's clients.
    #[args(default = false)]
    pub export_client_list: bool,
    /// Adds the port to the clients in the list, which makes a series of each connection.
    #[args(default = false)]
    pub export_client_port: bool,
    /// Leaves out metrics of the Go runtime.
    #[args(default = false)]
    pub redis_metrics_only: bool,
    /// Sends a ping after connecting and exposes how long its answer takes.
    #[args(default = false)]
    pub ping_on_connect: bool,
    /// Also exposes metrics of the server's machine.
    #[args(default = false)]
    pub incl_system_metrics: bool,
    /// Doesn't verify the server's certificate.
    #[args(default = false)]
    pub skip_tls_verification: bool,
}

impl RedisArgs {
    fn check(&self) -> Result<(), String> {
        if !self.script_path.is_empty() && !self.script_paths.is_empty() {
            return Err("at most one of script_path & script_paths must be configured".to_owned());
        }
        Ok(())
    }
}
