//! Tests of the engine as a whole: transactions, incrementality by events, findings.

mod findings;
mod incremental;
mod model;
mod modules;
mod rich;
mod signatures;
mod transactions;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use alloy_value::{
    ArcArgs, Args, Block, Definition, DefinitionKind, Exports, Object, Registry, Secret, Stability,
    Str, Value,
};

use crate::{Engine, HostFacts, Load, NodeChange, Options, Source};

/// Arguments of the components that tests use.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct TestArgs {
    #[args(optional)]
    pub(crate) text: String,
    #[args(optional)]
    pub(crate) number: i64,
    #[args(optional)]
    pub(crate) items: Vec<String>,
    #[args(optional)]
    pub(crate) any: Value,
    #[args(optional)]
    pub(crate) object: Rule,
    #[args(optional)]
    pub(crate) objects: Vec<Rule>,
    pub(crate) token: Option<Secret>,
    #[args(block, name = "rule")]
    pub(crate) rules: Vec<Rule>,
    #[args(block)]
    pub(crate) limit: Option<Limit>,
}

/// Exports of `test.source`.
#[derive(Exports, Clone, Debug, PartialEq)]
pub(crate) struct TestExports {
    pub(crate) text: String,
    pub(crate) items: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) source: String,
    #[args(default = "1m")]
    pub(crate) every: std::time::Duration,
}

#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub(crate) struct Limit {
    #[args(optional)]
    pub(crate) bytes: i64,
}

impl Limit {
    fn check(&self) -> Result<(), String> {
        if self.bytes < 0 { Err("bytes must not be negative".to_owned()) } else { Ok(()) }
    }
}

const fn definition(name: &'static str, kind: DefinitionKind) -> Definition {
    Definition {
        name,
        kind,
        stability: Stability::GenerallyAvailable,
        community: false,
        args: Some((<TestArgs as Args>::schema, ArcArgs::decode::<TestArgs>)),
        exports: None,
        doc: "",
    }
}

pub(crate) static NODE: Definition = definition("test.node", DefinitionKind::Component);
static SOURCE: Definition = Definition {
    exports: Some(<TestExports as Exports>::schema),
    ..definition("test.source", DefinitionKind::Component)
};
static SYS: Definition = definition("sys", DefinitionKind::Component);
static LOGGING: Definition = definition("logging", DefinitionKind::ConfigBlock);
static NEW: Definition = Definition {
    stability: Stability::Experimental,
    ..definition("test.new", DefinitionKind::Component)
};
static COMMUNITY: Definition =
    Definition { community: true, ..definition("test.community", DefinitionKind::Component) };
static LATER: Definition =
    Definition { args: None, ..definition("loki.write", DefinitionKind::Component) };

pub(crate) static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::new([&NODE, &SOURCE, &SYS, &LOGGING, &NEW, &COMMUNITY, &LATER]));

pub(crate) fn engine() -> Engine {
    Engine::recording(&REGISTRY, HostFacts::default(), Options::default())
}

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let source =
        |(name, text): &(&str, &str)| Source { name: Arc::from(*name), text: Arc::from(*text) };
    files.iter().map(source).collect()
}

pub(crate) fn load_of(text: &str) -> Load {
    Load { sources: sources(&[("main.alloy", text)]), ..Load::default() }
}

/// Loads, evaluates what is new, commits; shows changes and arguments.
pub(crate) fn run(engine: &mut Engine, load: Load) -> String {
    let mut out = String::new();
    match engine.load(load) {
        Err(rejected) => {
            for diagnostic in &rejected.diagnostics {
                writeln!(out, "{diagnostic}").unwrap();
            }
        }
        Ok(pending) => {
            for diagnostic in &pending.warnings {
                writeln!(out, "warning {diagnostic}").unwrap();
            }
            for change in pending.changes {
                let (verb, id) = match change {
                    NodeChange::Added(id) => ("added", id),
                    NodeChange::Changed(id) => ("changed", id),
                    NodeChange::Removed(id) => ("removed", id),
                };
                write!(out, "{verb} {}", engine.node(id).unwrap().block_id).unwrap();
                if verb != "removed" {
                    match engine.evaluate(id) {
                        Ok(args) => write!(out, ": {}", shown(&args)).unwrap(),
                        Err(error) => write!(out, ": {error}").unwrap(),
                    }
                }
                out.push('\n');
            }
            engine.commit();
        }
    }
    out
}

fn shown(args: &ArcArgs) -> String {
    let args = args.downcast_ref::<TestArgs>().unwrap();
    let mut parts = Vec::new();
    if !args.text.is_empty() {
        parts.push(format!("text={:?}", args.text));
    }
    if args.number != 0 {
        parts.push(format!("number={}", args.number));
    }
    if !args.items.is_empty() {
        parts.push(format!("items={:?}", args.items));
    }
    parts.join(" ")
}

pub(crate) fn load(engine: &mut Engine, text: &str) -> String {
    run(engine, load_of(text))
}

pub(crate) fn text_exports(text: &str) -> Option<Value> {
    let member = (Str::from("text"), Value::from(text));
    Some(Value::from(Object::from_iter([member])))
}

pub(crate) fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Queries that ran, without their keys, counted.
pub(crate) fn executed(engine: &Engine) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in engine.executed() {
        let name = event.split('(').next().unwrap_or_default().to_owned();
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}
