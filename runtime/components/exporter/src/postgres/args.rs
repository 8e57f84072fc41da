//! Arguments of `prometheus.exporter.postgres`.

use alloy_value::{Args, Block, Secret};

/// Arguments of `prometheus.exporter.postgres`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct PostgresArgs {
    /// Servers to connect to, such as `postgresql://user:password@host:5432/database`.
    #[args(optional)]
    pub data_source_names: Vec<Secret>,
    /// Leaves out the server's settings.
    #[args(default = false)]
    pub disable_settings_metrics: bool,
    /// Exposes only what the custom queries give.
    #[args(default = false)]
    pub disable_default_metrics: bool,
    /// YAML file with custom queries.
    #[args(default = "")]
    pub custom_queries_config_path: String,
    /// Collectors to run instead of the default ones.
    #[args(optional)]
    pub enabled_collectors: Vec<String>,
    /// Finds the databases of a server by itself.
    #[args(block, default)]
    pub autodiscovery: AutodiscoveryBlock,
    /// Options of the collector `stat_statements`.
    #[args(block)]
    pub stat_statements: Option<StatStatementsBlock>,
}

/// How databases of a server are found.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct AutodiscoveryBlock {
    /// Measures all databases of a server, not only the one that its data source names.
    #[args(default = false)]
    pub enabled: bool,
    /// Databases to measure; all if empty.
    #[args(optional)]
    pub database_allowlist: Vec<String>,
    /// Databases to leave out.
    #[args(optional)]
    pub database_denylist: Vec<String>,
}

/// Options of the collector `stat_statements`.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct StatStatementsBlock {
    /// Also exposes the text of statements.
    #[args(default = false)]
    pub include_query: bool,
    /// Most characters of a statement's text.
    #[args(default = 0)]
    pub query_length: u64,
    /// Most statements to expose.
    #[args(default = 0)]
    pub limit: u64,
    /// Databases whose statements are left out.
    #[args(optional)]
    pub exclude_databases: Vec<String>,
    /// Users whose statements are left out.
    #[args(optional)]
    pub exclude_users: Vec<String>,
}
