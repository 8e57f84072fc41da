//! Components and declare blocks that nobody uses.

use alloy_queries::rules::codes;
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix};
use alloy_value::{DefinitionKind, FieldKind, StructSchema, TypeSchema, quote};

use crate::model::{Model, Node};

/// Components that do something for others than those that refer to them: what answers requests of
/// other programs, such as probes.
const WITH_EFFECTS: &[&str] =
    &["otelcol.extension.", "prometheus.exporter.blackbox", "prometheus.exporter.snmp"];

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    let mut is_used = vec![false; model.nodes.len()];
    for reference in &model.references {
        if reference.target != reference.from
            && let Some(used) = is_used.get_mut(reference.target)
        {
            *used = true;
        }
    }
    for (index, node) in model.nodes.iter().enumerate() {
        if is_used.get(index) == Some(&false) && lives_by_exports(node) {
            let message = format!("nothing uses {}, and it does nothing else", quote(&node.id()));
            let range = node.block.name_range();
            let finding = model.finding(index, range, codes::UNUSED_COMPONENT, message);
            found.push(finding.with_fix(deletion(model, node)));
        }
    }
    declares(model, found);
}

/// True if all that the component does is done through what it exports.
fn lives_by_exports(node: &Node) -> bool {
    if !node.definition.is_some_and(|d| d.kind == DefinitionKind::Component) {
        return false;
    }
    let (Some(args), Some(exports)) = (node.schema(), node.exports()) else { return false };
    if exports.flat_fields().is_empty() || WITH_EFFECTS.iter().any(|p| node.name.starts_with(p)) {
        return false;
    }
    // What sends and is sent nothing collects by itself.
    let sends = args.find("forward_to").is_some() || args.find("output").is_some();
    !sends || receives(exports)
}

/// True if others send to a field of the exports.
fn receives(exports: &StructSchema) -> bool {
    exports.flat_fields().iter().any(|field| {
        field.kind == FieldKind::Attribute
            && matches!(
                field.ty,
                TypeSchema::Capsule(
                    "storage.Appendable"
                        | "loki.LogsReceiver"
                        | "otelcol.Consumer"
                        | "pyroscope.ProfilesReceiver"
                )
            )
    })
}

/// Removes a block with its lines.
fn deletion(model: &Model<'_>, node: &Node) -> Fix {
    let range = node.block.range();
    let text = model.text(node);
    let (start, mut end) = (usize::from(range.start()), usize::from(range.end()));
    let line = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let alone = text.get(line..start).is_some_and(|before| before.trim().is_empty());
    let rest = text.get(end..).unwrap_or_default();
    if alone && rest.starts_with('\n') {
        end += 1;
        // Two empty lines would be left.
        if rest.starts_with("\n\n") {
            end += 1;
        }
    }
    let start = if alone { line } else { start };
    Fix {
        title: "remove it".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span: start as u32..end as u32, text: String::new() }],
    }
}

fn declares(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    // What holds nothing but declare blocks is there to be imported.
    let is_library = |scope: usize| {
        let mut here = model.nodes.iter().filter(|node| node.scope == scope);
        here.all(|node| node.name == "declare" || node.name.starts_with("import."))
    };
    for (index, node) in model.nodes.iter().enumerate() {
        if node.name != "declare" || node.label.is_empty() || is_library(node.scope) {
            continue;
        }
        let is_use = |other: &Node| {
            other.name == node.label || other.name.starts_with(&format!("{}.", node.label))
        };
        if !model.nodes.iter().any(is_use) {
            let message = format!("no component {} is used", quote(&node.label));
            let range = node.block.header_range();
            found.push(model.finding(index, range, codes::UNUSED_DECLARE, message));
        }
    }
}
