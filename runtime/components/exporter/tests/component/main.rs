//! The exporters as components, and beside Debian's node_exporter.

#[path = "../common.rs"]
mod common;
mod exporters;
mod node_exporter;
