//! Telemetry that goes nowhere, and clustering that is only half there.

use alloy_queries::rules::codes;
use alloy_syntax::ast::{Block, Expr};
use alloy_syntax::{Diagnostic, Related, Span, TextRange, format_expr};
use alloy_value::quote;

use crate::model::{Argument, Model, Node, bare};

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        // Rules that others apply need no way for telemetry.
        if node.exports().is_some_and(|exports| exports.find("rules").is_some()) {
            continue;
        }
        for argument in model.arguments(node) {
            let Argument::Attribute { field, attribute, .. } = argument else { continue };
            if field.name != "forward_to" {
                continue;
            }
            let Some(Expr::Array(array)) = attribute.value().map(bare) else { continue };
            if array.elements().next().is_none() {
                let message = format!("{} sends to nobody", quote(&node.id()));
                let range = attribute.range();
                found.push(model.finding(index, range, codes::EMPTY_FORWARD_TO, message));
            }
        }
    }
    clustering(model, found);
}

/// A block that shares out targets among the instances of a cluster.
struct Scrape {
    node: usize,
    name: TextRange,
    targets: String,
    clustered: bool,
}

fn clustering(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    let mut scrapes: Vec<Scrape> = Vec::new();
    for (index, node) in model.nodes.iter().enumerate() {
        let Some(schema) = node.schema() else { continue };
        if schema.find("clustering").is_none() || schema.find("targets").is_none() {
            continue;
        }
        let (Some(targets), Some(clustered)) = (targets(node), is_clustered(node)) else {
            continue;
        };
        let name = node.block.name_range();
        scrapes.push(Scrape { node: index, name, targets, clustered });
    }
    for scrape in scrapes.iter().filter(|scrape| !scrape.clustered) {
        let shared = scrapes.iter().find(|other| {
            let of = |scrape: &Scrape| model.nodes.get(scrape.node).map(|n| (n.scope, &*n.name));
            other.clustered && other.targets == scrape.targets && of(other) == of(scrape)
        });
        let Some(other) = shared else { continue };
        let Some(node) = model.nodes.get(other.node) else { continue };
        let message = format!(
            "{} uses clustering for the same targets, this block does not",
            quote(&node.id())
        );
        let mut finding =
            model.finding(scrape.node, scrape.name, codes::UNEVEN_CLUSTERING, message);
        if let Some(file) = model.files.get(node.file) {
            let related = Related {
                file: Some(file.name.clone()),
                span: Span::range(other.name),
                message: "with clustering".to_owned(),
            };
            finding = finding.with_related(related).resolve(Some(file.name), &file.lines);
        }
        found.push(finding);
    }
}

/// The expression of the targets, if it is no literal: equal literals are rarely the same thing.
fn targets(node: &Node) -> Option<String> {
    let body = node.block.body()?;
    let is_targets =
        |a: &alloy_syntax::ast::Attribute| a.name().is_some_and(|n| n.text() == "targets");
    match bare(body.attributes().find(is_targets)?.value()?) {
        Expr::Array(_) => None,
        expr => Some(format_expr(&expr)),
    }
}

/// Whether clustering is on; `None` if that is computed.
fn is_clustered(node: &Node) -> Option<bool> {
    let body = node.block.body()?;
    let Some(block) = body.blocks().find(|block| block.name() == "clustering") else {
        return Some(false);
    };
    let inner = Block::body(&block)?;
    let is_enabled =
        |a: &alloy_syntax::ast::Attribute| a.name().is_some_and(|n| n.text() == "enabled");
    match inner.attributes().find(is_enabled)?.value()? {
        Expr::Literal(literal) => literal.bool(),
        _ => None,
    }
}
