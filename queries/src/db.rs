//! The database: salsa's storage and the few things that are fixed or written once.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_value::Registry;
use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;
use salsa::Durability;

use crate::inputs::{Block, EnvVar, Host, Instance, Node};
use crate::steps::StepLog;

/// What queries see of the database.
#[salsa::db]
pub(crate) trait Db: salsa::Database {
    /// Definitions of all blocks; fixed for the life of the database.
    fn registry(&self) -> &'static Registry;
    /// Facts about the process; fixed for the life of the database.
    fn host(&self) -> Host;
    /// The input of an environment variable, created from the snapshot of the last load when it is
    /// read first.
    fn env_var(&self, name: &str) -> EnvVar;
    /// The node of `block` in `instance`. Fixed as long as both exist, hence no tracked read.
    fn node(&self, instance: Instance, block: Block) -> Option<Node>;
}

/// Environment variables that some expression has read, and the snapshot for those to come.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) snapshot: Arc<BTreeMap<String, String>>,
    pub(crate) vars: FxHashMap<Box<str>, EnvVar>,
}

#[salsa::db]
#[derive(Clone)]
pub(crate) struct Database {
    storage: salsa::Storage<Self>,
    registry: &'static Registry,
    host: Option<Host>,
    pub(crate) environment: Arc<Mutex<Environment>>,
    pub(crate) nodes: Arc<RwLock<NodeTable>>,
}

/// Nodes by what they are of, with their number in the store.
pub(crate) type NodeTable = FxHashMap<(Instance, Block), (Node, u32)>;

/// Names of the queries that were executed, in order, while recording is on.
pub(crate) type EventLog = Arc<Mutex<Vec<String>>>;

impl Database {
    pub(crate) fn new(
        registry: &'static Registry,
        log: Option<EventLog>,
        steps: Option<StepLog>,
    ) -> Self {
        let is_watched = log.is_some() || steps.is_some();
        let record = move |event: salsa::Event| {
            if let Some(steps) = &steps {
                steps.lock().note(&event.kind);
            }
            if let (Some(log), salsa::EventKind::WillExecute { database_key }) = (&log, event.kind)
            {
                log.lock().push(format!("{database_key:?}"));
            }
        };
        let callback =
            is_watched.then(|| Box::new(record) as Box<dyn Fn(salsa::Event) + Send + Sync>);
        Self {
            storage: salsa::Storage::new(callback),
            registry,
            host: None,
            environment: Arc::default(),
            nodes: Arc::default(),
        }
    }

    pub(crate) fn set_host(&mut self, host: Host) {
        self.host = Some(host);
    }
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn registry(&self) -> &'static Registry {
        self.registry
    }

    fn host(&self) -> Host {
        #[expect(
            clippy::expect_used,
            reason = "the engine sets it before it hands the database out"
        )]
        self.host.expect("host facts are set when the engine is made")
    }

    fn env_var(&self, name: &str) -> EnvVar {
        let mut environment = self.environment.lock();
        if let Some(var) = environment.vars.get(name) {
            return *var;
        }
        let value = environment.snapshot.get(name).map(|value| Arc::from(value.as_str()));
        let var = EnvVar::builder(value).durability(Durability::MEDIUM).new(self);
        environment.vars.insert(name.into(), var);
        var
    }

    fn node(&self, instance: Instance, block: Block) -> Option<Node> {
        self.nodes.read().get(&(instance, block)).map(|(node, _)| *node)
    }
}
