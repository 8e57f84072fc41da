//! Single expressions outside of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_syntax::{Diagnostic, Fix, LineIndex, Span as ShownSpan};
use alloy_value::{DecodeError, Object, Value};

use crate::api::HostFacts;
use crate::edits::edits;
use crate::eval::{Evaluator, Scope, decorate};
use crate::fault::Fault;
use crate::hir::SourceMap;
use crate::lower::lower_expr;
use crate::report::{constants, expression_text, span_of};
use crate::words;

/// What a single expression may read.
#[derive(Clone, Debug, Default)]
pub struct ExpressionScope {
    /// Variables; they hide names of the standard library.
    pub variables: Object,
    /// The environment of `sys.env`.
    pub env: BTreeMap<String, String>,
    /// The `constants`.
    pub host: HostFacts,
}

impl Scope for ExpressionScope {
    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned()
    }

    fn env(&self, name: &str) -> Value {
        Value::from(self.env.get(name).map(String::as_str).unwrap_or_default())
    }

    fn constants(&self) -> Value {
        constants(&self.host)
    }
}

/// Parses, evaluates and decodes one expression. Errors name the part of the text that is wrong.
pub fn evaluate_expression<T>(
    text: &str,
    scope: &ExpressionScope,
    decode: impl FnOnce(&Value) -> Result<T, DecodeError>,
) -> Result<T, Vec<Diagnostic>> {
    let parse = alloy_syntax::parse_expr(text);
    let lines = LineIndex::new(text);
    if !parse.is_ok() {
        let resolve = |d: &Diagnostic| d.clone().resolve(None, &lines);
        return Err(parse.diagnostics().iter().map(resolve).collect());
    }
    let (hir, map, id) = lower_expr(&parse.syntax());
    let evaluate = || {
        let value = Evaluator::new(&hir, scope).evaluate(id)?;
        decode(&value).map_err(|error| decorate(&hir, id, Some(&value), error))
    };
    evaluate().map_err(|fault: Fault| vec![shown(text, &lines, &map, &fault)])
}

/// A fault at its place in `text`.
pub(crate) fn shown(text: &str, lines: &LineIndex, map: &SourceMap, fault: &Fault) -> Diagnostic {
    let message = fault.text(|expr| expression_text(text, map.expr(expr)));
    let mut diagnostic = Diagnostic::error(ShownSpan::None, message).with_code(fault.code);
    diagnostic.plain = words::plain(&fault.message).filter(|_| fault.path.is_empty());
    if let Some(span) = span_of(map, &fault.subject) {
        diagnostic.span = ShownSpan::Bytes { start: span.start, end: Some(span.end) };
    }
    if let Some(help) = &fault.help {
        diagnostic.plain = help.plain.clone().or(diagnostic.plain);
        diagnostic.notes.clone_from(&help.notes);
        for remedy in &help.fixes {
            let edits = edits(text, map, &remedy.change);
            diagnostic.fixes.extend(edits.map(|edits| Fix {
                title: remedy.title.clone(),
                applicability: remedy.applicability,
                edits,
            }));
        }
    }
    diagnostic.resolve(None::<&Arc<str>>, lines)
}
