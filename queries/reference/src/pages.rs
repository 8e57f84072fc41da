//! The pages of the reference: one per component and config block, one for the standard library, and
//! an index.

use std::fmt::Write as _;

use alloy_queries::{LibraryItem, library};
use alloy_value::Stability;
use serde_json::Value as Json;

use crate::page::{Cell, Page};
use crate::{Attribute, Block, Catalog, Entry, example};

/// How the pages are brought up to date.
pub const UPDATE: &str = "cargo run -- docs --write docs/reference";

/// Name of the page about the standard library.
const LIBRARY: &str = "stdlib";

/// All pages by file name, sorted.
pub fn pages(catalog: &Catalog) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = catalog
        .components
        .iter()
        .filter(|entry| entry.checked)
        .map(|entry| (format!("{}.md", entry.name), entry_page(entry).markdown()))
        .collect();
    pages.push((format!("{LIBRARY}.md"), library_page().markdown()));
    pages.push(("README.md".to_owned(), index(catalog).markdown()));
    pages.sort();
    pages
}

/// The page of a component or config block.
pub fn entry_page(entry: &Entry) -> Page {
    let mut page = Page::default();
    page.heading(1, entry.name);
    page.paragraph(entry.summary);
    page.paragraph(facts(entry));
    if !entry.checked {
        page.paragraph("This version knows its name only: its arguments are not checked.");
        return page;
    }
    page.heading(2, "Example");
    page.code(example::example(entry));
    if !entry.attributes.is_empty() {
        page.heading(2, "Arguments");
        page.table(ARGUMENTS, rows(&entry.attributes));
    }
    if let Some(content) = &entry.freeform {
        page.heading(2, "Body");
        page.paragraph(format!("The body is a {content}."));
    }
    if !entry.blocks.is_empty() {
        page.heading(2, "Blocks");
        page.table(
            &["Block", "How often", "Description"],
            entry.blocks.iter().map(block).collect(),
        );
    }
    for block in entry.blocks.iter().filter(|block| !block.attributes.is_empty()) {
        page.heading(3, &block.path);
        page.table(ARGUMENTS, rows(&block.attributes));
    }
    if !entry.exports.is_empty() {
        page.heading(2, "Exports");
        let export = |export: &crate::Export| {
            vec![
                Cell::Code(export.name.to_owned()),
                Cell::Code(export.ty.clone()),
                Cell::Text(export.description.to_owned()),
            ]
        };
        page.table(&["Name", "Type", "Description"], entry.exports.iter().map(export).collect());
    }
    page
}

const ARGUMENTS: &[&str] = &["Name", "Type", "Default", "Description"];

fn facts(entry: &Entry) -> String {
    let mut text = match entry.stability {
        Some(stability) => format!("Stability: {stability}."),
        None => {
            "A community component: it needs `--feature.community-components.enabled`.".to_owned()
        }
    };
    text.push_str(match entry.label {
        "required" => " Needs a label.",
        _ => " Takes no label; once in a configuration.",
    });
    if !entry.runnable {
        text.push_str(" This version checks it, but does not run it.");
    }
    if !entry.accepts_types.is_empty() {
        // Writing to a string cannot fail, here and below.
        let _ok = write!(text, " Takes: {}.", entry.accepts_types.join(", "));
    }
    if !entry.exports_types.is_empty() {
        let _ok = write!(text, " Gives: {}.", entry.exports_types.join(", "));
    }
    text
}

fn rows(attributes: &[Attribute]) -> Vec<Vec<Cell>> {
    let row = |attribute: &Attribute| {
        let default = match (attribute.required, &attribute.default) {
            (true, _) => Cell::Text("required".to_owned()),
            (false, Json::Null) => Cell::Text(String::new()),
            (false, default) => Cell::Code(literal(default)),
        };
        vec![
            Cell::Code(attribute.name.to_owned()),
            Cell::Code(attribute.ty.clone()),
            default,
            Cell::Text(description(attribute)),
        ]
    };
    attributes.iter().map(row).collect()
}

fn description(attribute: &Attribute) -> String {
    let mut text = String::new();
    if let Some(why) = attribute.deprecation {
        let _ok = write!(text, "Deprecated: {}. ", why.trim_end_matches('.'));
    }
    if let Some(stability) = attribute.stability {
        let _ok = write!(text, "Stability: {stability}. ");
    }
    text.push_str(attribute.description);
    if !attribute.constants.is_empty() {
        let texts: Vec<String> = attribute
            .constants
            .iter()
            .map(|text| format!("`{}`", alloy_value::quote(text)))
            .collect();
        let _ok = write!(text, " One of {}.", texts.join(", "));
    }
    if !attribute.fields.is_empty() {
        let fields: Vec<String> = attribute
            .fields
            .iter()
            .map(|field| {
                let required = if field.required { ", required" } else { "" };
                format!("`{}` (`{}`{required}): {}", field.name, field.ty, field.description)
            })
            .collect();
        let _ok = write!(text, " Members: {}", fields.join(" "));
    }
    text.trim().to_owned()
}

/// A default as it is written in a configuration.
fn literal(value: &Json) -> String {
    match value {
        Json::Array(items) => {
            format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                format!("{} = {}", alloy_value::quote(name), literal(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn block(block: &Block) -> Vec<Cell> {
    let often = match (block.required, block.repeatable) {
        (true, true) => "at least once",
        (true, false) => "once",
        (false, true) => "any number",
        (false, false) => "at most once",
    };
    let mut text = String::new();
    if let Some(why) = block.deprecation {
        let _ok = write!(text, "Deprecated: {}. ", why.trim_end_matches('.'));
    }
    if let Some(stability) = block.stability {
        let _ok = write!(text, "Stability: {stability}. ");
    }
    text.push_str(block.description);
    if block.label.is_some() {
        text.push_str(" Needs a label.");
    }
    if block.recursive {
        text.push_str(" Holds what the block of this name around it holds.");
    }
    if let Some(values) = &block.freeform {
        let _ok = write!(text, " Body: {values}.");
    }
    vec![
        Cell::Code(block.path.clone()),
        Cell::Text(often.to_owned()),
        Cell::Text(text.trim().to_owned()),
    ]
}

/// The page of one function or constant.
pub fn function_page(item: &LibraryItem) -> Page {
    let mut page = Page::default();
    page.heading(1, item.name);
    function(&mut page, item);
    page
}

fn function(page: &mut Page, item: &LibraryItem) {
    page.code(item.signature);
    page.paragraph(item.doc);
    if item.stability != Stability::GenerallyAvailable {
        page.paragraph(format!("Stability: {}.", item.stability));
    }
    if !item.old_names.is_empty() {
        let names: Vec<String> = item.old_names.iter().map(|name| format!("`{name}`")).collect();
        page.paragraph(format!("Deprecated name: {}.", names.join(", ")));
    }
    page.code(item.example);
}

fn library_page() -> Page {
    let mut page = Page::default();
    page.heading(1, "Standard library");
    page.paragraph("Functions and constants that every expression can use.");
    for item in library() {
        page.heading(2, item.name);
        function(&mut page, &item);
    }
    page
}

fn index(catalog: &Catalog) -> Page {
    let mut page = Page::default();
    page.heading(1, "Reference");
    page.paragraph(format!(
        "Generated from the argument structs; `{UPDATE}` writes it again. \
         `alloy docs NAME` prints the same for one name."
    ));
    page.heading(2, "Standard library");
    page.paragraph(format!("[Functions and constants]({LIBRARY}.md)"));
    for (title, kind) in [("Config blocks", "config_block"), ("Components", "component")] {
        page.heading(2, title);
        let entries = catalog.components.iter().filter(|e| e.kind == kind && e.checked);
        let row = |entry: &Entry| {
            let stability = entry.stability.map_or("community", Stability::as_str);
            let runs = if entry.runnable { "yes" } else { "no" };
            vec![
                Cell::Link(entry.name.to_owned()),
                Cell::Text(stability.to_owned()),
                Cell::Text(runs.to_owned()),
                Cell::Text(entry.summary.to_owned()),
            ]
        };
        page.table(&["Name", "Stability", "Runs", "Summary"], entries.map(row).collect());
    }
    let names: Vec<String> = catalog
        .components
        .iter()
        .filter(|entry| !entry.checked)
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    if !names.is_empty() {
        page.heading(2, "Known by name");
        page.paragraph(
            "The arguments of these are not checked yet, and this version does not run them.",
        );
        page.paragraph(names.join(", "));
    }
    page
}
