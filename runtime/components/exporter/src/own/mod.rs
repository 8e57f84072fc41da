//! `prometheus.exporter.self`: the metrics of this process
//! (spec/components/prometheus.exporter.unix.md).

use std::sync::Arc;

use alloy_component::{BuildContext, Component, ComponentDef, ComponentError, MetricsHub};
use alloy_value::{ArcArgs, Args, Definition, Stability};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use prometheus::proto::MetricFamily;

use crate::shared::{Exporter, ExporterExports, Plan, Source, default_instance};

/// Arguments of `prometheus.exporter.self`: none.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SelfArgs {}

static DEFINITION: Definition = Definition::component::<SelfArgs>(
    "prometheus.exporter.self",
    Stability::GenerallyAvailable,
    "Exposes the metrics of this process.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.self`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: Some(build) };

struct Own(MetricsHub);

impl Source for Own {
    fn collect(&self) -> Vec<MetricFamily> {
        self.0.gather()
    }
}

fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let source: Arc<dyn Source> = Arc::new(Own(cx.services.metrics.clone()));
    let plan = Plan {
        component: DEFINITION.name,
        job: "integrations/self",
        instance: default_instance(),
        make: Arc::new(move |_| Ok(Arc::clone(&source))),
    };
    Exporter::build(cx, args, plan).boxed()
}
