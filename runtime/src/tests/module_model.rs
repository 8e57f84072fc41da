//! Random lives of a configuration with modules, under virtual time: loads (refused ones too),
//! exports, slow updates, refused updates, failing evaluations, exits, panics, late messages, other
//! imports, stops at any moment. After each step the running configuration is what a controller has
//! that starts with this text; what fails keeps what it had.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alloy_component::{ComponentError, Health};
use alloy_value::Stability;
use proptest::prelude::*;

use super::fixture::{Fixture, busy};
use crate::event::{Epoch, Event, Exit};
use crate::{GraphSnapshot, LoadFailure};

const SOURCES: usize = 2;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Literal(u8),
    Source(usize),
}

impl Input {
    fn text(self) -> String {
        match self {
            Self::Literal(value) => format!("\"{value}\""),
            Self::Source(at) => format!("test.node.s{at}.value"),
        }
    }
}

#[derive(Clone, Debug)]
struct Foreach {
    items: Vec<Input>,
    template: usize,
    metrics: bool,
}

/// A node that does not evaluate while its source exports more than 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Picker {
    source: usize,
    /// Part of what it picks from.
    word: u8,
}

impl Picker {
    fn pick(self, value: &str) -> Option<String> {
        let at: usize = value.parse().expect("sources export numbers");
        ["a", "b"].get(at).map(|letter| format!("{letter}{}", self.word))
    }
}

#[derive(Clone, Debug)]
struct Import {
    /// Part of the text of the module.
    suffix: Input,
    users: [Option<Input>; 2],
}

/// A configuration that is in order.
#[derive(Clone)]
struct Config {
    /// What the text says; the test may export something else.
    sources: [u8; SOURCES],
    module: usize,
    customs: [Option<Input>; 2],
    foreach: Option<Foreach>,
    import: Option<Import>,
    /// Which file is imported, and what its user gets.
    disk: Option<(usize, Input)>,
    picker: Option<Picker>,
    /// Value of a node that refuses every update.
    stubborn: Option<u8>,
    /// The source that so many nodes read that it rests.
    crowded: Option<usize>,
    /// Nodes that read two of what comes before them, by place.
    readers: Vec<(usize, usize)>,
    /// The reader whose update waits for the test.
    slow: Option<usize>,
}

/// Bodies of the module: its argument is `x`, its export is `out`.
const MODULES: &[&str] = &[
    "argument \"x\" { }\n export \"out\" { value = argument.x.value }",
    "argument \"x\" { }\n test.node \"in\" { value = argument.x.value }\n \
     export \"out\" { value = test.node.in.value }",
    "argument \"x\" { }\n test.node \"in\" { value = argument.x.value }\n \
     test.node \"on\" { value = test.node.in.value }\n \
     export \"out\" { value = test.node.on.value }",
    "argument \"x\" { }\n declare \"deep\" {\n  argument \"y\" { }\n  \
     test.node \"in\" { value = argument.y.value }\n  \
     export \"out\" { value = test.node.in.value }\n }\n deep \"n\" { y = argument.x.value }\n \
     export \"out\" { value = deep.n.out }",
    "argument \"x\" { }\n foreach \"ff\" {\n  collection = [argument.x.value]\n  var = \"y\"\n  \
     template { test.node \"in\" { value = y } }\n }\n export \"out\" { value = argument.x.value }",
    "argument \"x\" {\n  optional = true\n  default = \"none\"\n }\n \
     test.node \"in\" { value = \"got \" + argument.x.value }\n \
     export \"out\" { value = test.node.in.value }",
];

/// Templates over `each`.
const TEMPLATES: &[&str] = &[
    "test.node \"e\" { value = each }",
    "mod \"i\" { x = each }\n test.node \"e\" { value = mod.i.out }",
    "test.node \"e\" {\n  value = each\n  inputs = [test.node.s0.value]\n }",
];

/// Readers that make a source rest, and one more.
const CROWD: usize = 11;

/// Two files with the same modules.
static DISK: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a directory");
    for which in 0..2 {
        let text = format!(
            "declare \"w\" {{\n argument \"x\" {{ }}\n test.node \"in\" {{ value = argument.x.value }}\n \
             export \"out\" {{ value = test.node.in.value + \"-disk {which}\" }}\n}}\n"
        );
        std::fs::write(dir.path().join(format!("{which}.alloy")), text).expect("a file");
    }
    dir
});

/// What is wrong with a text, put at its end.
const WRONG: &[&str] = &[
    "test.node \"x\" { value = test.node.nowhere.value }",
    "test.node \"x\" { value = test.node.y.value }\n test.node \"y\" { value = test.node.x.value }",
    "test.node \"x\" {",
    "test.node \"s0\" { }",
    "mod \"x\" {\n  x = \"1\"\n  more = \"2\"\n}",
    "test.node \"x\" { value = encoding.from_json(\"{\") }",
    "mod \"x\" { x = encoding.from_json(\"{\") }",
    "no.such \"x\" { }",
    "declare \"again\" {\n  again \"x\" { }\n}\nagain \"x\" { }",
    "foreach \"x\" {\n  collection = [\"1\"]\n  var = \"each\"\n  template { no.such \"x\" { } }\n}",
];

impl Config {
    fn text(&self, gate: &str) -> String {
        // A component that ends at once, and one that panics when the test says so.
        let mut text = "test.node \"brief\" { fault = \"exit\" }\n\
                        test.node \"boom\" { fault = \"panic at boom\" }\n"
            .to_owned();
        let mut values = Vec::new();
        for (at, value) in self.sources.iter().enumerate() {
            writeln!(text, "test.node \"s{at}\" {{ value = \"{value}\" }}").unwrap();
            values.push(format!("test.node.s{at}.value"));
        }
        writeln!(text, "declare \"mod\" {{\n {}\n}}", MODULES[self.module]).unwrap();
        for (at, input) in self.customs.iter().enumerate() {
            if let Some(input) = input {
                writeln!(text, "mod \"c{at}\" {{ x = {} }}", input.text()).unwrap();
                values.push(format!("mod.c{at}.out"));
            }
        }
        if let Some(foreach) = &self.foreach {
            let items: Vec<_> = foreach.items.iter().map(|item| item.text()).collect();
            let (items, metrics) = (items.join(", "), foreach.metrics);
            let template = TEMPLATES[foreach.template];
            writeln!(
                text,
                "foreach \"f\" {{\n collection = [{items}]\n var = \"each\"\n \
                 enable_metrics = {metrics}\n template {{\n {template}\n }}\n}}"
            )
            .unwrap();
        }
        if let Some(import) = &self.import {
            let suffix = import.suffix.text();
            writeln!(
                text,
                "import.string \"lib\" {{\n content = \"declare \\\"w\\\" {{ argument \\\"x\\\" {{ }}\\n \
                 export \\\"out\\\" {{\\n value = argument.x.value + \\\"-\" + {suffix} + \"\\\"\\n}} }}\"\n}}"
            )
            .unwrap();
            for (at, input) in import.users.iter().enumerate() {
                if let Some(input) = input {
                    writeln!(text, "lib.w \"w{at}\" {{ x = {} }}", input.text()).unwrap();
                    values.push(format!("lib.w.w{at}.out"));
                }
            }
        }
        if let Some((which, input)) = &self.disk {
            let (dir, input) = (DISK.path().display(), input.text());
            writeln!(
                text,
                "import.file \"disk\" {{ filename = \"{dir}/{which}.alloy\" }}\n\
                 disk.w \"d\" {{ x = {input} }}"
            )
            .unwrap();
            values.push("disk.w.d.out".to_owned());
        }
        if let Some(Picker { source, word }) = self.picker {
            writeln!(
                text,
                "test.node \"pick\" {{\n value = [\"a{word}\", \"b{word}\"]\
                 [encoding.from_json(test.node.s{source}.value)]\n}}"
            )
            .unwrap();
        }
        if let Some(value) = self.stubborn {
            writeln!(text, "test.node \"stub\" {{\n value = \"{value}\"\n fault = \"update\"\n}}")
                .unwrap();
        }
        for at in 0..self.crowded.map_or(0, |_| CROWD) {
            let source = self.crowded.unwrap_or_default();
            writeln!(text, "test.node \"k{at}\" {{ value = test.node.s{source}.value }}").unwrap();
        }
        for (at, (one, two)) in self.readers.iter().enumerate() {
            let (one, two) = (&values[one % values.len()], &values[two % values.len()]);
            let gate = if self.slow == Some(at) { gate } else { "" };
            writeln!(
                text,
                "test.node \"r{at}\" {{\n value = {one}\n inputs = [{two}]\n gate = \"{gate}\"\n}}"
            )
            .unwrap();
            values.push(format!("test.node.r{at}.value"));
        }
        text
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text("GATE"))
    }
}

#[derive(Clone)]
struct Step {
    config: Config,
    /// Instead of the configuration comes one with this fault.
    wrong: Option<usize>,
    /// While the load is under way, as far as the text leaves these sources alone.
    during: Vec<(usize, u8)>,
    after: Vec<(usize, u8)>,
    panics: bool,
    late: bool,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "load:\n{:?}", self.config)?;
        if let Some(wrong) = self.wrong {
            writeln!(f, "{}", WRONG[wrong])?;
        }
        write!(f, "exports during it {:?}, after it {:?}", self.during, self.after)?;
        for (happens, what) in [(self.late, "late messages"), (self.panics, "a panic")] {
            if happens {
                write!(f, "; {what}")?;
            }
        }
        Ok(())
    }
}

/// All of a life; its debug text is what a failure prints.
#[derive(Clone)]
struct Story {
    first: Config,
    steps: Vec<Step>,
    last: Option<Config>,
}

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n--- first load:\n{:?}", self.first)?;
        for (at, step) in self.steps.iter().enumerate() {
            write!(f, "\n--- step {at}, {step:?}")?;
        }
        match &self.last {
            Some(last) => write!(f, "\n--- stopped in the load of\n{last:?}"),
            None => write!(f, "\n--- stopped"),
        }
    }
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![(0..3_u8).prop_map(Input::Literal), (0..SOURCES).prop_map(Input::Source)]
}

fn config() -> impl Strategy<Value = Config> {
    let foreach = (prop::collection::vec(input(), 0..4), 0..TEMPLATES.len(), any::<bool>())
        .prop_map(|(items, template, metrics)| Foreach { items, template, metrics });
    let users = [prop::option::of(input()), prop::option::of(input())];
    let import = (input(), users).prop_map(|(suffix, users)| Import { suffix, users });
    let picker = (0..SOURCES, 0..2_u8).prop_map(|(source, word)| Picker { source, word });
    let odd = (
        prop::option::of((0..2_usize, input())),
        prop::option::of(picker),
        prop::option::of(0..3_u8),
        prop::option::weighted(0.3, 0..SOURCES),
    );
    (
        [0..2_u8, 0..2_u8],
        0..MODULES.len(),
        [prop::option::of(input()), prop::option::of(input())],
        prop::option::of(foreach),
        prop::option::of(import),
        prop::collection::vec((0..64_usize, 0..64_usize), 0..4),
        prop::option::weighted(0.2, 0..4_usize),
        odd,
    )
        .prop_map(|(sources, module, customs, foreach, import, readers, slow, odd)| {
            let (disk, picker, stubborn, crowded) = odd;
            Config {
                sources,
                module,
                customs,
                foreach,
                import,
                disk,
                picker,
                stubborn,
                crowded,
                readers,
                slow,
            }
        })
}

fn step() -> impl Strategy<Value = Step> {
    let exports = || prop::collection::vec((0..SOURCES, 10..60_u8), 0..4);
    (
        config(),
        prop::option::weighted(0.25, 0..WRONG.len()),
        exports(),
        exports(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(config, wrong, during, after, panics, late)| Step {
            config,
            wrong,
            during,
            after,
            panics,
            late,
        })
}

fn story() -> impl Strategy<Value = Story> {
    (config(), prop::collection::vec(step(), 1..5), prop::option::of(config()))
        .prop_map(|(first, steps, last)| Story { first, steps, last })
}

fn fixture() -> Fixture {
    Fixture::with(|options| options.stability = Stability::Experimental)
}

/// What there is and what it has: arguments, exports, health of the evaluation, edges.
fn dump(t: &Fixture) -> BTreeMap<String, String> {
    let snapshot = t.snapshot();
    let id = |at: &usize| snapshot.nodes[*at].info.id.to_string();
    let line = |(cell, edges): (&Arc<crate::NodeCell>, &crate::NodeEdges)| {
        let state = cell.state();
        let args = state.args.as_ref().map(|args| format!("{:?}", args.encode()));
        let reads: BTreeSet<_> = edges.references_to.iter().map(id).collect();
        let shown = format!(
            "{args:?} {:?} {}: {} {:?} reads {reads:?}",
            state.exports,
            state.evaluation.state.as_str(),
            state.evaluation.message,
            state.content.as_ref().map(|content| &content.message),
        );
        (cell.info.id.to_string(), shown)
    };
    let all = snapshot.nodes.iter().zip(snapshot.edges.iter()).map(line);
    // What fails depends on what was before.
    all.filter(|(id, _)| !["test.node.pick", "test.node.stub"].contains(&&**id)).collect()
}

/// A life of a configuration.
struct Life {
    t: Fixture,
    /// What the text says now, and the gate in it.
    config: Config,
    gate: String,
    /// What the sources export.
    values: [String; SOURCES],
    /// What the picker has picked last.
    picked: Option<String>,
    /// What the stubborn node was built with.
    built: Option<u8>,
    panics: u32,
}

impl Life {
    async fn begin(config: Config) -> Self {
        let t = fixture();
        t.board.open("first");
        t.load(&config.text("first")).await.expect("the text is in order");
        let values = config.sources.map(|value| value.to_string());
        let picked = config.picker.and_then(|picker| picker.pick(&values[picker.source]));
        let (built, gate) = (config.stubborn, "first".to_owned());
        let life = Self { t, config, gate, values, picked, built, panics: 0 };
        life.check_order(&GraphSnapshot::default()).await;
        life
    }

    fn export(&mut self, at: usize, value: u8) {
        self.t.board.export(&format!("test.node.s{at}"), &value.to_string());
        self.values[at] = value.to_string();
    }

    async fn step(&mut self, number: usize, step: &Step) {
        let before = self.t.snapshot();
        match step.wrong {
            Some(wrong) => self.load_wrong(step, WRONG[wrong]).await,
            None if self.is_refused(&step.config) => self.load_wrong(step, "").await,
            None => self.load(number, step).await,
        }
        for (at, value) in &step.after {
            self.export(*at, *value);
        }
        if step.late {
            self.send_late_messages();
        }
        if step.panics {
            self.panic().await;
        }
        self.compare().await;
        self.check_failing().await;
        self.check_health();
        self.check_order(&before).await;
    }

    /// True if the picker is new or another one and does not evaluate with the exports of now.
    fn is_refused(&self, config: &Config) -> bool {
        let picker = config.picker.filter(|picker| self.config.picker != Some(*picker));
        picker.is_some_and(|picker| picker.pick(&self.values[picker.source]).is_none())
    }

    /// Refused as a whole: nothing changes.
    async fn load_wrong(&mut self, step: &Step, wrong: &str) {
        // Exports may still be on their way, so that values are compared after the step only.
        let state = || {
            let snapshot = self.t.snapshot();
            let ids: Vec<_> = snapshot.nodes.iter().map(|cell| cell.info.id.clone()).collect();
            let [built, stopped] = ["build ", "stop "].map(|what| self.t.board.count(what));
            // This one ends by itself.
            (snapshot.revision, ids, built, stopped - self.t.board.count("stop brief"))
        };
        let before = state();
        let text = step.config.text(&self.gate) + wrong + "\n";
        let error = self.t.load(&text).await.expect_err("the text is wrong");
        assert!(!matches!(error.failure, LoadFailure::Applied), "{error}");
        assert_eq!(state(), before, "{error}");
    }

    async fn load(&mut self, number: usize, step: &Step) {
        self.gate = format!("gate {number}");
        let text = step.config.text(&self.gate);
        let loading = self.t.spawn_load(&text);
        for (at, value) in &step.during {
            // What a source exports that gets new arguments as well depends on who is faster, and so
            // does what a new picker sees.
            let picks = |config: &Config| config.picker.filter(|picker| picker.source == *at);
            if step.config.sources[*at] == self.config.sources[*at]
                && picks(&step.config) == picks(&self.config)
            {
                self.export(*at, *value);
                tokio::task::yield_now().await;
            }
        }
        self.t.board.open(&self.gate);
        let loaded = busy(loading).await.expect("no panic");
        self.built = step.config.stubborn.map(|value| match self.config.stubborn {
            Some(_) => self.built.unwrap_or(value),
            None => value,
        });
        match loaded {
            Ok(()) => assert_eq!(self.built, step.config.stubborn, "{text}"),
            Err(error) => {
                assert_eq!(error.failure, LoadFailure::Applied, "{error:?}\n{text}");
                assert_ne!(self.built, step.config.stubborn, "{error:?}\n{text}");
                assert_eq!(error.diagnostics.len(), 1, "{error:?}\n{text}");
            }
        }
        for at in 0..SOURCES {
            if step.config.sources[at] != self.config.sources[at] {
                self.values[at] = step.config.sources[at].to_string();
            }
        }
        self.config = step.config.clone();
        self.picked = self.config.picker.and_then(|picker| {
            picker.pick(&self.values[picker.source]).or_else(|| self.picked.take())
        });
    }

    /// C1: what does not evaluate, and what refuses an update, keeps what it has.
    async fn check_failing(&self) {
        if let Some(picker) = self.config.picker {
            let state = if picker.pick(&self.values[picker.source]).is_some() {
                "healthy: "
            } else {
                "unhealthy: component evaluation failed: "
            };
            let is_right = || {
                self.t.value("pick") == self.picked && {
                    let evaluation = self.t.cell("pick").state().evaluation.clone();
                    format!("{}: {}", evaluation.state.as_str(), evaluation.message)
                        .starts_with(state)
                }
            };
            self.t.until(&format!("{:?} {state}\n{:?}", self.picked, self.config), is_right).await;
        }
        if let Some(wanted) = self.config.stubborn {
            assert_eq!(self.t.value("stub"), self.built.map(|value| value.to_string()));
            let evaluation = self.t.cell("stub").state().evaluation.clone();
            let reason = match Some(wanted) == self.built {
                true => "component evaluated",
                false => "component evaluation failed: updating component: update failed",
            };
            assert_eq!(evaluation.message, reason, "{:?}", self.config);
        }
    }

    /// Messages of an earlier life of each node.
    fn send_late_messages(&self) {
        let events = self.t.runtime.events();
        let epoch = Epoch(0);
        for cell in self.t.snapshot().nodes.iter() {
            let node = cell.node;
            let exit = Exit::Panicked { reason: "late".to_owned(), ran: Duration::ZERO };
            let result = Err(ComponentError::new("late"));
            let mut late = vec![
                Event::Changed { node, epoch },
                Event::Exited { node, epoch, exit },
                Event::Restart { node, epoch },
                Event::Built { node, epoch, result },
            ];
            if let Some(args) = cell.state().args.clone() {
                let result = Err(ComponentError::new("late"));
                late.push(Event::Applied { node, epoch, args, result });
            }
            for event in late {
                events.send(event).expect("the controller runs");
            }
        }
    }

    /// Lets the component panic that does, and waits for its restart.
    async fn panic(&mut self) {
        self.panics += 1;
        self.t.board.open_once("boom");
        let count = || self.t.metric("alloy_component_panics_total", "test.node.boom");
        self.t.until("panic", || count() == Some(f64::from(self.panics))).await;
        self.t.until("shown", || self.t.health("boom").contains("; restarting in ")).await;
        tokio::time::advance(Duration::from_secs(61)).await;
        self.t.until("restart", || self.t.health("boom") == "healthy: started component").await;
    }

    /// A controller that starts with this text and hears of these exports has the same.
    async fn compare(&self) {
        let fresh = fixture();
        fresh.board.open(&self.gate);
        fresh.load(&self.config.text(&self.gate)).await.expect("the text is in order");
        for (at, value) in self.values.iter().enumerate() {
            fresh.board.export(&format!("test.node.s{at}"), value);
        }
        let limit = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            let (live, wanted) = (dump(&self.t), dump(&fresh));
            if live == wanted {
                break;
            }
            if std::time::Instant::now() > limit {
                let differ: Vec<_> = (live.keys().chain(wanted.keys()).collect::<BTreeSet<_>>())
                    .into_iter()
                    .filter(|id| live.get(*id) != wanted.get(*id))
                    .map(|id| {
                        format!("{id}\n  live  {:?}\n  fresh {:?}", live.get(id), wanted.get(id))
                    })
                    .collect();
                panic!("{}\n{}", differ.join("\n"), self.config.text(&self.gate));
            }
            tokio::task::yield_now().await;
        }
        busy(fresh.runtime.shutdown()).await;
    }

    /// Health is that of the part which is least healthy.
    fn check_health(&self) {
        for cell in self.t.snapshot().nodes.iter() {
            let state = cell.state();
            let parts = [&state.run, &state.evaluation].into_iter().chain(&state.content);
            if let Some(health) = cell.health() {
                assert_eq!(Some(&health), Health::least(parts), "{}", cell.info.id);
            }
        }
    }

    /// Of two that were started, the dependency came first; of two that were stopped, the
    /// dependant; and what was stopped was so before anything started.
    async fn check_order(&self, before: &GraphSnapshot) {
        let after = self.t.snapshot();
        let has_started = |cell: &Arc<crate::NodeCell>| {
            cell.component().is_none() || cell.state().run.message != "component created"
        };
        self.t.until("everything runs", || after.nodes.iter().all(has_started)).await;
        // The log is written by the components, a little later than the state.
        let is_new = |cell: &&Arc<crate::NodeCell>| {
            let is_old = |old: &Arc<crate::NodeCell>| Arc::ptr_eq(old, cell);
            let is_odd = cell.info.id.ends_with(".brief") || cell.info.id.ends_with(".boom");
            &*cell.info.name == "test.node"
                && !is_odd
                && !before.get(&cell.info.id).is_some_and(is_old)
        };
        let new = after.nodes.iter().filter(is_new).count();
        let count_starts = || self.t.board.count("start ") - self.t.board.count("start b");
        self.t.until("everything new has started", || count_starts() >= new).await;
        let gone = before.nodes.iter().filter(|cell| after.get(&cell.info.id).is_none());
        let gone = gone.filter(|cell| &*cell.info.name == "test.node").count();
        self.t
            .until("everything removed has stopped", || {
                let stops = self.t.board.count("stop ") - self.t.board.count("stop brief");
                stops >= gone
            })
            .await;
        // What runs by now has been handed to this thread, which has perhaps not come to it: the line
        // would be taken for one of the next step. One turn goes through 61 tasks at least.
        for _ in 0..=after.nodes.len() / 61 {
            tokio::task::yield_now().await;
        }
        let log = self.t.board.take_log();
        let at = |what: &str, id: &str| {
            let line = format!("{what} {}", id.rsplit('.').next().unwrap_or(id));
            log.iter().position(|logged| *logged == line)
        };
        let is_root = |id: &str| id.starts_with("test.node.");
        for (graph, what) in [(before, "stop"), (&*after, "start")] {
            for (cell, edges) in graph.nodes.iter().zip(graph.edges.iter()) {
                for dependency in &edges.references_to {
                    let dependency = &graph.nodes[*dependency].info.id;
                    let ids = (is_root(&cell.info.id), is_root(dependency));
                    let (true, true) = ids else { continue };
                    let (Some(own), Some(other)) = (at(what, &cell.info.id), at(what, dependency))
                    else {
                        continue;
                    };
                    assert_eq!(what == "start", own > other, "{what} {dependency}: {log:?}");
                }
            }
        }
    }
}

/// What a component has begun it ends.
fn check_runs(mut starts: BTreeMap<String, i64>, log: &[String]) {
    for line in log {
        match line.split_once(' ') {
            Some(("start", id)) => *starts.entry(id.to_owned()).or_default() += 1,
            Some(("stop", id)) => *starts.entry(id.to_owned()).or_default() -= 1,
            _ => {}
        }
    }
    starts.retain(|id, count| *count != 0 && id != "boom");
    assert!(starts.is_empty(), "not balanced: {starts:?} {log:?}");
}

fn live(Story { first, steps, last }: Story) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio.block_on(async {
        let mut life = Life::begin(first).await;
        for (number, step) in steps.iter().enumerate() {
            life.step(number, step).await;
        }
        life.t
            .until("everything runs", || {
                life.t.snapshot().nodes.iter().all(|cell| {
                    cell.state().run.message != "component created" || cell.component().is_none()
                })
            })
            .await;
        let running: BTreeMap<String, i64> = {
            let mut running = BTreeMap::new();
            for cell in life.t.snapshot().nodes.iter() {
                if &*cell.info.name == "test.node" && !cell.info.id.ends_with(".brief") {
                    let id = cell.info.id.rsplit('.').next().unwrap_or_default();
                    *running.entry(id.to_owned()).or_default() += 1;
                }
            }
            running
        };
        life.t.until("brief has ended", || life.t.health("brief").starts_with("exited")).await;
        life.t.board.take_log();
        // A stop comes at any moment, also in a load.
        let loading = last.as_ref().map(|config| life.t.spawn_load(&config.text("never")));
        tokio::task::yield_now().await;
        busy(life.t.runtime.shutdown()).await;
        if let Some(loading) = loading {
            drop(busy(loading).await.expect("an answer"));
        }
        check_runs(running, &life.t.board.take_log());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn life_with_modules_is_that_of_a_fresh_controller(story in story()) {
        live(story);
    }
}
