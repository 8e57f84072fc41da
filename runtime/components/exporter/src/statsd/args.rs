//! Arguments of `prometheus.exporter.statsd`.

use std::time::Duration;

use alloy_value::Args;

/// Arguments of `prometheus.exporter.statsd`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct StatsdArgs {
    /// UDP address to receive lines on; empty for none.
    #[args(default = ":9125")]
    pub listen_udp: String,
    /// TCP address to receive lines on; empty for none.
    #[args(default = ":9125")]
    pub listen_tcp: String,
    /// Path of a Unix datagram socket to receive lines on; empty for none.
    #[args(default = "")]
    pub listen_unixgram: String,
    /// Permissions of the Unix socket, in octal.
    #[args(default = "755")]
    pub unix_socket_mode: String,
    /// YAML file that says how StatsD names become metrics and labels.
    #[args(default = "")]
    pub mapping_config_path: String,
    /// Receive buffer of the UDP and Unix sockets in bytes; 0 for the system's default.
    #[args(default = 0)]
    pub read_buffer: i64,
    /// Mapped names to remember.
    #[args(default = 1000)]
    pub cache_size: i64,
    /// Which name makes room for another: `lru` (least recently used) or `random`.
    #[args(default = "lru")]
    pub cache_type: String,
    /// Batches of events that wait at most.
    #[args(default = 10000)]
    pub event_queue_size: i64,
    /// Events of a batch.
    #[args(default = 1000)]
    pub event_flush_threshold: i64,
    /// How long events wait for their batch to fill.
    #[args(default = "200ms")]
    pub event_flush_interval: Duration,
    /// Reads tags in the style of DogStatsD.
    #[args(default = true)]
    pub parse_dogstatsd_tags: bool,
    /// Reads tags in the style of InfluxDB.
    #[args(default = true)]
    pub parse_influxdb_tags: bool,
    /// Reads tags in the style of Librato.
    #[args(default = true)]
    pub parse_librato_tags: bool,
    /// Reads tags in the style of SignalFX.
    #[args(default = true)]
    pub parse_signalfx_tags: bool,
    /// UDP address to pass all lines on to; empty for none.
    #[args(default = "")]
    pub relay_addr: String,
    /// Most bytes of a packet that is passed on.
    #[args(default = 1400)]
    pub relay_packet_length: i64,
}
