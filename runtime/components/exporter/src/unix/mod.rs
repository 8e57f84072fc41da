//! `prometheus.exporter.unix`: the metrics of the host
//! (spec/components/prometheus.exporter.unix.md).

mod args;
mod run;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::UnixArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition {
    name: "prometheus.exporter.unix",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<UnixArgs as Args>::schema, ArcArgs::decode::<UnixArgs>)),
    exports: Some(<ExporterExports as Exports>::schema),
    doc: "Exposes metrics of the host: CPUs, memory, disks, file systems, network and more.",
};

/// `prometheus.exporter.unix`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
