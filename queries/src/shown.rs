//! Where nodes stand in the text, and what their blocks say, for people: secrets are masked.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_syntax::parse_item;
use alloy_value::{StructSchema, TypeSchema, quote};

use crate::custom::node_type;
use crate::hir::{ItemHir, SourceMap, Statement, StatementSpan};
use crate::lower::lower_item;
use crate::names::refs;
use crate::queries::source_map;
use crate::report::Reporter;
use crate::store::ROOT;
use crate::{Engine, NodeId, Source};

/// What stands for a secret.
const MASK: &str = "(secret)";
/// What stands for a secret that is not what it was.
const CHANGED_MASK: &str = "(secret) (changed)";

/// What the block of a node says before and after the pending load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockTexts {
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
}

impl Engine {
    /// The file that the block of a node stands in.
    pub fn file_of(&self, id: NodeId) -> Option<Arc<str>> {
        Some(self.block_of(id)?.item(&self.db).file(&self.db).name(&self.db))
    }

    /// The file and line of the block of a node. O(file) after each load.
    pub fn place_of(&self, id: NodeId) -> Option<(Arc<str>, u32)> {
        let block = self.block_of(id)?;
        let name = source_map(&self.db, block).root.name;
        let severity = alloy_syntax::Severity::Info;
        let place = Reporter::new(self).place(block, severity, Some(name), String::new());
        let line = place.start()?.line;
        Some((place.file?, line))
    }

    /// True if the pending load brings another text for the item that holds the block of a node.
    pub fn is_retexted(&self, id: NodeId) -> bool {
        let item = self.store.resolve(id).map(|node| {
            let block = self.store.nodes[node].block;
            self.store.blocks[block].item
        });
        let undo = self.undo.as_ref();
        item.zip(undo).is_some_and(|(item, undo)| undo.old_text(item).is_some())
    }

    /// Gives files of another place the names of the running ones that they stand for: of the same
    /// file name, or the only file for the only file.
    pub fn adopt_names(&self, sources: &mut [Source]) {
        let running: Vec<Arc<str>> =
            self.store.modules[ROOT].files.iter().map(|file| Arc::clone(&file.name)).collect();
        if let ([source], [name]) = (&mut *sources, &running[..]) {
            source.name = Arc::clone(name);
            return;
        }
        fn file_name(name: &str) -> &str {
            name.rsplit('/').next().unwrap_or(name)
        }
        for source in sources {
            if running.contains(&source.name) {
                continue;
            }
            let mut alike =
                running.iter().filter(|name| file_name(name) == file_name(&source.name));
            if let (Some(name), None) = (alike.next(), alike.next()) {
                source.name = Arc::clone(name);
            }
        }
    }

    /// True if what the block of a node evaluates to may tell more than its text: it reads the
    /// environment, or takes a secret for a plain string.
    pub fn is_revealing(&self, id: NodeId) -> bool {
        let Some(block) = self.block_of(id) else { return false };
        refs(&self.db, block).iter().any(|reference| {
            let mut path = reference.path.iter().map(|name| name.as_str());
            match path.next() {
                Some("sys" | "env" | "nonsensitive") => true,
                // Without a name behind the dot it may be any function.
                Some("convert") => path.next().is_none_or(|name| name == "nonsensitive"),
                _ => false,
            }
        })
    }

    /// The statements of a node's block as they are written, before and after the pending load;
    /// `None` if the text of its block is not new.
    pub fn block_texts(&self, id: NodeId) -> Option<BlockTexts> {
        let node = self.store.resolve(id)?;
        let at = self.store.nodes[node].block;
        let slot = &self.store.blocks[at];
        let undo = self.undo.as_ref()?;
        let old_text = undo.old_text(slot.item)?;
        let old_index = undo.old_index(at).unwrap_or(slot.index);
        let schema = node_type(&self.db, slot.block)
            .and_then(|(_, definition)| definition.args)
            .map(|(schema, _)| schema());
        let nothing = BTreeMap::new();
        let old = shown(old_text, old_index, schema, &nothing)?;
        let new = shown(&self.store.items[slot.item].text, slot.index, schema, &old.secrets)?;
        (old.source != new.source).then_some(BlockTexts { old: old.text, new: new.text })
    }
}

/// A block for people.
struct Shown {
    text: String,
    /// The same with its secrets, for telling whether two differ.
    source: String,
    /// Texts of the expressions that were masked, by where they stand.
    secrets: BTreeMap<String, String>,
}

/// The statements of the block with this position in an item.
fn shown(
    item: &str,
    index: u32,
    schema: Option<&'static StructSchema>,
    before: &BTreeMap<String, String>,
) -> Option<Shown> {
    let (hir, maps) = lower_item(&parse_item(item).syntax());
    let ItemHir::Blocks(entries) = hir else { return None };
    let (entry, map) = (entries.get(index as usize)?, maps.get(index as usize)?);
    let mut printer = Printer {
        map,
        item,
        before,
        secrets: BTreeMap::new(),
        source: String::new(),
        text: String::new(),
    };
    printer.body(&entry.hir.statements, &map.root, schema, "");
    let layout = |text: &str| alloy_syntax::format(text).unwrap_or_else(|_| text.to_owned());
    let text = layout(&printer.text)
        .replace(&quote(CHANGED_MASK), CHANGED_MASK)
        .replace(&quote(MASK), MASK);
    Some(Shown { text, source: layout(&printer.source), secrets: printer.secrets })
}

struct Printer<'a> {
    map: &'a SourceMap,
    item: &'a str,
    before: &'a BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    source: String,
    text: String,
}

impl Printer<'_> {
    fn body(
        &mut self,
        statements: &[Statement],
        spans: &StatementSpan,
        schema: Option<&'static StructSchema>,
        path: &str,
    ) {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, statement) in statements.iter().enumerate() {
            let name = match statement {
                Statement::Attribute { name, .. } => name,
                Statement::Block(block) => &block.name,
            };
            let found = schema.and_then(|schema| schema.find(name));
            let field = found.map(|found| found.member.unwrap_or(found.field));
            let time = times.entry(name).or_default();
            *time += 1;
            let path = format!("{path}/{name}#{time}");
            match statement {
                Statement::Attribute { value, .. } => {
                    let span = self.map.expr(*value);
                    let source = self.item.get(span.start as usize..span.end as usize);
                    let source = source.unwrap_or_default().to_owned();
                    let is_secret = field.is_some_and(|field| holds_secret(&field.ty, 0));
                    let text = match self.before.get(&path) {
                        _ if !is_secret => source.clone(),
                        Some(before) if *before != source => quote(CHANGED_MASK),
                        _ => quote(MASK),
                    };
                    self.push(&format!("{name} = "), Some((&source, &text)));
                    if is_secret {
                        self.secrets.insert(path, source);
                    }
                }
                Statement::Block(block) => {
                    let label = block.label.as_deref().map(|label| format!(" {}", quote(label)));
                    self.push(&format!("{name}{} {{\n", label.unwrap_or_default()), None);
                    let inner = field.and_then(|field| field.ty.struct_schema());
                    let nothing = StatementSpan::default();
                    let spans = spans.nested.get(at).unwrap_or(&nothing);
                    self.body(&block.statements, spans, inner, &path);
                    self.push("}\n", None);
                }
            }
        }
    }

    fn push(&mut self, head: &str, value: Option<(&str, &str)>) {
        self.source.push_str(head);
        self.text.push_str(head);
        if let Some((source, text)) = value {
            self.source.push_str(source);
            self.source.push('\n');
            self.text.push_str(text);
            self.text.push('\n');
        }
    }
}

/// True if a value of this type may hold a secret.
fn holds_secret(ty: &TypeSchema, depth: usize) -> bool {
    /// Types that hold themselves end here.
    const MAX_DEPTH: usize = 8;
    match ty {
        TypeSchema::Secret | TypeSchema::OptionalSecret => true,
        TypeSchema::List(inner)
        | TypeSchema::FixedList(inner, _)
        | TypeSchema::Map(inner)
        | TypeSchema::Optional(inner) => holds_secret(inner, depth),
        TypeSchema::Struct(schema) => {
            depth > MAX_DEPTH
                || schema().fields.iter().any(|field| holds_secret(&field.ty, depth + 1))
        }
        _ => false,
    }
}
