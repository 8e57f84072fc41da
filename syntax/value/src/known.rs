//! The names of all components, blocks and services, so that "not built yet" and "unknown" are
//! different errors. A definition with arguments in a family's table replaces its row here.

use crate::{Definition, DefinitionKind, Stability};

const fn row(name: &'static str, kind: DefinitionKind, stability: Stability) -> Definition {
    Definition { name, kind, stability, community: false, args: None, exports: None, doc: "" }
}

const fn ga(name: &'static str) -> Definition {
    row(name, DefinitionKind::Component, Stability::GenerallyAvailable)
}

const fn preview(name: &'static str) -> Definition {
    row(name, DefinitionKind::Component, Stability::PublicPreview)
}

const fn experimental(name: &'static str) -> Definition {
    row(name, DefinitionKind::Component, Stability::Experimental)
}

const fn community(name: &'static str) -> Definition {
    Definition { community: true, ..ga(name) }
}

const fn block(name: &'static str) -> Definition {
    row(name, DefinitionKind::ConfigBlock, Stability::GenerallyAvailable)
}

const fn service(name: &'static str) -> Definition {
    row(name, DefinitionKind::Service, Stability::GenerallyAvailable)
}

static KNOWN: &[Definition] = &[
    ga("beyla.ebpf"),
    ga("database_observability.mysql"),
    ga("database_observability.postgres"),
    experimental("database_observability.sql_server"),
    ga("discovery.aws"),
    ga("discovery.azure"),
    ga("discovery.consul"),
    ga("discovery.consulagent"),
    ga("discovery.digitalocean"),
    ga("discovery.dns"),
    ga("discovery.docker"),
    ga("discovery.dockerswarm"),
    ga("discovery.ec2"),
    ga("discovery.eureka"),
    ga("discovery.file"),
    ga("discovery.gce"),
    ga("discovery.hetzner"),
    ga("discovery.http"),
    ga("discovery.ionos"),
    ga("discovery.kubelet"),
    ga("discovery.kubernetes"),
    ga("discovery.kuma"),
    ga("discovery.lightsail"),
    ga("discovery.linode"),
    ga("discovery.marathon"),
    ga("discovery.nerve"),
    ga("discovery.nomad"),
    ga("discovery.openstack"),
    ga("discovery.ovhcloud"),
    ga("discovery.process"),
    ga("discovery.puppetdb"),
    ga("discovery.relabel"),
    ga("discovery.scaleway"),
    ga("discovery.serverset"),
    ga("discovery.triton"),
    ga("discovery.uyuni"),
    ga("faro.receiver"),
    ga("local.file"),
    ga("local.file_match"),
    ga("loki.echo"),
    experimental("loki.enrich"),
    ga("loki.process"),
    ga("loki.relabel"),
    ga("loki.rules.kubernetes"),
    preview("loki.secretfilter"),
    ga("loki.source.api"),
    ga("loki.source.awsfirehose"),
    ga("loki.source.azure_event_hubs"),
    ga("loki.source.cloudflare"),
    ga("loki.source.docker"),
    ga("loki.source.file"),
    ga("loki.source.gcplog"),
    ga("loki.source.gelf"),
    ga("loki.source.heroku"),
    ga("loki.source.journal"),
    ga("loki.source.kafka"),
    ga("loki.source.kubernetes"),
    ga("loki.source.kubernetes_events"),
    ga("loki.source.podlogs"),
    ga("loki.source.syslog"),
    ga("loki.source.windowsevent"),
    ga("loki.write"),
    experimental("mimir.alerts.kubernetes"),
    ga("mimir.rules.kubernetes"),
    ga("otelcol.auth.basic"),
    ga("otelcol.auth.bearer"),
    preview("otelcol.auth.google"),
    ga("otelcol.auth.headers"),
    ga("otelcol.auth.oauth2"),
    ga("otelcol.auth.sigv4"),
    experimental("otelcol.connector.count"),
    ga("otelcol.connector.host_info"),
    ga("otelcol.connector.servicegraph"),
    experimental("otelcol.connector.signaltometrics"),
    ga("otelcol.connector.spanlogs"),
    ga("otelcol.connector.spanmetrics"),
    experimental("otelcol.exporter.awss3"),
    community("otelcol.exporter.datadog"),
    experimental("otelcol.exporter.debug"),
    experimental("otelcol.exporter.faro"),
    preview("otelcol.exporter.file"),
    community("otelcol.exporter.googlecloud"),
    community("otelcol.exporter.googlecloudpubsub"),
    ga("otelcol.exporter.kafka"),
    ga("otelcol.exporter.loadbalancing"),
    ga("otelcol.exporter.loki"),
    ga("otelcol.exporter.otlp"),
    ga("otelcol.exporter.otlphttp"),
    ga("otelcol.exporter.prometheus"),
    community("otelcol.exporter.splunkhec"),
    preview("otelcol.exporter.syslog"),
    ga("otelcol.extension.jaeger_remote_sampling"),
    ga("otelcol.processor.attributes"),
    ga("otelcol.processor.batch"),
    preview("otelcol.processor.cumulativetodelta"),
    experimental("otelcol.processor.deltatocumulative"),
    ga("otelcol.processor.discovery"),
    ga("otelcol.processor.filter"),
    ga("otelcol.processor.groupbyattrs"),
    experimental("otelcol.processor.interval"),
    ga("otelcol.processor.k8sattributes"),
    ga("otelcol.processor.memory_limiter"),
    ga("otelcol.processor.metric_start_time"),
    ga("otelcol.processor.probabilistic_sampler"),
    experimental("otelcol.processor.redaction"),
    ga("otelcol.processor.resourcedetection"),
    ga("otelcol.processor.span"),
    ga("otelcol.processor.tail_sampling"),
    ga("otelcol.processor.transform"),
    experimental("otelcol.receiver.awscloudwatch"),
    experimental("otelcol.receiver.awsecscontainermetrics"),
    experimental("otelcol.receiver.awss3"),
    experimental("otelcol.receiver.cloudflare"),
    experimental("otelcol.receiver.datadog"),
    experimental("otelcol.receiver.faro"),
    ga("otelcol.receiver.file_stats"),
    preview("otelcol.receiver.filelog"),
    experimental("otelcol.receiver.fluentforward"),
    community("otelcol.receiver.googlecloudpubsub"),
    ga("otelcol.receiver.influxdb"),
    ga("otelcol.receiver.jaeger"),
    ga("otelcol.receiver.kafka"),
    ga("otelcol.receiver.loki"),
    preview("otelcol.receiver.nginx"),
    ga("otelcol.receiver.otlp"),
    ga("otelcol.receiver.prometheus"),
    ga("otelcol.receiver.solace"),
    preview("otelcol.receiver.splunkhec"),
    preview("otelcol.receiver.syslog"),
    experimental("otelcol.receiver.tcplog"),
    experimental("otelcol.receiver.vcenter"),
    ga("otelcol.receiver.zipkin"),
    preview("otelcol.storage.file"),
    ga("prometheus.echo"),
    experimental("prometheus.enrich"),
    ga("prometheus.exporter.apache"),
    ga("prometheus.exporter.azure"),
    ga("prometheus.exporter.blackbox"),
    ga("prometheus.exporter.cadvisor"),
    experimental("prometheus.exporter.catchpoint"),
    ga("prometheus.exporter.cloudwatch"),
    ga("prometheus.exporter.consul"),
    ga("prometheus.exporter.databricks"),
    ga("prometheus.exporter.dnsmasq"),
    ga("prometheus.exporter.elasticsearch"),
    ga("prometheus.exporter.gcp"),
    ga("prometheus.exporter.github"),
    ga("prometheus.exporter.kafka"),
    ga("prometheus.exporter.memcached"),
    ga("prometheus.exporter.mongodb"),
    ga("prometheus.exporter.mssql"),
    ga("prometheus.exporter.mysql"),
    ga("prometheus.exporter.oracledb"),
    ga("prometheus.exporter.postgres"),
    ga("prometheus.exporter.process"),
    ga("prometheus.exporter.redis"),
    ga("prometheus.exporter.self"),
    ga("prometheus.exporter.snmp"),
    ga("prometheus.exporter.snowflake"),
    ga("prometheus.exporter.squid"),
    experimental("prometheus.exporter.static"),
    ga("prometheus.exporter.statsd"),
    ga("prometheus.exporter.unix"),
    ga("prometheus.exporter.windows"),
    ga("prometheus.operator.podmonitors"),
    ga("prometheus.operator.probes"),
    experimental("prometheus.operator.scrapeconfigs"),
    ga("prometheus.operator.servicemonitors"),
    ga("prometheus.receive_http"),
    ga("prometheus.relabel"),
    ga("prometheus.remote_write"),
    ga("prometheus.scrape"),
    ga("pyroscope.ebpf"),
    experimental("pyroscope.enrich"),
    ga("pyroscope.java"),
    ga("pyroscope.receive_http"),
    ga("pyroscope.relabel"),
    ga("pyroscope.scrape"),
    ga("pyroscope.write"),
    ga("remote.http"),
    ga("remote.kubernetes.configmap"),
    ga("remote.kubernetes.secret"),
    ga("remote.s3"),
    ga("remote.vault"),
    block("logging"),
    block("tracing"),
    block("argument"),
    block("export"),
    block("declare"),
    block("import.file"),
    block("import.git"),
    block("import.http"),
    block("import.string"),
    row("foreach", DefinitionKind::ConfigBlock, Stability::Experimental),
    service("cluster"),
    service("http"),
    service("labelstore"),
    service("livedebugging"),
    service("otel"),
    service("remotecfg"),
    service("ui"),
];

/// Every known name, without arguments, for a [`crate::Registry`].
pub fn known_definitions() -> impl Iterator<Item = &'static Definition> {
    KNOWN.iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = KNOWN.iter().map(|d| d.name).collect();
        assert_eq!(names.len(), KNOWN.len());
    }

    /// Needs the catalog beside the checkout; says so and passes where there is none.
    #[test]
    fn rows_agree_with_the_catalog() {
        let path = alloy_corpus::workspace().join("../shared/catalog/components.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: no catalog beside the checkout");
            return;
        };
        let catalog: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rows: BTreeSet<_> = catalog["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let name = row["name"].as_str().unwrap();
                // Community components have no stability of their own.
                let stability = row["stability"].as_str().unwrap_or("generally-available");
                (name, stability, row["community"] == true)
            })
            .collect();
        // Services that no configuration can set are not in the catalog.
        let internal = ["cluster", "otel", "ui"];
        let known: BTreeSet<_> = KNOWN
            .iter()
            .filter(|d| !internal.contains(&d.name))
            .map(|d| (d.name, d.stability.as_str(), d.community))
            .collect();
        assert_eq!(
            (
                known.difference(&rows).collect::<Vec<_>>(),
                rows.difference(&known).collect::<Vec<_>>()
            ),
            (Vec::new(), Vec::new()),
        );
    }
}
