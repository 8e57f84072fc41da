//! What a finding about names says beside its message: suggestions, fixes and related places.

use alloy_syntax::Applicability;
use alloy_value::quote;

use crate::db::Db;
use crate::fault::{Part, Subject};
use crate::help::{Change, Elsewhere, Help};
use crate::hir::block_id;
use crate::inputs::{Block, Module, ModuleKind};
use crate::names::{LoopVariable, Ref, custom_names, loop_variable};
use crate::similar::{FURTHEST, KEYWORDS};
use crate::stdlib;

/// Blocks of a module that are looked through for a name that was meant: a large configuration may
/// have many wrong names.
const MOST_BLOCKS: usize = 10_000;

/// About a block whose name nothing defines.
pub(crate) fn unknown_component(db: &dyn Db, block: Block, help: &mut Help) {
    let name = &*block.key(db).name;
    help.plain = Some(format!("there is no component {}", quote(name)));
    help.unknown = Some(name.into());
    let mut names: Vec<&str> = db.registry().iter().map(|definition| definition.name).collect();
    let mut declared: Vec<&str> = Vec::new();
    let mut at = Some(block.module(db));
    while let Some(module) = at {
        #[expect(clippy::iter_over_hash_type, reason = "names are sorted below")]
        for name in custom_names(db, module).declares.keys() {
            declared.push(name);
        }
        at = module.outer(db);
    }
    declared.sort_unstable();
    names.extend(declared);
    let subject = Subject::Statement([].into(), Part::Name);
    help.suggest(name, names, subject, str::to_owned);
}

/// About a reference that leads nowhere.
pub(crate) fn unresolved(db: &dyn Db, module: Module, reference: &Ref, help: &mut Help) {
    let text = reference.text();
    help.plain = Some(format!("there is nothing called {} here", quote(&text)));
    let names = names_in_scope(db, module, &reference.path);
    let subject = Subject::Expr(reference.expr);
    help.suggest(&text, names.iter().map(String::as_str), subject, str::to_owned);
    help.unknown = Some(text.into());
}

/// Everything that a reference could mean: blocks, followed by what the reference says behind the
/// name of a block; variables; functions.
fn names_in_scope(db: &dyn Db, module: Module, path: &[smol_str::SmolStr]) -> Vec<String> {
    let wanted = path.iter().map(|segment| segment.len() + 1).sum::<usize>().saturating_sub(1);
    let mut names: Vec<String> = stdlib::full_names().map(str::to_owned).collect();
    names.push("module_path".to_owned());
    names.extend(KEYWORDS.iter().map(|&keyword| keyword.to_owned()));
    let mut at = Some(module);
    while let Some(module) = at {
        let blocks = module.blocks(db);
        for block in blocks.iter().take(MOST_BLOCKS) {
            let key = block.key(db);
            if key.label.is_none() && key.name.contains('.') {
                // A component that lacks its label.
                continue;
            }
            let segments = key.name.split('.').count() + usize::from(key.label.is_some());
            let rest = path.get(segments..).unwrap_or_default();
            let length = |text: &str| text.len() + 1;
            let label = key.label.as_deref().map_or(0, length);
            let rest_length = rest.iter().map(|segment| length(segment)).sum::<usize>();
            if (key.name.len() + label + rest_length).abs_diff(wanted) > FURTHEST {
                continue;
            }
            let id = block_id(&key.name, key.label.as_deref());
            names.push(rest.iter().fold(id, |id, segment| format!("{id}.{segment}")));
        }
        if let Some(LoopVariable::Named(name)) = loop_variable(db, module) {
            names.push(name.to_string());
        }
        let is_open = module.kind(db) == ModuleKind::Template;
        at = module.outer(db).filter(|_| is_open);
    }
    names
}

/// About a library function called by a former name.
pub(crate) fn deprecated(db: &dyn Db, module: Module, reference: &Ref, help: &mut Help) {
    let [name] = &*reference.path else { return };
    let Some(current) = stdlib::current_name(name) else { return };
    help.plain = Some(format!("{} is a former name of {}", quote(name), quote(current)));
    // A block or variable may have the name that it would start with.
    let first = current.split('.').next().unwrap_or(current);
    if is_hidden(db, module, first) {
        return;
    }
    let change = Change::Replace(Subject::Expr(reference.expr), current.to_owned());
    help.fix(format!("call it {}", quote(current)), Applicability::Safe, change);
}

/// True if blocks or variables hide the library names that start with `first`.
fn is_hidden(db: &dyn Db, module: Module, first: &str) -> bool {
    let mut at = Some(module);
    while let Some(module) = at {
        let hides = |block: &Block| {
            let name = &block.key(db).name;
            name.split('.').next() == Some(first)
        };
        let is_variable = match loop_variable(db, module) {
            Some(LoopVariable::Named(name)) => name == first,
            Some(LoopVariable::Unknown) => true,
            None => false,
        };
        if is_variable || module.blocks(db).iter().any(hides) {
            return true;
        }
        at = module.outer(db);
    }
    false
}

/// About one of the blocks of a circle.
pub(crate) fn cycle(ids: &[String], members: &[Block], at: usize, help: &mut Help) {
    help.plain = Some(format!("blocks refer to each other in a circle: {}", ids.join(", ")));
    // One report tells all.
    help.follows = at > 0;
    help.related.extend(members.iter().skip(1).map(|member| Elsewhere {
        block: Some(*member),
        subject: Subject::Statement([].into(), Part::Header),
        message: "is part of the circle".to_owned(),
    }));
}

/// Blocks that probably exist although they are not in scope, because what defines them is broken.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    /// Names, of blocks whose label is not known.
    names: Vec<String>,
    /// Ids.
    ids: Vec<String>,
    /// What may be a custom component.
    labels: Vec<String>,
}

impl Broken {
    /// Collects the names and labels that lines of `text` start with.
    pub(crate) fn add_text(&mut self, text: &str) {
        use alloy_syntax::SyntaxKind as K;
        let (tokens, _) = alloy_syntax::lex(text);
        let mut name = String::new();
        let mut at_start = true;
        for token in tokens {
            let source = text.get(token.start as usize..token.end as usize).unwrap_or_default();
            match token.kind {
                K::Whitespace | K::Comment if source.contains('\n') => {
                    self.add_name(&mut name);
                    at_start = true;
                }
                K::Whitespace | K::Comment => {}
                K::Ident if at_start && !name.is_empty() && !name.ends_with('.') => {
                    // A label without quotes.
                    self.labels.push(source.to_owned());
                    self.ids.push(format!("{name}.{source}"));
                    self.add_name(&mut name);
                    at_start = false;
                }
                K::Ident | K::Dot if at_start => name.push_str(source),
                K::Str if at_start && !name.is_empty() => {
                    let label = source.trim_matches(['"', '`', '\'']);
                    self.labels.push(label.to_owned());
                    self.ids.push(format!("{name}.{label}"));
                    self.add_name(&mut name);
                    at_start = false;
                }
                _ => {
                    self.add_name(&mut name);
                    at_start = false;
                }
            }
        }
        self.add_name(&mut name);
    }

    fn add_name(&mut self, name: &mut String) {
        if !name.is_empty() {
            self.names.push(std::mem::take(name));
        }
    }

    /// Adds a block that is refused: under the names that were probably meant.
    pub(crate) fn add_block(&mut self, names: &[&str], label: Option<&str>) {
        for name in names {
            match label {
                Some(label) => self.ids.push(format!("{name}.{label}")),
                None => self.names.push((*name).to_owned()),
            }
        }
    }

    /// True if an unknown component or reference of this name may be one of them.
    pub(crate) fn may_define(&self, unknown: &str) -> bool {
        let starts = |known: &String| {
            unknown.strip_prefix(known.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        let first = unknown.split('.').next().unwrap_or(unknown);
        self.ids.iter().any(starts)
            || self.names.iter().any(starts)
            || self.labels.iter().any(|label| label == first)
    }
}
