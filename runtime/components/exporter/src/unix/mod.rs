//! `prometheus.exporter.unix`: the metrics of the host
//! (spec/components/prometheus.exporter.unix.md).

mod args;
#[cfg(feature = "unix")]
mod run;

use alloy_component::{BuildFn, ComponentDef};
use alloy_value::{Definition, Stability};

pub use args::UnixArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<UnixArgs>(
    "prometheus.exporter.unix",
    Stability::GenerallyAvailable,
    "Exposes metrics of the host: CPUs, memory, disks, file systems, network and more.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.unix`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: BUILD };

#[cfg(feature = "unix")]
const BUILD: Option<BuildFn> = Some(run::build);
#[cfg(not(feature = "unix"))]
const BUILD: Option<BuildFn> = None;
