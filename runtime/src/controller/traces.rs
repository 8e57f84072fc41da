//! Spans of loads and evaluations (spec/runtime.md §15). Nothing here costs more than a look at a
//! flag while nobody traces the process.

use alloy_queries::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};
use tracing::span::EnteredSpan;
use tracing::{Level, Span, info_span};

use super::Controller;

/// The span of one load by the controller `id`.
pub(super) fn graph_evaluate(id: &str) -> Span {
    info_span!(target: "trace", "GraphEvaluate", alloy.controller_id = id)
}

/// Nodes that are to be evaluated because of a new export, and whose export it is. Kept only while
/// it is traced.
#[derive(Default)]
pub(super) struct Originators(FxHashMap<NodeId, NodeId>);

impl Originators {
    pub(super) fn note(&mut self, originator: NodeId, dependents: &[NodeId]) {
        if tracing::span_enabled!(target: "trace", Level::INFO) {
            for &dependent in dependents {
                self.0.entry(dependent).or_insert(originator);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The span of everything that follows from these exports.
    pub(super) fn dispatch(&self) -> Span {
        if self.0.is_empty() {
            return Span::none();
        }
        let originators_count = self.0.values().collect::<FxHashSet<_>>().len();
        info_span!(target: "trace", "SubmitDependantsForEvaluation", originators_count)
    }
}

impl Controller {
    /// The span of one evaluation, below that of the load or of the export that asks for it.
    pub(super) fn trace_evaluation(&self, id: NodeId, dispatch: &Span) -> Option<Evaluating> {
        if !tracing::span_enabled!(target: "trace", Level::INFO) {
            return None;
        }
        let info = self.engine.node(id)?;
        let (node_id, controller_id) = (&*info.block_id, &*info.module_id);
        if let Some(load) = self.span_of_load(id) {
            let span = info_span!(
                target: "trace",
                parent: load,
                "EvaluateNode",
                node_id,
                alloy.controller_id = controller_id,
            );
            return Some(Evaluating { _span: span.entered(), _submit: None });
        }
        let originator = self.originators.0.get(&id).and_then(|id| self.engine.node(*id));
        let submit = originator.map(|originator| {
            let originator_id = &*originator.block_id;
            info_span!(
                target: "trace",
                parent: dispatch,
                "SubmitForEvaluation",
                node_id,
                originator_id,
                retries = 0,
            )
            .entered()
        });
        let span = info_span!(
            target: "trace",
            "EvaluateNode",
            node_id,
            alloy.controller_id = controller_id,
        );
        Some(Evaluating { _span: span.entered(), _submit: submit })
    }
}

/// Spans of an evaluation that goes on; left from the inside out.
pub(super) struct Evaluating {
    _span: EnteredSpan,
    _submit: Option<EnteredSpan>,
}
