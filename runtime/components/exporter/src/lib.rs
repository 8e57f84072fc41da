//! Components that expose metrics of other things: `prometheus.exporter.unix` (the host),
//! `prometheus.exporter.self` (this process), and exporters of servers.
//!
//! # Invariants
//! - An exporter scrapes nothing by itself: it answers requests to its path below
//!   `/api/v0/component/`, which `prometheus.scrape` reaches through the exported targets.
//! - New arguments make a new exporter; if that fails, the old one goes on.
//! - What exporters have in common is in [`shared`]; each brings its arguments and a source of
//!   metric families.
//!
//! Start reading at [`shared`], then [`unix`].

use alloy_component::ComponentDef;

pub mod apache;
pub mod blackbox;
pub mod cadvisor;
pub mod memcached;
pub mod mysql;
pub mod own;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod shared;
pub mod snmp;
pub mod static_text;
pub mod statsd;
pub mod unix;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &apache::COMPONENT,
    &blackbox::COMPONENT,
    &cadvisor::COMPONENT,
    &memcached::COMPONENT,
    &mysql::COMPONENT,
    &own::COMPONENT,
    &postgres::COMPONENT,
    &process::COMPONENT,
    &redis::COMPONENT,
    &snmp::COMPONENT,
    &static_text::COMPONENT,
    &statsd::COMPONENT,
    &unix::COMPONENT,
];
