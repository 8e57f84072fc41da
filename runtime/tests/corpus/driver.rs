//! Runs a scenario: files, a runtime, phases, what must hold in the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use alloy_component::{Handover, LiveDebugging, MemoryDialer, MetricsHub, Services};
use alloy_runtime::{HostFacts, LOGGING, LoadRequest, Runtime, RuntimeOptions, Source};
use alloy_telemetry::SeriesTable;
use alloy_value::{Registry, Stability, Value};
use parking_lot::{Mutex, MutexGuard};
use prometheus::Encoder;

use crate::components::COMPONENTS;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let components = COMPONENTS.iter().map(|component| component.definition);
    let blocks = alloy_config_blocks::BLOCKS.iter().copied();
    Registry::new(components.chain(blocks).chain([&LOGGING]))
});

/// How long a phase may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A txtar archive: names and texts.
pub(crate) struct Archive(BTreeMap<String, String>);

impl Archive {
    pub(crate) fn parse(text: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut current: Option<String> = None;
        for line in text.split_inclusive('\n') {
            let header = line.trim_end().strip_prefix("-- ").and_then(|l| l.strip_suffix(" --"));
            if let Some(name) = header {
                current = Some(name.trim().to_owned());
                files.insert(name.trim().to_owned(), String::new());
            } else if let Some(file) = current.as_ref().and_then(|name| files.get_mut(name)) {
                file.push_str(line);
            }
        }
        Self(files)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A runtime in a folder of its own, which is the working directory meanwhile.
struct Scene {
    runtime: Runtime,
    hub: MetricsHub,
    tokio: tokio::runtime::Runtime,
    dir: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    fn new(stability: Stability) -> Self {
        // Scenarios name files relative to the working directory, which a process has one of.
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock();
        let dir = tempfile::tempdir().unwrap();
        std::env::set_current_dir(dir.path()).unwrap();
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let hub = MetricsHub::new();
        let (dialer, _accept) = MemoryDialer::new("alloy.internal:12345");
        let services = Services {
            series: SeriesTable::new(),
            metrics: hub.clone(),
            handover: Handover::new(),
            live_debugging: LiveDebugging::new(),
            dialer,
            user_agent: "test".into(),
            agent_id: "".into(),
        };
        let runtime = Runtime::start(RuntimeOptions {
            registry: &REGISTRY,
            components: COMPONENTS.iter().chain(alloy_import::IMPORTS).copied().collect(),
            host: HostFacts::default(),
            stability,
            community: false,
            storage_path: dir.path().join("data"),
            services: Arc::new(services),
            config_blocks: Vec::new(),
            importer: None,
            shutdown_deadline: Duration::ZERO,
            first_load_patience: Duration::from_secs(60),
            tokio: tokio.handle().clone(),
        })
        .unwrap();
        Self { runtime, hub, tokio, dir, _alone: alone }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn load(&self, text: &str) -> Result<(), String> {
        let request = LoadRequest {
            sources: vec![Source { name: "main.alloy".into(), text: text.into() }],
            ..LoadRequest::default()
        };
        self.tokio.block_on(self.runtime.load(request)).map_err(|error| error.to_string())
    }

    fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) -> Result<(), String> {
        let limit = Instant::now() + PATIENCE;
        while !condition(self) {
            if Instant::now() > limit {
                return Err(format!("timed out: {what}; {}", self.shown()));
            }
            self.tokio.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
        }
        Ok(())
    }

    fn shown(&self) -> String {
        let snapshot = self.runtime.snapshot();
        let line = |cell: &Arc<alloy_runtime::NodeCell>| {
            let health = cell.health().map(|h| format!("{}: {}", h.state.as_str(), h.message));
            format!(
                "\n    {} {} {:?}",
                cell.info.id,
                health.unwrap_or_default(),
                cell.state().exports
            )
        };
        snapshot.nodes.iter().map(line).collect()
    }

    fn export(&self, id: &str, field: &str) -> Option<f64> {
        let exports = self.runtime.snapshot().get(id)?.state().exports.clone()?;
        match exports {
            Value::Object(object) => alloy_value::number_text(object.get(field)?)?.parse().ok(),
            _ => None,
        }
    }

    fn debug_info(&self, id: &str) -> Option<Value> {
        self.runtime.snapshot().get(id)?.debug_info()
    }

    fn last_added(&self) -> f64 {
        self.export("testcomponents.summation.sum", "last_added").unwrap_or(0.0)
    }

    fn received(&self) -> f64 {
        let info = self.debug_info("testcomponents.summation_receiver.sum");
        info.as_ref().and_then(alloy_value::number_text).and_then(|t| t.parse().ok()).unwrap_or(0.0)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.tokio.block_on(self.runtime.shutdown());
    }
}

fn write_members(scene: &Scene, archive: &Archive) {
    for (name, text) in &archive.0 {
        let is_file = name.ends_with(".alloy");
        if is_file
            && name != "main.alloy"
            && name != "reload_config.alloy"
            && !name.starts_with("update/")
        {
            scene.write(name, text);
        }
    }
}

fn imports(scene: &Scene, archive: &Archive, update: impl FnOnce()) -> Result<(), String> {
    scene.load(archive.get("main.alloy").unwrap_or_default())?;
    scene.until("last_added >= 10", |scene| scene.last_added() >= 10.0)?;
    let has_update = archive.0.keys().any(|name| name.contains("update"));
    if has_update {
        update();
        scene.until("last_added <= -10 after the update", |scene| scene.last_added() <= -10.0)?;
    }
    if let Some(reload) = archive.get("reload_config.alloy") {
        scene.load(reload)?;
        scene.until("last_added <= -10 after the reload", |scene| scene.last_added() <= -10.0)?;
    }
    Ok(())
}

pub(crate) fn import_file(_: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::PublicPreview);
    write_members(&scene, archive);
    imports(&scene, archive, || {
        for (name, text) in &archive.0 {
            if let Some(name) = name.strip_prefix("update/") {
                scene.write(name, text);
            }
        }
    })
}

pub(crate) fn import_folder(_: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::PublicPreview);
    let folder = |name: &str| format!("tmpTest/{name}");
    let is_later = |name: &str| name.contains("update") || name == "added.alloy";
    for (name, text) in &archive.0 {
        if name != "main.alloy" && !is_later(name) && name != "reload_config.alloy" {
            scene.write(&folder(name), text);
        }
    }
    imports(&scene, archive, || {
        if archive.get("removed.alloy").is_some() {
            std::fs::remove_file(scene.dir.path().join(folder("removed.alloy"))).unwrap();
        }
        for (name, text) in archive.0.iter().filter(|(name, _)| is_later(name)) {
            let name = name.replace("update/", "").replace("utils/update_", "utils/");
            scene.write(&folder(&name), text);
        }
    })
}

pub(crate) fn import_git(corpus: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::PublicPreview);
    for name in ["repo", "repo2"] {
        let target = scene.dir.path().join(format!("testdata/{name}.git"));
        copy(&corpus.join(name), &target);
        commit(&target)?;
    }
    imports(&scene, archive, || {})
}

fn copy(from: &Path, to: &PathBuf) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::write(target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

fn commit(repository: &Path) -> Result<(), String> {
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .current_dir(repository)
            .args(["-c", "user.name=test", "-c", "user.email=test@localhost"])
            .args(args)
            .output()
            .map_err(|error| format!("git cannot be run ({error}); install the package git"))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    git(&["init", "-q", "-b", "main"])?;
    git(&["add", "."])?;
    git(&["commit", "-q", "-m", "files"])
}

pub(crate) fn import_error(_: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::PublicPreview);
    write_members(&scene, archive);
    let expected = archive.get("error").unwrap_or_default().trim_end();
    match scene.load(archive.get("main.alloy").unwrap_or_default()) {
        Ok(()) => Err("the load succeeded".to_owned()),
        Err(error) if error.contains(expected) => Ok(()),
        Err(error) => Err(format!("expected {expected:?} in {error:?}")),
    }
}

pub(crate) fn foreach(_: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::Experimental);
    write_members(&scene, archive);
    scene.load(archive.get("main.alloy").unwrap_or_default())?;
    scene.until("10 received", |scene| scene.received() >= 10.0)?;
    if let Some(expected) = archive.get("expected_metrics.prom") {
        scene.until(&format!("metrics {expected}"), |scene| metrics_are(scene, expected))?;
    }
    if let Some(count) = archive.get("expected_duration_metrics.prom") {
        let count: usize = count.trim().parse().map_err(|_| "no number".to_owned())?;
        let shown = durations(&scene);
        if shown != count {
            return Err(format!("{shown} duration metrics, expected {count}"));
        }
    }
    let update = archive.0.iter().find(|(name, _)| name.starts_with("update/"));
    if let Some((name, text)) = update {
        scene.write(name.trim_start_matches("update/"), text);
        scene.until("30 received", |scene| scene.received() >= 30.0)?;
    }
    if let Some(reload) = archive.get("reload_config.alloy") {
        scene.load(reload)?;
        scene.until("30 received", |scene| scene.received() >= 30.0)?;
        if let Some(expected) = archive.get("expected_metrics_after_reload.prom") {
            scene.until(&format!("metrics {expected}"), |scene| metrics_are(scene, expected))?;
        }
    }
    Ok(())
}

const COMPARED: &[&str] = &[
    "alloy_component_controller_running_components",
    "alloy_component_controller_evaluating",
    "pulse_count",
];

fn metrics_are(scene: &Scene, expected: &str) -> bool {
    let families: Vec<_> = scene
        .hub
        .gather()
        .into_iter()
        .filter(|family| COMPARED.contains(&family.name()) && expected.contains(family.name()))
        .collect();
    let mut text = Vec::new();
    prometheus::TextEncoder::new().encode(&families, &mut text).unwrap();
    let samples = |text: &str| {
        let is_compared = |line: &&str| COMPARED.iter().any(|name| line.starts_with(name));
        let mut lines: Vec<String> = text.lines().filter(is_compared).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    samples(&String::from_utf8_lossy(&text)) == samples(expected)
}

fn durations(scene: &Scene) -> usize {
    let names = ["alloy_component_dependencies_wait_seconds", "alloy_component_evaluation_seconds"];
    let families = scene.hub.gather();
    let wanted = families.iter().filter(|family| names.contains(&family.name()));
    wanted.map(|family| family.get_metric().len()).sum()
}

pub(crate) fn foreach_stringer(_: &Path, archive: &Archive) -> Result<(), String> {
    let scene = Scene::new(Stability::Experimental);
    scene.load(archive.get("main.alloy").unwrap_or_default())?;
    let logs = [
        ("expected_debug_info.txt", "testcomponents.string_receiver.log"),
        ("expected_debug_info2.txt", "testcomponents.string_receiver.log2"),
    ];
    for (file, id) in logs {
        let Some(expected) = archive.get(file) else { continue };
        let is_there = |scene: &Scene| match scene.debug_info(id) {
            Some(Value::String(text)) => text.to_lossy().trim_end() == expected.trim_end(),
            _ => false,
        };
        scene
            .until(&format!("{id} has {expected:?}"), |scene| is_there(scene))
            .map_err(|error| format!("{error} has {:?}", scene.debug_info(id)))?;
    }
    Ok(())
}
