//! The exporters as components, and beside Debian's node_exporter.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../common.rs"]
mod common;
mod exporters;
mod node_exporter;
