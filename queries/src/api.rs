//! What goes in and out of the engine: plain data without lifetimes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use alloy_syntax::Diagnostic;
use alloy_value::{Definition, Stability, Value};
use smallvec::SmallVec;

use crate::evaluated::MISSING_TEMPLATE;

/// Facts about the process that expressions can read (`constants`).
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// `constants.hostname`
    pub hostname: String,
    /// `constants.os`, such as `linux`.
    pub os: String,
    /// `constants.arch`, such as `amd64`.
    pub arch: String,
    /// `constants.version`; a leading `v` is added if it is missing, empty is `v0.0.0`.
    pub version: String,
}

/// What a configuration may use.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Least stable level that is allowed.
    pub stability: Stability,
    /// True if community components are allowed.
    pub community: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { stability: Stability::GenerallyAvailable, community: false }
    }
}

/// A file of the configuration.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name in messages: the path.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// A new root configuration.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Files, in name order. Names are unique.
    pub sources: Vec<Source>,
    /// The `module_path` variable.
    pub module_path: String,
    /// The environment that `sys.env` reads until the next load.
    pub env: BTreeMap<String, String>,
}

/// A block of the running or the pending configuration. Ids of removed nodes are never given to
/// another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl NodeId {
    /// A small number that no other living node has, for tables.
    pub fn slot(self) -> usize {
        self.slot as usize
    }
}

/// What a node does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A component of the registry.
    Component,
    /// A config block or service.
    Block,
    /// A component whose type is a `declare` of the configuration: runs a module.
    Custom,
    /// `foreach`: runs a module per element.
    Foreach,
    /// `import.*`: brings modules.
    Import,
    /// `argument`: what the owner of the module passes.
    Argument,
    /// `export`: what the owner of the module gets.
    Export,
}

/// What is known about a node without evaluating it.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its id.
    pub id: NodeId,
    /// Name and label, such as `prometheus.scrape.api` or `logging`: the local id.
    pub block_id: Arc<str>,
    /// Id of the module that it is in; empty in the root.
    pub module_id: Arc<str>,
    /// Name, such as `prometheus.scrape`.
    pub name: Arc<str>,
    /// Label.
    pub label: Option<Arc<str>>,
    /// What is done with its arguments.
    pub kind: NodeKind,
    /// What the block is. Always one with arguments, except for custom components.
    pub definition: &'static Definition,
    /// The node that runs the module that it is in; `None` in the root.
    pub owner: Option<NodeId>,
    /// Nodes that must be evaluated before, each once: those that it refers to in order of the
    /// first reference, then those that its type comes from. In a `foreach` some are further out.
    pub dependencies: Box<[NodeId]>,
    /// Nodes of the same module that refer to it, by position. [`crate::Engine::dependents`] has
    /// those of other modules too.
    pub dependents: Box<[NodeId]>,
    /// Place among the nodes of its module: dependencies come first.
    pub position: u32,
    /// Nodes of a module with equal numbers are connected by references in any direction.
    pub group: u32,
}

impl NodeInfo {
    /// The global id (spec/runtime.md §2): module and local id.
    pub fn global_id(&self) -> Arc<str> {
        if self.module_id.is_empty() {
            return Arc::clone(&self.block_id);
        }
        format!("{}/{}", self.module_id, self.block_id).into()
    }
}

/// Where a node stands in the order of evaluation: positions from the root inwards.
pub type Order = SmallVec<[u32; 2]>;

/// A child of a `foreach`.
#[derive(Clone, Debug)]
pub struct ForeachChild {
    /// What tells it from its siblings: the last part of its module id.
    pub key: Arc<str>,
    /// The element.
    pub value: Value,
}

/// How a load changes the set of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeChange {
    /// Is new: evaluate and build it.
    Added(NodeId),
    /// Evaluate it again: its text, what its references stand for, `module_path` or an environment
    /// variable that it may read changed. The arguments may come out equal.
    Changed(NodeId),
    /// Is gone: stop it. The id is good until the load is committed.
    Removed(NodeId),
}

/// An accepted load that waits for [`crate::Engine::commit`] or [`crate::Engine::rollback`].
#[derive(Clone, Debug, Default)]
pub struct Pending {
    /// Added and changed nodes in evaluation order, then removed ones in reverse.
    pub changes: Vec<NodeChange>,
    /// Changed nodes whose text is the same: the environment or `module_path` differ.
    pub surroundings: Vec<NodeId>,
    /// Warnings about what is new.
    pub warnings: Vec<Diagnostic>,
}

/// A load that was refused. Nothing has changed.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Errors, and warnings between them, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// True if texts could not be parsed, so that nothing else was looked at.
    pub syntax: bool,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&alloy_syntax::summary(&self.diagnostics))
    }
}

impl std::error::Error for Rejected {}

/// Why a node has no arguments.
#[derive(Clone, Debug)]
pub struct EvalError(Box<Findings>);

#[derive(Clone, Debug)]
struct Findings {
    cause: Diagnostic,
    report: Option<Diagnostic>,
}

impl EvalError {
    /// `cause` is the finding itself, `report` what a load shows instead.
    pub(crate) fn new(cause: Diagnostic, report: Option<Diagnostic>) -> Self {
        Self(Box::new(Findings { cause, report }))
    }

    /// The message alone: without place and prefix.
    pub fn message(&self) -> &str {
        &self.0.cause.message
    }

    /// What is wrong, at its own place (spec/language.md §13); without one if it has none.
    pub fn cause(&self) -> &Diagnostic {
        &self.0.cause
    }

    /// What a load reports (spec/runtime.md §4.2): the finding at its own place, or a message about
    /// the whole block.
    pub fn diagnostic(&self) -> &Diagnostic {
        self.0.report.as_ref().unwrap_or(&self.0.cause)
    }
}

/// `decoding configuration: FILE:LINE:COL: message`, if it came to that.
impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.cause.message != MISSING_TEMPLATE {
            f.write_str("decoding configuration: ")?;
        }
        match self.0.cause.start() {
            Some(_) => write!(f, "{}", self.0.cause),
            None => f.write_str(&self.0.cause.message),
        }
    }
}

impl std::error::Error for EvalError {}
