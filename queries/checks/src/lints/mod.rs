//! Findings beyond what keeps a configuration from running, one file for each group.

mod defaults;
mod deprecated;
mod flow;
mod languages;
mod layout;
mod secrets;
mod timing;
mod unused;

use alloy_syntax::Diagnostic;

use crate::model::Model;

/// Adds what the lints find. The configuration has no syntax errors.
pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    let mut new = Vec::new();
    languages::lint(model, found, &mut new);
    deprecated::lint(model, &mut new);
    unused::lint(model, &mut new);
    flow::lint(model, &mut new);
    secrets::lint(model, &mut new);
    timing::lint(model, &mut new);
    layout::lint(model, &mut new);
    defaults::lint(model, &mut new);
    // What the engine found is not said again.
    new.retain(|new: &Diagnostic| !found.iter().any(|known| is_same(known, new)));
    found.extend(new);
}

/// True for findings of one rule at one place.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.code == b.code && a.span == b.span && a.file == b.file
}

/// Adds fixes to what the engine found.
pub(crate) fn improve(model: &Model<'_>, found: &mut [Diagnostic]) {
    deprecated::add_renames(model, found);
}
