//! Components that expose metrics of other things: `prometheus.exporter.unix` (the host) and
//! `prometheus.exporter.self` (this process).
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

pub mod own;
pub mod shared;
pub mod unix;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[&own::COMPONENT, &unix::COMPONENT];
