//! What still works but may go away.

use alloy_queries::library;
use alloy_queries::rules::codes;
use alloy_syntax::ast::Expr;
use alloy_syntax::{Applicability, Diagnostic, Edit, Fix, SyntaxKind};
use alloy_value::quote;

use crate::checker::bytes_of;
use crate::model::{Argument, Model};

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        for argument in model.arguments(node) {
            let (field, range, kind) = match &argument {
                Argument::Attribute { field, attribute, .. } => {
                    (field, attribute.name().map(|name| name.text_range()), "attribute")
                }
                Argument::Block { field, block } => (field, Some(block.name_range()), "block"),
            };
            let (Some(reason), Some(range)) = (field.deprecated, range) else { continue };
            let message = format!("the {kind} {} is deprecated", quote(field.name));
            let mut finding = model.finding(index, range, codes::DEPRECATED, message);
            if !reason.is_empty() {
                finding.notes.push(reason.to_owned());
            }
            found.push(finding);
        }
        legacy_defaults(model, index, found);
    }
}

/// `coalesce(env("X"), …)`.
fn legacy_defaults(model: &Model<'_>, index: usize, found: &mut Vec<Diagnostic>) {
    // A block that holds others is looked at through those.
    let Some(node) = model.nodes.get(index).filter(|node| node.definition.is_some()) else {
        return;
    };
    if matches!(node.name.as_str(), "declare" | "foreach") {
        return;
    }
    for tree in node.block.syntax().descendants() {
        if tree.kind() != SyntaxKind::CallExpr {
            continue;
        }
        let Some(Expr::Call(call)) = Expr::cast(tree) else { continue };
        if !call.callee().is_some_and(|callee| callee.syntax().text() == "coalesce") {
            continue;
        }
        for argument in call.args() {
            let Expr::Call(inner) = argument else { continue };
            let Some(callee) = inner.callee().filter(|callee| callee.syntax().text() == "env")
            else {
                continue;
            };
            let message = "the default of an environment variable uses the former name `env`";
            let range = call.range();
            let finding = model.finding(index, range, codes::LEGACY_ENV_DEFAULT, message);
            let at = callee.range();
            found.push(finding.with_fix(Fix {
                title: "call sys.env instead".to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![Edit {
                    span: at.start().into()..at.end().into(),
                    text: "sys.env".to_owned(),
                }],
            }));
        }
    }
}

/// Adds the new name of library functions.
pub(crate) fn add_renames(model: &Model<'_>, found: &mut [Diagnostic]) {
    let items = library();
    for diagnostic in found.iter_mut() {
        if diagnostic.code != Some(codes::DEPRECATED_FUNCTION) || !diagnostic.fixes.is_empty() {
            continue;
        }
        let name = diagnostic.file.as_deref();
        let Some(file) = model.files.iter().find(|file| Some(&**file.name) == name) else {
            continue;
        };
        let Some((start, end)) = bytes_of(diagnostic, file.text, &file.lines) else { continue };
        let old = file.text.get(start as usize..end as usize).unwrap_or_default();
        let Some(item) = items.iter().find(|item| item.old_names.contains(&old)) else { continue };
        diagnostic.fixes.push(Fix {
            title: format!("rename to {}", item.name),
            applicability: Applicability::Safe,
            edits: vec![Edit { span: start..end, text: item.name.to_owned() }],
        });
    }
}
