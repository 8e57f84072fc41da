//! Which queries ran for a node, for those who ask why it was evaluated.

use std::borrow::Cow;
use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use salsa::plumbing::AsId;

use crate::{Engine, NodeId};

/// Steps that are kept between two questions. The first load of a large configuration has more;
/// those are only counted.
const MAX_STEPS: usize = 16 * 1024;

/// A query that was asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, such as `evaluated`.
    pub query: Arc<str>,
    /// False if it was found to be up to date without running.
    pub executed: bool,
}

/// What the database reports.
#[derive(Debug, Default)]
pub(crate) struct Log {
    recent: Vec<(salsa::DatabaseKeyIndex, bool)>,
    executions: u64,
}

/// Shared with the database.
pub(crate) type StepLog = Arc<Mutex<Log>>;

impl Log {
    /// Notes an event of the database. O(1).
    pub(crate) fn note(&mut self, event: &salsa::EventKind) {
        let (key, executed) = match event {
            salsa::EventKind::WillExecute { database_key } => (*database_key, true),
            salsa::EventKind::DidValidateMemoizedValue { database_key } => (*database_key, false),
            _ => return,
        };
        self.executions += u64::from(executed);
        if self.recent.len() < MAX_STEPS {
            self.recent.push((key, executed));
        }
    }
}

/// Steps of the last load by what they are about, and names of queries.
#[derive(Default)]
pub(crate) struct Steps {
    log: Option<StepLog>,
    of_load: FxHashMap<salsa::Id, Vec<(salsa::DatabaseKeyIndex, bool)>>,
    names: FxHashMap<salsa::plumbing::IngredientIndex, Arc<str>>,
}

impl Steps {
    pub(crate) fn new(log: Option<StepLog>) -> Self {
        Self { log, ..Self::default() }
    }
}

impl Engine {
    /// Keeps what ran since the last question for the nodes that it is about, until the next call.
    /// Asked when a load has been looked at, before its nodes are evaluated.
    pub fn keep_steps(&mut self) {
        self.steps.of_load.clear();
        let Some(log) = &self.steps.log else { return };
        for (key, executed) in log.lock().recent.drain(..) {
            self.steps.of_load.entry(key.key_index()).or_default().push((key, executed));
        }
    }

    /// Forgets what ran since the last question.
    pub fn skip_steps(&self) {
        if let Some(log) = &self.steps.log {
            log.lock().recent.clear();
        }
    }

    /// Forgets what ran so far.
    pub fn forget_steps(&mut self) {
        self.steps.of_load = FxHashMap::default();
        self.skip_steps();
    }

    /// The queries about a node and its block that were kept by [`Engine::keep_steps`], and those
    /// since the last call. O(result).
    pub fn take_steps(&mut self, id: NodeId) -> Box<[Step]> {
        let Some(log) = self.steps.log.clone() else { return Box::default() };
        let Some(node) = self.store.resolve(id) else { return Box::default() };
        let slot = &self.store.nodes[node];
        let block = &self.store.blocks[slot.block];
        let item = self.store.items[block.item].item;
        let own = [item.as_id(), block.block.as_id(), slot.node.as_id()];
        let mut found: Vec<(salsa::DatabaseKeyIndex, bool)> = Vec::new();
        if !self.steps.of_load.is_empty() {
            found.extend(own.iter().filter_map(|id| self.steps.of_load.get(id)).flatten());
            // What is about the block is about all its nodes, this is not.
            self.steps.of_load.remove(&slot.node.as_id());
        }
        let mut log = log.lock();
        found.extend(log.recent.drain(..).filter(|(key, _)| own.contains(&key.key_index())));
        drop(log);
        let name = |(key, executed): (salsa::DatabaseKeyIndex, bool)| {
            let ingredient = key.ingredient_index();
            let query = self.steps.names.entry(ingredient).or_insert_with(|| {
                let name: Cow<'_, str> =
                    salsa::Database::ingredient_debug_name(&self.db, ingredient);
                Arc::from(&*name)
            });
            Step { query: Arc::clone(query), executed }
        };
        // What was verified before it ran, or ran for two nodes of the block, is one step.
        let mut steps: Vec<Step> = Vec::with_capacity(found.len());
        for step in found.into_iter().map(name) {
            match steps.iter_mut().find(|known| Arc::ptr_eq(&known.query, &step.query)) {
                Some(known) => known.executed |= step.executed,
                None => steps.push(step),
            }
        }
        steps.into()
    }

    /// How often queries ran so far.
    pub fn executions(&self) -> u64 {
        self.steps.log.as_ref().map_or(0, |log| log.lock().executions)
    }
}
