//! Evaluates the body of a block and decodes it into arguments (spec/language.md §10.2).

use alloy_value::{About, ArcArgs, BodyEntry, DecodeError, EvaluatedBlock, EvaluatedBody, Value};

use super::{Evaluator, decorate};
use crate::fault::{Fault, Part, Subject, decode_code};
use crate::hir::{BlockHir, ExprId, Statement};

/// Decodes a body into arguments (`Definition::args`).
pub(crate) type DecodeFn = fn(&EvaluatedBody) -> Result<ArcArgs, DecodeError>;

/// A body up to the first statement that could not be evaluated.
pub(crate) struct PartialBody {
    pub(crate) body: EvaluatedBody,
    /// What stopped the evaluation, with the indices that lead to its statement. That statement
    /// is the last of the body, with a null value.
    pub(crate) stopped: Option<(Vec<usize>, Fault)>,
}

/// Evaluates and decodes the body of `hir`.
///
/// Statements count in source order: a body that breaks off is decoded as far as it goes, and an
/// error in what precedes the break comes first.
pub(crate) fn evaluate_body(
    hir: &BlockHir,
    evaluator: &Evaluator<'_>,
    decode: DecodeFn,
) -> Result<ArcArgs, Fault> {
    let PartialBody { body, stopped } = evaluator.body(&hir.statements);
    let result = decode(&body).map_err(|error| (decode_fault(hir, &body, &error), error));
    match (result, stopped) {
        (Ok(args), None) => Ok(args),
        (Err((fault, _)), None) => Err(fault),
        (Err((fault, error)), Some((at, _))) if precedes(&error, at.as_slice()) => Err(fault),
        (_, Some((_, fault))) => Err(fault),
    }
}

/// As [`evaluate_body`], but takes everything that reads one of the expressions `unknown` for
/// correct, and gives back errors only: nothing that holds for any value of them.
pub(crate) fn precheck_body(
    hir: &BlockHir,
    evaluator: &Evaluator<'_>,
    decode: DecodeFn,
    unknown: &[ExprId],
) -> Result<(), Fault> {
    let mut skipped = Vec::new();
    let partial = evaluator.known_body(&hir.statements, unknown, &mut Vec::new(), &mut skipped);
    let PartialBody { body, stopped } = partial;
    if let Err(error) = decode(&body) {
        // A validation hook or a value error where something is missing says nothing.
        let touches = |at: &Vec<usize>| at.starts_with(&error.statements);
        let inconclusive =
            skipped.iter().any(touches) && matches!(error.about, About::Value | About::Validation);
        let first = stopped.as_ref().is_none_or(|(at, _)| precedes(&error, at.as_slice()));
        if first && !inconclusive {
            return Err(decode_fault(hir, &body, &error));
        }
    }
    stopped.map_or(Ok(()), |(_, fault)| Err(fault))
}

/// True if `error` is about a statement before the one at `at`, or about the name or place of that
/// very statement, which is checked before its value.
fn precedes(error: &DecodeError, at: &[usize]) -> bool {
    let end = error.statements.len();
    if end == 0 {
        return false;
    }
    if at.starts_with(&error.statements) {
        // What an enclosing block as a whole lacks is found only after all of its statements.
        return matches!(error.about, About::Statement | About::Header);
    }
    error.statements.as_slice() < at
}

impl Evaluator<'_> {
    fn body(&self, statements: &[Statement]) -> PartialBody {
        self.known_body(statements, &[], &mut Vec::new(), &mut Vec::new())
    }

    /// Evaluates statements up to the first that fails. Attributes that read one of `unknown` are
    /// null, and where they stand is added to `skipped`.
    fn known_body(
        &self,
        statements: &[Statement],
        unknown: &[ExprId],
        path: &mut Vec<usize>,
        skipped: &mut Vec<Vec<usize>>,
    ) -> PartialBody {
        let mut body = EvaluatedBody { entries: Vec::with_capacity(statements.len()) };
        for (i, statement) in statements.iter().enumerate() {
            match statement {
                Statement::Attribute { name, value } => {
                    let is_unknown = !unknown.is_empty() && self.hir.contains(*value, unknown);
                    let (value, fault) = if is_unknown {
                        skipped.push([path.as_slice(), &[i]].concat());
                        (Value::Null, None)
                    } else {
                        match self.evaluate(*value) {
                            Ok(value) => (value, None),
                            Err(fault) => (Value::Null, Some(fault)),
                        }
                    };
                    body.entries.push(BodyEntry::Attribute { name: name.as_str().into(), value });
                    if let Some(fault) = fault {
                        return PartialBody { body, stopped: Some((vec![i], fault)) };
                    }
                }
                Statement::Block(block) => {
                    path.push(i);
                    let inner = self.known_body(&block.statements, unknown, path, skipped);
                    path.pop();
                    body.entries.push(BodyEntry::Block(EvaluatedBlock {
                        name: block.name.as_str().into(),
                        label: block.label.as_deref().map(Into::into),
                        body: inner.body,
                    }));
                    if let Some((mut at, fault)) = inner.stopped {
                        at.insert(0, i);
                        return PartialBody { body, stopped: Some((at, fault)) };
                    }
                }
            }
        }
        PartialBody { body, stopped: None }
    }
}

/// Gives a decode error its place in the block.
pub(crate) fn decode_fault(hir: &BlockHir, body: &EvaluatedBody, error: &DecodeError) -> Fault {
    let path: Box<[u32]> = error.statements.iter().map(|index| *index as u32).collect();
    if error.about == About::Value
        && let Some(Statement::Attribute { value, .. }) = hir.statement(&path)
    {
        let evaluated = attribute_value(body, &error.statements);
        return decorate(hir, *value, evaluated, error.clone());
    }
    if !error.about.has_position() || error.statements.is_empty() {
        // At run time these have no position (spec/language.md §10.2).
        let fault = Fault::plain(Subject::Nowhere, error.message.clone());
        let mut fault = fault.with_code(decode_code(error));
        fault.help().near = Some(path);
        return fault;
    }
    let part = if error.about == About::Header { Part::Header } else { Part::Whole };
    Fault::plain(Subject::Statement(path, part), error.message.clone())
        .with_code(decode_code(error))
}

fn attribute_value<'b>(body: &'b EvaluatedBody, path: &[usize]) -> Option<&'b Value> {
    let (first, rest) = path.split_first()?;
    match body.entries.get(*first)? {
        BodyEntry::Attribute { value, .. } => Some(value),
        BodyEntry::Block(block) => attribute_value(&block.body, rest),
    }
}
