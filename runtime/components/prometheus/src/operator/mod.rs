//! `prometheus.operator.*`: scrapes what resources of the Prometheus Operator describe
//! (spec/components/prometheus.operator.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{OperatorArgs, ScrapeBlock, ServiceMonitorsArgs};

static PODMONITORS_DEFINITION: Definition = Definition::component::<OperatorArgs>(
    "prometheus.operator.podmonitors",
    Stability::GenerallyAvailable,
    "Scrapes the pods that PodMonitor resources of a Kubernetes cluster select.",
);

static PROBES_DEFINITION: Definition = Definition::component::<OperatorArgs>(
    "prometheus.operator.probes",
    Stability::GenerallyAvailable,
    "Scrapes the probes that Probe resources of a Kubernetes cluster describe.",
);

static SCRAPECONFIGS_DEFINITION: Definition = Definition::component::<OperatorArgs>(
    "prometheus.operator.scrapeconfigs",
    Stability::Experimental,
    "Scrapes the targets that ScrapeConfig resources of a Kubernetes cluster describe.",
);

static SERVICEMONITORS_DEFINITION: Definition = Definition::component::<ServiceMonitorsArgs>(
    "prometheus.operator.servicemonitors",
    Stability::GenerallyAvailable,
    "Scrapes the services that ServiceMonitor resources of a Kubernetes cluster select.",
);

/// `prometheus.operator.podmonitors`.
pub static PODMONITORS: ComponentDef =
    ComponentDef { definition: &PODMONITORS_DEFINITION, build: None };

/// `prometheus.operator.probes`.
pub static PROBES: ComponentDef = ComponentDef { definition: &PROBES_DEFINITION, build: None };

/// `prometheus.operator.scrapeconfigs`.
pub static SCRAPECONFIGS: ComponentDef =
    ComponentDef { definition: &SCRAPECONFIGS_DEFINITION, build: None };

/// `prometheus.operator.servicemonitors`.
pub static SERVICEMONITORS: ComponentDef =
    ComponentDef { definition: &SERVICEMONITORS_DEFINITION, build: None };
