//! Why nodes were evaluated: the last evaluations of each, in bounds.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use alloy_queries::Step;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use smallvec::SmallVec;

/// Evaluations that are remembered of one node, at most.
const MAX_OF_NODE: usize = 32;
/// Evaluations that are remembered of all nodes, at most.
const MAX_EVALUATIONS: usize = 32 * 1024;
/// Memory that they take, at most.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Causes of one evaluation that are remembered, at most.
const MAX_CAUSES: usize = 8;
/// Longest reason of a failure.
const MAX_REASON_BYTES: usize = 1024;

/// What had changed before a node was evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A load created it.
    Created {
        /// Who asked for the load.
        by: &'static str,
        /// File and line of its block, unless too many were created at once.
        place: Option<(Arc<str>, u32)>,
    },
    /// A load changed the text of its block.
    Text {
        /// Who asked for the load.
        by: &'static str,
        /// File and line of its block, unless too many were changed at once.
        place: Option<(Arc<str>, u32)>,
    },
    /// A load changed what the names in its block stand for.
    Names {
        /// Who asked for the load.
        by: &'static str,
    },
    /// A load found another environment or module path.
    Environment {
        /// Who asked for the load.
        by: &'static str,
    },
    /// A load gave it another try.
    Retry {
        /// Who asked for the load.
        by: &'static str,
    },
    /// A node that it reads exports something else.
    Export {
        /// Global id.
        of: Arc<str>,
        /// The exports that differ.
        fields: Box<[Box<str>]>,
    },
    /// An argument of its module has another value.
    Argument {
        /// Global id of the `argument` block.
        of: Arc<str>,
    },
    /// The module that it is in was started, or got other arguments or another element.
    Module {
        /// Global id of the node that runs the module.
        of: Arc<str>,
    },
    /// An import has brought something else.
    Content {
        /// Global id of the import.
        of: Arc<str>,
    },
}

impl Cause {
    fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Text { .. } => "text",
            Self::Names { .. } => "names",
            Self::Environment { .. } => "environment",
            Self::Retry { .. } => "retry",
            Self::Export { .. } => "export",
            Self::Argument { .. } => "argument",
            Self::Module { .. } => "module",
            Self::Content { .. } => "content",
        }
    }

    fn text(&self) -> String {
        let at = |place: &Option<(Arc<str>, u32)>| match place {
            Some((file, line)) => format!(" of {file}:{line}"),
            None => String::new(),
        };
        match self {
            Self::Created { by, place } => format!("created by a load{} ({by})", at(place)),
            Self::Text { by, place } => format!("reload{} ({by})", at(place)),
            Self::Names { by } => format!("reload: its names stand for something else ({by})"),
            Self::Environment { by } => format!("reload: another environment ({by})"),
            Self::Retry { by } => format!("reload: another try ({by})"),
            Self::Export { of, fields } => match &fields[..] {
                [] => format!("exports of {of}"),
                [field] => format!("export of {of} field {field}"),
                fields => format!("export of {of} fields {}", fields.join(", ")),
            },
            Self::Argument { of } => format!("module argument {of}"),
            Self::Module { of } => format!("module of {of}"),
            Self::Content { of } => format!("content of {of}"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("text", &self.text())?;
        match self {
            Self::Created { by, place } | Self::Text { by, place } => {
                map.serialize_entry("by", by)?;
                if let Some((file, line)) = place {
                    map.serialize_entry("file", &**file)?;
                    map.serialize_entry("line", line)?;
                }
            }
            Self::Names { by } | Self::Environment { by } | Self::Retry { by } => {
                map.serialize_entry("by", by)?;
            }
            Self::Export { of, fields } => {
                map.serialize_entry("id", &**of)?;
                map.serialize_entry("fields", fields)?;
            }
            Self::Argument { of } | Self::Module { of } | Self::Content { of } => {
                map.serialize_entry("id", &**of)?;
            }
        }
        map.end()
    }
}

/// What came of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No query had to evaluate the arguments: nothing that they depend on differs.
    UpToDate,
    /// They were evaluated and came out equal.
    Equal,
    /// The component is built with them.
    Built,
    /// The component was handed them.
    Updated,
    /// They are in force: of config blocks, and of what runs modules or stands at their borders.
    Applied,
    /// They don't evaluate, for this reason.
    Failed(Box<str>),
}

impl Verdict {
    /// A failure, with its reason cut to size.
    pub(crate) fn failed(reason: &str) -> Self {
        let mut end = reason.len().min(MAX_REASON_BYTES);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Self::Failed(reason[..end].into())
    }

    /// True if the change goes no further.
    pub(crate) fn is_cut_off(&self) -> bool {
        matches!(self, Self::UpToDate | Self::Equal)
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::Equal => "equal",
            Self::Built => "built",
            Self::Updated => "updated",
            Self::Applied => "applied",
            Self::Failed(_) => "failed",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::UpToDate => "cut off: its arguments depend on nothing that differs".to_owned(),
            Self::Equal => "cut off: its arguments came out equal".to_owned(),
            Self::Built => "built with its arguments".to_owned(),
            Self::Updated => "updated with new arguments".to_owned(),
            Self::Applied => "applied".to_owned(),
            Self::Failed(reason) => format!("failed: {reason}"),
        }
    }
}

/// Causes of one evaluation. Mostly there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causes {
    first: SmallVec<[Arc<Cause>; 1]>,
    /// Those that are not kept.
    more: u32,
}

impl Causes {
    /// Adds one, unless it is there or there are enough.
    pub(crate) fn add(&mut self, cause: &Arc<Cause>) {
        if self.first.iter().any(|known| Arc::ptr_eq(known, cause) || known == cause) {
            return;
        }
        if self.first.len() < MAX_CAUSES {
            self.first.push(Arc::clone(cause));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// One evaluation of a node.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// When.
    pub(crate) time: SystemTime,
    /// The revision that was live.
    pub(crate) revision: u64,
    pub(crate) causes: Causes,
    pub(crate) steps: Box<[Step]>,
    pub(crate) verdict: Verdict,
    pub(crate) duration: Duration,
}

impl Evaluation {
    /// What had changed.
    pub fn causes(&self) -> impl Iterator<Item = &Cause> {
        self.causes.first.iter().map(|cause| &**cause)
    }

    /// The queries that were asked again, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What came of it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn size_bytes(&self) -> usize {
        /// Of a cause, which evaluations may share.
        const CAUSE_BYTES: usize = 96;
        let reason = match &self.verdict {
            Verdict::Failed(reason) => reason.len(),
            _ => 0,
        };
        size_of::<Self>()
            + self.steps.len() * size_of::<Step>()
            + self.causes.first.len() * CAUSE_BYTES
            + reason
    }
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let time = Timestamp::try_from(self.time).unwrap_or_default();
        map.serialize_entry("time", &time.to_string())?;
        map.serialize_entry("revision", &self.revision)?;
        let causes: Vec<&Cause> = self.causes().collect();
        map.serialize_entry("triggers", &causes)?;
        map.serialize_entry("triggers_omitted", &self.causes.more)?;
        map.serialize_entry("queries", &Steps(&self.steps))?;
        map.serialize_entry("outcome", self.verdict.kind())?;
        map.serialize_entry("result", &self.verdict.text())?;
        map.serialize_entry("duration_seconds", &self.duration.as_secs_f64())?;
        map.end()
    }
}

struct Steps<'a>(&'a [Step]);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            query: &'a str,
            executed: bool,
        }
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for step in self.0 {
            seq.serialize_element(&Shown { query: &step.query, executed: step.executed })?;
        }
        seq.end()
    }
}

/// The last evaluations of all nodes, by global id. Bounded by node, by number and by memory; what
/// is dropped is counted.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    nodes: FxHashMap<Arc<str>, VecDeque<(u64, Evaluation)>>,
    /// Evaluations in order, with their number. Some of them are gone from their node already.
    order: VecDeque<(u64, Arc<str>)>,
    last: u64,
    len: usize,
    bytes: usize,
    dropped: u64,
}

impl Trace {
    /// Adds an evaluation.
    pub(crate) fn add(&mut self, node: &Arc<str>, evaluation: Evaluation) {
        self.last += 1;
        self.len += 1;
        self.bytes += evaluation.size_bytes();
        let of_node = match self.nodes.get_mut(node) {
            Some(of_node) => of_node,
            None => self.nodes.entry(Arc::clone(node)).or_default(),
        };
        of_node.push_back((self.last, evaluation));
        self.order.push_back((self.last, Arc::clone(node)));
        if of_node.len() > MAX_OF_NODE {
            let oldest = of_node.pop_front();
            self.forget(oldest);
        }
        while self.len > MAX_EVALUATIONS || self.bytes > MAX_BYTES {
            self.drop_oldest();
        }
        if self.order.len() > 2 * MAX_EVALUATIONS {
            let nodes = &self.nodes;
            let is_there = |(number, node): &(u64, Arc<str>)| {
                let oldest = nodes.get(node).and_then(|of_node| of_node.front());
                oldest.is_some_and(|(oldest, _)| oldest <= number)
            };
            self.order.retain(is_there);
        }
    }

    fn forget(&mut self, evaluation: Option<(u64, Evaluation)>) {
        let Some((_, evaluation)) = evaluation else { return };
        self.len -= 1;
        self.bytes -= evaluation.size_bytes();
        self.dropped += 1;
    }

    fn drop_oldest(&mut self) {
        let Some((number, node)) = self.order.pop_front() else { return };
        let Some(of_node) = self.nodes.get_mut(&node) else { return };
        if of_node.front().is_some_and(|(oldest, _)| *oldest == number) {
            let oldest = of_node.pop_front();
            if of_node.is_empty() {
                self.nodes.remove(&node);
            }
            self.forget(oldest);
        }
    }

    /// The last evaluations of a node, newest first; `None` if none is remembered.
    pub(crate) fn of(&self, node: &str, last: usize) -> Option<Vec<Evaluation>> {
        let of_node = self.nodes.get(node)?;
        Some(of_node.iter().rev().take(last).map(|(_, evaluation)| evaluation.clone()).collect())
    }

    /// How many evaluations were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(revision: u64) -> Evaluation {
        Evaluation {
            time: SystemTime::UNIX_EPOCH,
            revision,
            causes: Causes::default(),
            steps: Box::default(),
            verdict: Verdict::Updated,
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn the_last_evaluations_of_each_node_stay() {
        let mut trace = Trace::default();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        trace.add(&b, evaluation(0));
        for revision in 0..100 {
            trace.add(&a, evaluation(revision));
        }
        let last = trace.of("a", 2).unwrap();
        assert_eq!(last.iter().map(|e| e.revision).collect::<Vec<_>>(), [99, 98]);
        assert_eq!(trace.of("a", 1_000).unwrap().len(), MAX_OF_NODE);
        assert_eq!(trace.of("b", 1).unwrap().len(), 1, "a busy node takes nothing from others");
        assert_eq!(trace.dropped(), 100 - MAX_OF_NODE as u64);
        assert!(trace.of("c", 1).is_none());
    }

    #[test]
    fn number_and_memory_are_bounded() {
        let mut trace = Trace::default();
        let nodes: Vec<Arc<str>> = (0..4_000).map(|at| format!("n{at}").into()).collect();
        for round in 0..30 {
            for node in &nodes {
                let mut evaluation = evaluation(round);
                evaluation.verdict = Verdict::failed(&"x".repeat((round as usize) * 100));
                trace.add(node, evaluation);
                assert!(trace.len <= MAX_EVALUATIONS && trace.bytes <= MAX_BYTES);
                assert!(trace.order.len() <= 2 * MAX_EVALUATIONS);
            }
        }
        let kept: usize = trace.nodes.values().map(VecDeque::len).sum();
        assert_eq!((kept, kept as u64 + trace.dropped()), (trace.len, 30 * 4_000));
        assert_eq!(
            trace.bytes,
            trace.nodes.values().flatten().map(|(_, e)| e.size_bytes()).sum::<usize>()
        );
        // The order alone does not grow either.
        for _ in 0..3 * MAX_EVALUATIONS {
            trace.add(&nodes[0], evaluation(0));
        }
        assert!(trace.order.len() <= 2 * MAX_EVALUATIONS);
    }

    #[test]
    fn causes_are_told_once_and_bounded() {
        let mut causes = Causes::default();
        for of in 0..2 * MAX_CAUSES {
            causes.add(&Arc::new(Cause::Argument { of: format!("argument.a{of}").into() }));
            causes.add(&Arc::new(Cause::Argument { of: "argument.a0".into() }));
        }
        assert_eq!((causes.first.len(), causes.more as usize), (MAX_CAUSES, MAX_CAUSES));
    }
}
