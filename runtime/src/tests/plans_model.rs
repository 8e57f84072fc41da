//! Random pairs of configurations: what a plan says is what the entry of the load says, and what
//! happens to the components.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use alloy_value::Stability;
use proptest::prelude::*;

use super::fixture::{self, Fixture};
use crate::{Action, LoadRequest, Outcome, Plan, ReloadMode};

/// Value of a component.
#[derive(Clone, Copy, Debug)]
enum Input {
    Own(u8),
    /// Of the node with this number, which may not be there.
    Of(usize),
}

#[derive(Clone, Debug)]
struct Config {
    nodes: Vec<Option<Input>>,
    /// Body of the `declare`, and whether the `declare` is there under its own name.
    module: (u8, bool),
    /// What instances of the module get.
    instances: Vec<Option<Input>>,
    elements: Option<Vec<u8>>,
    metrics: bool,
    comment: bool,
    odd: Odd,
}

/// What is not a component, or reads more than components.
#[derive(Clone, Debug)]
struct Odd {
    /// Variable of the environment that a node reads.
    variable: Option<u8>,
    /// What an import brings, and what its user gets.
    import: Option<(u8, Option<Input>)>,
    /// Level of the log.
    level: Option<usize>,
}

const NODES: usize = 4;
const LEVELS: &[&str] = &["debug", "info"];

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![3 => (0..3_u8).prop_map(Input::Own), 2 => (0..NODES).prop_map(Input::Of)]
}

fn odd() -> impl Strategy<Value = Odd> {
    (
        prop::option::of(0..3_u8),
        prop::option::of((0..2_u8, prop::option::of(input()))),
        prop::option::of(0..LEVELS.len()),
    )
        .prop_map(|(variable, import, level)| Odd { variable, import, level })
}

fn config() -> impl Strategy<Value = Config> {
    (
        prop::collection::vec(prop::option::weighted(0.8, input()), NODES),
        (0..3_u8, prop::bool::weighted(0.9)),
        prop::collection::vec(prop::option::of(input()), 2),
        prop::option::of(prop::collection::vec(0..4_u8, 0..4)),
        any::<bool>(),
        any::<bool>(),
        odd(),
    )
        .prop_map(|(nodes, module, instances, elements, metrics, comment, odd)| Config {
            nodes,
            module,
            instances,
            elements,
            metrics,
            comment,
            odd,
        })
}

fn expression(input: Input) -> String {
    match input {
        Input::Own(value) => format!("\"{value}\""),
        Input::Of(at) => format!("test.node.n{at}.value"),
    }
}

impl Config {
    /// The same without references that a load refuses.
    fn valid(mut self) -> Self {
        self.module.1 = true;
        let there: Vec<bool> = self.nodes.iter().map(Option::is_some).collect();
        let repair = |at: usize, input: &mut Input| {
            if let Input::Of(of) = *input
                && (of >= at || !there[of])
            {
                *input = Input::Own(0);
            }
        };
        for (at, node) in self.nodes.iter_mut().enumerate() {
            node.iter_mut().for_each(|input| repair(at, input));
        }
        self.instances.iter_mut().flatten().for_each(|input| repair(NODES, input));
        let user = self.odd.import.iter_mut().flat_map(|(_, user)| user);
        user.for_each(|input| repair(NODES, input));
        self
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(input) = node else { continue };
            let input = expression(*input);
            let _ok = writeln!(text, "test.node \"n{at}\" {{ value = {input} }}");
        }
        if self.comment {
            text.push_str("// a comment\n\n");
        }
        let (body, is_there) = self.module;
        let name = if is_there { "m" } else { "elsewhere" };
        let inner = match body {
            0 => "argument.x.value",
            1 => "argument.y.value",
            _ => "\"fixed\"",
        };
        let more = if body == 2 { "test.node \"more\" { value = argument.x.value }\n" } else { "" };
        let _ok = writeln!(
            text,
            "declare \"{name}\" {{\nargument \"x\" {{ }}\nargument \"y\" {{\noptional = true\n\
             default = \"{body}\"\n}}\ntest.node \"inner\" {{ value = {inner} }}\n{more}\
             export \"out\" {{ value = {inner} }}\n}}"
        );
        for (at, instance) in self.instances.iter().enumerate() {
            let Some(input) = instance else { continue };
            let input = expression(*input);
            let _ok = writeln!(text, "m \"i{at}\" {{ x = {input} }}");
            let _ok = writeln!(text, "test.node \"after{at}\" {{ value = m.i{at}.out }}");
        }
        if let Some(elements) = &self.elements {
            let _ok = writeln!(
                text,
                "foreach \"f\" {{\ncollection = {elements:?}\nvar = \"v\"\nenable_metrics = {}\n\
                 template {{\ntest.node \"each\" {{ value = string.format(\"%d\", v) }}\n}}\n}}",
                self.metrics
            );
        }
        if let Some(variable) = self.odd.variable {
            let _ok = writeln!(text, "test.node \"env\" {{ value = sys.env(\"V{variable}\") }}");
            let _ok = writeln!(text, "m \"env\" {{ x = sys.env(\"V{variable}\") }}");
            let _ok = writeln!(text, "test.node \"behind\" {{ value = m.env.out }}");
            let _ok = writeln!(
                text,
                "foreach \"env\" {{\ncollection = encoding.from_json(sys.env(\"LIST{variable}\"))\n\
                 var = \"v\"\ntemplate {{\nm \"each\" {{ x = v }}\n}}\n}}"
            );
        }
        if let Some((content, user)) = self.odd.import {
            let _ok = writeln!(
                text,
                "import.string \"lib\" {{\ncontent = `declare \"w\" {{\nargument \"x\" {{ }}\n\
                 test.node \"deep\" {{ value = argument.x.value }}\n\
                 export \"out\" {{ value = \"{content}\" }}\n}}`\n}}"
            );
            if let Some(input) = user {
                let input = expression(input);
                let _ok = writeln!(text, "lib.w \"u\" {{ x = {input} }}");
                let _ok = writeln!(text, "test.node \"user\" {{ value = lib.w.u.out }}");
            }
        }
        if let Some(level) = self.odd.level {
            let _ok = writeln!(text, "logging {{ level = \"{}\" }}", LEVELS[level]);
        }
        text
    }
}

/// How many components of each name there are, of those that really run.
fn names<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for id in ids.filter(|id| id.contains("test.node.")) {
        let name = id.rsplit('.').next().unwrap_or_default();
        *names.entry(name.to_owned()).or_default() += 1;
    }
    names
}

fn planned(plan: &Plan, actions: &[Action]) -> BTreeMap<String, usize> {
    let changes = plan.changes.iter().filter(|change| actions.contains(&change.action));
    names(changes.map(|change| &*change.id))
}

fn logged(log: &[String], what: &str) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for line in log {
        let mut words = line.split(' ');
        if words.next() == Some(what) {
            *names.entry(words.next().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    names
}

/// True if a plan leaves open what modules will hold.
fn is_open(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| {
        let runs_module = !change.id.contains("test.node.") && &*change.id != "logging";
        let is_import = change.id.starts_with("import.");
        is_import || runs_module && (change.reason.is_some() || change.action == Action::Created)
    })
}

/// The arguments of each component.
fn arguments(t: &Fixture) -> BTreeMap<String, String> {
    let snapshot = t.snapshot();
    let of = |cell: &std::sync::Arc<crate::NodeCell>| {
        let args = cell.state().args.as_ref().map(|args| format!("{:?}", args.encode()));
        (cell.info.id.to_string(), args.unwrap_or_default())
    };
    snapshot.nodes.iter().map(of).collect()
}

/// A load in an environment whose variables differ and have something in common.
fn request(config: &Config) -> LoadRequest {
    let env = [("V0", "0"), ("V1", "1"), ("V2", "0")];
    let lists = [("LIST0", "[\"a\"]"), ("LIST1", "[\"b\", \"a\"]"), ("LIST2", "[]")];
    let env = env.into_iter().chain(lists).map(|(name, value)| (name.to_owned(), value.to_owned()));
    LoadRequest { env: env.collect(), ..fixture::request(&config.text(), ReloadMode::Atomic) }
}

fn run(old: &Config, new: &Config) {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    tokio.block_on(async {
        let t = Fixture::with(|options| options.stability = Stability::Experimental);
        t.runtime.load(request(old)).await.unwrap();
        let running = |t: &Fixture| {
            t.snapshot().nodes.iter().filter(|cell| &*cell.info.name == "test.node").count()
        };
        let started = running(&t);
        t.until("all start", || t.board.count("start") == started).await;
        t.board.take_log();

        let plan = t.runtime.plan(request(new)).await;
        assert_eq!(t.board.take_log(), Vec::<String>::new(), "a plan does nothing");
        let before = arguments(&t);
        let loaded = t.runtime.load(request(new)).await;
        let entry = t.last_load();
        let plan = match plan {
            Ok(planned) => planned.plan,
            Err(error) => {
                assert_eq!(loaded.unwrap_err().to_string(), error.to_string());
                assert_eq!(entry.outcome, Outcome::Refused);
                assert_eq!(entry.error, Some(error.to_string()));
                assert_eq!(t.board.take_log(), Vec::<String>::new());
                return;
            }
        };
        assert_eq!(entry.plan.as_ref(), Some(&plan));
        assert_eq!(entry.outcome == Outcome::Applied, loaded.is_ok());
        let total = plan.counts.untouched + plan.changes.len() - plan.counts.removed;
        let shown = |cell: &&std::sync::Arc<crate::NodeCell>| {
            !["argument", "export"].contains(&&*cell.info.name)
        };
        if !is_open(&plan) {
            assert_eq!(t.snapshot().nodes.iter().filter(shown).count(), total, "{plan:?}");
        }

        let gone: usize = planned(&plan, &[Action::Removed, Action::Recreated]).values().sum();
        t.until("removed ones stop", || t.board.count("stop") >= gone).await;
        let log = t.board.take_log();
        if !is_open(&plan) {
            let built = logged(&log, "build");
            assert_eq!(
                planned(&plan, &[Action::Created, Action::Recreated]),
                built,
                "{plan:?} {log:?}"
            );
            let stopped = planned(&plan, &[Action::Removed, Action::Recreated]);
            assert_eq!(stopped, logged(&log, "stop"), "{plan:?} {log:?}");
        }
        let updates = logged(&log, "update");
        let after = arguments(&t);
        for change in plan.changes.iter().filter(|c| c.action == Action::Updated) {
            if let (None, Some((_, name))) = (&change.reason, change.id.rsplit_once("test.node.")) {
                // What follows from other changes of the load may end at the arguments of before.
                let is_same = before.get(&*change.id) == after.get(&*change.id);
                let is_updated = is_same || updates.contains_key(name);
                assert!(is_updated, "{} is updated: {log:?}", change.id);
            }
        }
        if plan.changes.is_empty() {
            assert!(log.is_empty(), "{log:?}");
        }
        // The same text again.
        let again = t.runtime.plan(request(new)).await.unwrap().plan;
        assert_eq!(again.changes, [], "{log:?}");
        t.runtime.shutdown().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn plans_agree_with_what_happens(
        old in config(),
        new in config(),
        same_but in prop::option::of(0..7_u8),
    ) {
        let old = old.valid();
        // Half of the time only one thing differs.
        let new = match same_but {
            None => new,
            Some(0) => Config { nodes: new.nodes, ..old.clone() },
            Some(1) => Config { module: new.module, ..old.clone() },
            Some(2) => Config { instances: new.instances, ..old.clone() },
            Some(3) => Config { elements: new.elements, ..old.clone() },
            Some(4) => Config { metrics: new.metrics, ..old.clone() },
            Some(5) => Config { odd: new.odd, ..old.clone() },
            Some(_) => Config { comment: new.comment, ..old.clone() },
        };
        let mut new = new;
        if old.odd.variable != new.odd.variable {
            // A plan does not know which elements go, so it tells what the new text makes of them.
            new.module = old.module;
        }
        run(&old, &new);
    }
}
