//! The running `prometheus.exporter.unix`.

use std::sync::Arc;

use alloy_component::{BuildContext, Component, ComponentError};
use alloy_flow_hostmetrics::select::select;
use alloy_flow_hostmetrics::{
    Config, CpuConfig, DeviceFilter, FilesystemConfig, HostMetrics, LinuxHost, Paths,
    process_metrics,
};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use tracing::{error, info};

use super::UnixArgs;
use crate::shared::{Exporter, Plan, Source, default_instance};

const NAME: &str = "prometheus.exporter.unix";

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let plan = Plan {
        component: NAME,
        job: "integrations/unix",
        instance: default_instance(),
        make: Arc::new(|args| {
            let args = args.downcast_ref::<UnixArgs>().ok_or_else(|| {
                ComponentError::new(format!("{NAME} was given another component's arguments"))
            })?;
            Ok(Arc::new(Unix::new(args)?) as Arc<dyn Source>)
        }),
    };
    Exporter::build(cx, args, plan).boxed()
}

struct Unix {
    host: HostMetrics,
    own: Instruments,
}

impl Unix {
    fn new(args: &UnixArgs) -> Result<Self, ComponentError> {
        if let Some(what) = args.unsupported() {
            return Err(ComponentError::unsupported(NAME, &what));
        }
        let host = HostMetrics::new(&config(args)?, Arc::new(LinuxHost)).map_err(|error| {
            ComponentError::new("failed to create node_exporter").with_source(error)
        })?;
        for collector in host.collectors() {
            info!(collector = collector.name(), "enabled collector");
        }
        let own = Instruments::new(args.include_exporter_metrics).map_err(|error| {
            ComponentError::new("cannot make the exporter's own metrics").with_source(error)
        })?;
        Ok(Self { host, own })
    }
}

impl Source for Unix {
    fn collect(&self) -> Vec<MetricFamily> {
        self.own.begin();
        let collected = self.host.collect();
        for error in &collected.errors {
            self.own.errors.with_label_values(&["gathering"]).inc();
            error!(error, "error gathering metrics");
        }
        let mut families = collected.families;
        families.extend(self.own.gather());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        self.own.end();
        families
    }
}

fn config(args: &UnixArgs) -> Result<Config, ComponentError> {
    let set = args.set_collectors.as_deref().unwrap_or_default();
    let selection = select(set, &args.enable_collectors, &args.disable_collectors);
    if !selection.refused.is_empty() {
        let names = selection.refused.join(", ");
        return Err(ComponentError::unsupported(NAME, &format!("the collector {names}")));
    }
    if !selection.missing.is_empty() {
        info!(
            collectors = selection.missing.join(","),
            "collectors that would run by default are not in this version"
        );
    }
    let cpu = args.cpu.clone().unwrap_or_default();
    let disk = args.disk.clone().unwrap_or_default();
    let filesystem = args.filesystem.clone().unwrap_or_default();
    let netdev = args.netdev.clone().unwrap_or_default();
    Ok(Config {
        paths: Paths {
            procfs: (&args.procfs_path).into(),
            sysfs: (&args.sysfs_path).into(),
            rootfs: (&args.rootfs_path).into(),
            udev_data: (&args.udev_data_path).into(),
        },
        collectors: selection.run,
        cpu: CpuConfig {
            info: cpu.info,
            guest: cpu.guest,
            flags_include: cpu.flags_include,
            bugs_include: cpu.bugs_include,
        },
        disk: DeviceFilter { include: disk.device_include, exclude: disk.device_exclude },
        filesystem: FilesystemConfig {
            fs_types_exclude: filesystem.fs_types_exclude,
            mount_points_exclude: filesystem.mount_points_exclude,
            mount_timeout: filesystem.mount_timeout,
        },
        netdev: DeviceFilter { include: netdev.device_include, exclude: netdev.device_exclude },
        netdev_addresses: netdev.address_info,
        textfile_directory: args.textfile.clone().unwrap_or_default().directory,
        vmstat_fields: args.vmstat.clone().unwrap_or_default().fields,
    })
}

/// Metrics of the exporter itself.
struct Instruments {
    registry: Registry,
    errors: IntCounterVec,
    /// Only with `include_exporter_metrics`.
    requests: Option<(IntCounterVec, IntGauge)>,
}

impl Instruments {
    fn new(all: bool) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let errors = IntCounterVec::new(
            Opts::new(
                "promhttp_metric_handler_errors_total",
                "Total number of internal errors encountered by the promhttp metric handler.",
            ),
            &["cause"],
        )?;
        for cause in ["encoding", "gathering"] {
            errors.with_label_values(&[cause]);
        }
        registry.register(Box::new(errors.clone()))?;
        let labels = ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"];
        let build = IntGaugeVec::new(
            Opts::new(
                "node_exporter_build_info",
                "A metric with a constant '1' value labeled by version, revision, branch, goversion from which node_exporter was built, and the goos and goarch for the build.",
            ),
            &labels,
        )?;
        let version = env!("CARGO_PKG_VERSION");
        build
            .with_label_values(&["", architecture(), std::env::consts::OS, "", "", "", version])
            .set(1);
        registry.register(Box::new(build))?;
        let requests = if all {
            let requests = IntCounterVec::new(
                Opts::new(
                    "promhttp_metric_handler_requests_total",
                    "Total number of scrapes by HTTP status code.",
                ),
                &["code"],
            )?;
            for code in ["200", "500", "503"] {
                requests.with_label_values(&[code]);
            }
            let in_flight = IntGauge::new(
                "promhttp_metric_handler_requests_in_flight",
                "Current number of scrapes being served.",
            )?;
            registry.register(Box::new(requests.clone()))?;
            registry.register(Box::new(in_flight.clone()))?;
            Some((requests, in_flight))
        } else {
            None
        };
        Ok(Self { registry, errors, requests })
    }

    fn begin(&self) {
        if let Some((_, in_flight)) = &self.requests {
            in_flight.inc();
        }
    }

    fn gather(&self) -> Vec<MetricFamily> {
        let mut families = self.registry.gather();
        if self.requests.is_some() {
            families.extend(process_metrics("/proc".as_ref()));
        }
        families
    }

    fn end(&self) {
        if let Some((requests, in_flight)) = &self.requests {
            in_flight.dec();
            requests.with_label_values(&["200"]).inc();
        }
    }
}

/// Go's name of the architecture, as the label has it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
