//! Seeded faults: each is put alone into a configuration that is clean, and must be found at its
//! line.

use std::collections::BTreeMap;
use std::path::Path;

use alloy::registry;
use alloy_corpus::Report;
use alloy_syntax::ast::{Attribute, Block, Body, Expr, LiteralKind, Statement};
use alloy_syntax::{LineIndex, Severity, TextRange};
use alloy_value::{Definition, DefinitionKind, Field, FieldKind, Lookup, StructSchema, TypeSchema};

use crate::configs::{Config, check, configs};

/// How many faults of a kind a configuration gets; more of them take minutes.
const PER_FILE: usize = 1;

/// How many of a hundred faults of a kind have to be found.
const WANTED_PERCENT: usize = 95;

/// Names of the kinds of faults.
const KINDS: [&str; 8] = [
    "misspelt attribute",
    "wrong type through a reference",
    "missing required attribute",
    "wrong enum value",
    "dangling reference",
    "cycle",
    "bad regular expression",
    "bad duration",
];

/// A change of the text, and in which lines it is right to report it.
struct Fault {
    kind: &'static str,
    range: TextRange,
    text: String,
    lines: Vec<usize>,
}

#[derive(Default)]
struct Score {
    found: usize,
    missed: Vec<String>,
}

pub(crate) fn mutations(corpus: &Path, report: &mut Report) {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for config in configs(corpus) {
        let text = &*config.source.text;
        if check(&config, text).iter().any(|finding| finding.severity == Severity::Error) {
            report.skip("has an error without a fault");
            continue;
        }
        let mut random = Random::new(&config.name);
        let mut faults = Seeder::new(text).faults();
        for kind in KINDS {
            let mut of_kind: Vec<Fault> =
                faults.extract_if(.., |fault| fault.kind == kind).collect();
            for _ in 0..PER_FILE.min(of_kind.len()) {
                let fault = of_kind.swap_remove(random.below(of_kind.len()));
                let score = scores.entry(kind).or_default();
                match try_fault(&config, text, &fault) {
                    Ok(()) => score.found += 1,
                    Err(missed) => score.missed.push(missed),
                }
            }
        }
    }
    for kind in KINDS {
        let score = scores.remove(kind).unwrap_or_default();
        let total = score.found + score.missed.len();
        report.note(&format!("{kind}: {} of {total} found", score.found));
        report.case(kind, || match score.found * 100 >= total * WANTED_PERCENT && total > 0 {
            true => Ok(()),
            false => Err(score.missed.join("\n    ")),
        });
    }
}

fn try_fault(config: &Config, text: &str, fault: &Fault) -> Result<(), String> {
    let (start, end) = (usize::from(fault.range.start()), usize::from(fault.range.end()));
    let mutant = format!("{}{}{}", &text[..start], fault.text, &text[end..]);
    let findings = check(config, &mutant);
    let is_right = |line: usize| fault.lines.contains(&line);
    let found = findings.iter().any(|finding| {
        finding.severity == Severity::Error
            && finding.start().is_some_and(|start| is_right(start.line as usize))
            && (fault.kind != "cycle" || finding.message.contains("cycle"))
    });
    if found {
        return Ok(());
    }
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    Err(format!(
        "{}:{:?}: {:?} instead of {:?}: {said:?}",
        config.name,
        fault.lines,
        fault.text,
        &text[start..end]
    ))
}

/// Pseudo-random numbers from a text: the same in every run.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        // FNV-1a; never zero.
        let hash = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// A component of a scope.
struct Component {
    id: String,
    definition: &'static Definition,
    block: Block,
}

impl Component {
    /// What its references are written as, with their types.
    fn exports(&self) -> impl Iterator<Item = (String, &'static Field)> {
        let fields = self.definition.exports.map_or(&[][..], |schema| schema().fields);
        fields.iter().map(|field| (format!("{}.{}", self.id, field.name), field))
    }
}

/// Collects places for faults.
struct Seeder<'a> {
    text: &'a str,
    lines: LineIndex,
    faults: Vec<Fault>,
}

impl<'a> Seeder<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, lines: LineIndex::new(text), faults: Vec::new() }
    }

    fn faults(mut self) -> Vec<Fault> {
        let parse = alloy_syntax::parse_file(self.text);
        self.scope(&parse.file().body());
        self.faults
    }

    /// A module: its components can refer to each other.
    fn scope(&mut self, body: &Body) {
        let mut components = Vec::new();
        for block in body.blocks() {
            match block.name().as_str() {
                "declare" => block.body().iter().for_each(|body| self.scope(body)),
                "foreach" => {
                    let inner = block.body().into_iter().flat_map(|body| body.blocks());
                    let templates: Vec<_> = inner.filter_map(|block| block.body()).collect();
                    templates.iter().for_each(|template| self.scope(template));
                }
                name => {
                    if let Lookup::Known(definition) = registry::registry().lookup(name) {
                        let id = format!("{name}.{}", block.label());
                        components.push(Component { id, definition, block });
                    }
                }
            }
        }
        for component in &components {
            if let (Some((schema, _)), Some(body)) =
                (component.definition.args, component.block.body())
            {
                self.body(schema(), &body, component.block.range(), component, &components);
            }
        }
    }

    fn body(
        &mut self,
        schema: &'static StructSchema,
        body: &Body,
        around: TextRange,
        component: &Component,
        scope: &[Component],
    ) {
        for statement in body.statements() {
            match statement {
                Statement::Attribute(attribute) => {
                    let name = attribute.name().map(|name| name.text().to_owned());
                    let Some(found) = name.as_deref().and_then(|name| schema.find(name)) else {
                        continue;
                    };
                    if found.field.kind == FieldKind::Attribute {
                        self.attribute(schema, &attribute, found.field, around, component, scope);
                    }
                }
                Statement::Block(block) => {
                    let inner = schema.find(&block.name()).and_then(|found| found.body());
                    if let (Some(schema), Some(body)) = (inner, block.body()) {
                        self.body(schema, &body, block.range(), component, scope);
                    }
                }
            }
        }
    }

    fn attribute(
        &mut self,
        schema: &'static StructSchema,
        attribute: &Attribute,
        field: &'static Field,
        around: TextRange,
        component: &Component,
        scope: &[Component],
    ) {
        let (Some(name), Some(value)) = (attribute.name(), attribute.value()) else { return };
        let misspelt = misspell(field.name);
        if schema.find(&misspelt).is_none() {
            self.add(KINDS[0], name.text_range(), misspelt, &[name.text_range()]);
        }
        if field.required {
            self.add(KINDS[2], attribute.range(), String::new(), &[around]);
        }
        let literal = match &value {
            Expr::Literal(literal) => literal.kind() == LiteralKind::String,
            _ => false,
        };
        let wrong_text = match innermost(&field.ty) {
            TypeSchema::OneOf(_) => Some((KINDS[3], "\"zz-wrong\"")),
            _ if field.syntax() == Some("regex") => Some((KINDS[6], "\"(\"")),
            TypeSchema::Duration => Some((KINDS[7], "\"10x\"")),
            _ => None,
        };
        if let (true, Some((kind, text))) = (literal, wrong_text) {
            self.add(kind, value.range(), text.to_owned(), &[value.range()]);
        }
        self.references(attribute, &value, field, component, scope);
    }

    /// Faults in what an attribute refers to.
    fn references(
        &mut self,
        attribute: &Attribute,
        value: &Expr,
        field: &'static Field,
        component: &Component,
        scope: &[Component],
    ) {
        let refers_to_nothing = |other: &&Component| {
            other.id != component.id && !scope.iter().any(|c| self.mentions(&other.block, &c.id))
        };
        let wrong = scope.iter().filter(refers_to_nothing).find_map(|other| {
            other.exports().find(|(_, export)| !fits(&export.ty, &field.ty)).map(|(text, _)| text)
        });
        let mut found = Vec::new();
        // Nothing can refer to a block without a label.
        let is_other =
            |target: &&Component| target.id != component.id && component.definition.takes_label();
        for target in scope.iter().filter(is_other) {
            for (reference, _) in target.exports() {
                let Some(at) = self.find(value.range(), &reference) else { continue };
                let label_end = at + target.id.len();
                let insert = TextRange::empty((label_end as u32).into());
                // Like the reference, a check accepts arguments that nobody declares.
                if target.definition.kind == DefinitionKind::Component {
                    found.push((KINDS[4], insert, "_missing".to_owned(), vec![insert]));
                }
                // What refers to the target is what the target refers to from now on.
                let back = target.block.body().and_then(|body| body.attributes().next());
                if let Some(back) = back.and_then(|attribute| attribute.value()) {
                    let to = component.exports().next().map(|(text, _)| text);
                    let text = to.unwrap_or_else(|| format!("{}.receiver", component.id));
                    let lines = vec![component.block.range(), target.block.range()];
                    found.push((KINDS[5], back.range(), text, lines));
                }
            }
        }
        if let Some(wrong) = wrong {
            found.push((KINDS[1], value.range(), wrong, vec![attribute.range()]));
        }
        for (kind, range, text, lines) in found {
            self.add(kind, range, text, &lines);
        }
    }

    fn mentions(&self, block: &Block, id: &str) -> bool {
        self.find(block.range(), &format!("{id}.")).is_some()
    }

    /// Offset of a reference in a range of the text.
    fn find(&self, range: TextRange, reference: &str) -> Option<usize> {
        let start = usize::from(range.start());
        let text = &self.text[start..usize::from(range.end())];
        let part_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        text.match_indices(reference).map(|(at, _)| at).find_map(|at| {
            let before = text[..at].chars().next_back();
            let after = text[at + reference.len()..].chars().next();
            let ends =
                reference.ends_with('.') || !after.is_some_and(|c| c.is_alphanumeric() || c == '_');
            (!before.is_some_and(part_of_name) && ends).then_some(start + at)
        })
    }

    /// Adds a fault that may be reported where one of `ranges` begins.
    fn add(&mut self, kind: &'static str, range: TextRange, text: String, ranges: &[TextRange]) {
        let line = |range: &TextRange| self.lines.position(range.start().into()).line as usize;
        let lines = ranges.iter().map(line).collect();
        self.faults.push(Fault { kind, range, text, lines });
    }
}

/// The name with two letters swapped, or one doubled where that changes nothing.
fn misspell(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = letters.len() / 2;
    if at > 0 && letters[at] != letters[at - 1] {
        letters.swap(at, at - 1);
    } else {
        letters.push('x');
    }
    letters.into_iter().collect()
}

fn innermost(ty: &TypeSchema) -> &TypeSchema {
    match ty {
        TypeSchema::Optional(inner) => innermost(inner),
        other => other,
    }
}

/// True if an export of type `export` may be what an attribute of type `field` takes.
fn fits(export: &TypeSchema, field: &TypeSchema) -> bool {
    match (export, field) {
        (TypeSchema::Optional(inner), _) => fits(inner, field),
        (_, TypeSchema::Optional(inner)) => fits(export, inner),
        (TypeSchema::Any, _) | (_, TypeSchema::Any) => true,
        (TypeSchema::Capsule(a), TypeSchema::Capsule(b)) => a == b,
        (TypeSchema::List(a), TypeSchema::List(b)) => fits(a, b),
        // Only what never converts is wrong beyond doubt.
        (TypeSchema::Capsule(_), other) => {
            matches!(other, TypeSchema::Map(_) | TypeSchema::Struct(_))
        }
        (TypeSchema::List(TypeSchema::Capsule(_)), _) => false,
        _ => true,
    }
}
