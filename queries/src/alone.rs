//! Bodies outside of a configuration: a text whose statements are the arguments of one struct.

use alloy_syntax::{Diagnostic, LineIndex};
use alloy_value::{ArcArgs, StructSchema, Value};

use crate::eval::{self, DecodeFn, Evaluator};
use crate::expression::{ExpressionScope, shown};
use crate::fault::Fault;
use crate::hir::ItemHir;
use crate::lower::{lower_file, lower_item};
use crate::schema::check_statements;

/// Evaluates and decodes the statements of `text`. Of several errors the first is given.
pub fn evaluate_body(
    text: &str,
    scope: &ExpressionScope,
    decode: DecodeFn,
) -> Result<ArcArgs, Vec<Diagnostic>> {
    let lines = LineIndex::new(text);
    let parse = parsed(text, &lines)?;
    let (hir, map) = lower_file(&parse.syntax());
    eval::evaluate_body(&hir, &Evaluator::new(&hir, scope), decode)
        .map_err(|fault| vec![shown(text, &lines, &map, &fault)])
}

/// The value of an attribute of the one block of `text` if it is a literal: what is known of it
/// without evaluating anything.
pub fn literal_attribute(text: &str, name: &str) -> Option<Value> {
    let (item, _) = lower_item(&alloy_syntax::parse_item(text).syntax());
    let ItemHir::Blocks(blocks) = item else { return None };
    blocks.first()?.hir.attribute(name)?.literal()
}

/// What is wrong with the statements of `text` as far as the text alone tells: all of it.
pub fn check_body(text: &str, schema: &'static StructSchema, decode: DecodeFn) -> Vec<Diagnostic> {
    let lines = LineIndex::new(text);
    let parse = match parsed(text, &lines) {
        Ok(parse) => parse,
        Err(diagnostics) => return diagnostics,
    };
    let (hir, map) = lower_file(&parse.syntax());
    let shown = |fault: &Fault| shown(text, &lines, &map, fault);
    let findings = check_statements(&hir, schema, decode).findings;
    // What only `alloy check` says is about blocks of a configuration.
    let is_ours = |fault: &Fault| fault.help.as_ref().is_some_and(|help| help.is_ours);
    findings.iter().map(|finding| &finding.fault).filter(|f| !is_ours(f)).map(shown).collect()
}

fn parsed(text: &str, lines: &LineIndex) -> Result<alloy_syntax::Parse, Vec<Diagnostic>> {
    let parse = alloy_syntax::parse_file(text);
    if parse.is_ok() {
        return Ok(parse);
    }
    let resolve = |d: &Diagnostic| d.clone().resolve(None, lines);
    Err(parse.diagnostics().iter().map(resolve).collect())
}
