//! One configuration in, its findings out.

use std::sync::Arc;

use alloy_queries::rules::codes;
use alloy_queries::{CheckInput, Engine, HostFacts, Importer, Options, Source};
use alloy_syntax::{Diagnostic, LineIndex, TextRange};
use alloy_value::Registry;

use crate::lints;
use crate::mask;
use crate::model::Model;
use crate::selection::Settings;
use crate::suppress;

/// What a check looks for.
#[derive(Clone, Debug)]
pub struct Checker {
    /// The blocks that there are.
    pub registry: &'static Registry,
    /// What configurations may use.
    pub options: Options,
    /// Which findings count, and how much.
    pub settings: Settings,
    /// Finds what `validate` finds, in its order, and nothing else.
    pub as_validate: bool,
    /// Reads what imports bring; without one they are not followed.
    pub importer: Option<Arc<dyn Importer>>,
    /// The `module_path` variable, for the names of imported files.
    pub module_path: String,
}

/// The findings about one configuration.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The texts that the positions are about.
    pub sources: Vec<Source>,
    /// Texts that were read because they are imported. Only errors are found in them.
    pub imported: Vec<Source>,
    /// All of these texts for people to read: as long, with secrets masked.
    pub shown: Vec<Source>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
    /// How many findings comments suppress.
    pub suppressed: usize,
    /// Where secrets stand, by file.
    pub(crate) secrets: Vec<(Arc<str>, Vec<TextRange>)>,
}

impl Checker {
    /// A check of everything, with rules as they are, that does not follow imports.
    pub fn new(registry: &'static Registry, options: Options) -> Self {
        Self {
            registry,
            options,
            settings: Settings::default(),
            as_validate: false,
            importer: None,
            module_path: ".".to_owned(),
        }
    }

    /// Checks one configuration: all files of a module.
    pub fn check(&self, sources: Vec<Source>) -> Checked {
        let host = HostFacts::default();
        let (mut diagnostics, imported) = if self.as_validate {
            (Engine::validate(self.registry, host, self.options, sources.clone()), Vec::new())
        } else {
            let input = CheckInput {
                sources: sources.clone(),
                module_path: &self.module_path,
                importer: self.importer.as_deref(),
            };
            let report = Engine::check_with_imports(self.registry, host, self.options, input);
            (report.diagnostics, named_once(report.imported))
        };
        let model = Model::new(self.registry, &sources);
        if !self.as_validate {
            let is_root =
                |d: &Diagnostic| !imported.iter().any(|s| Some(&s.name) == d.file.as_ref());
            if !diagnostics.iter().any(|d| is_syntax(d) && is_root(d)) {
                lints::improve(&model, &mut diagnostics);
                lints::lint(&model, &mut diagnostics);
            }
            diagnostics.retain(|diagnostic| !diagnostic.follows);
        }
        let mut secrets = mask::secrets(&model, self.registry);
        if !imported.is_empty() {
            secrets.extend(mask::secrets(&Model::new(self.registry, &imported), self.registry));
        }
        let all = sources.iter().chain(&imported).zip(&secrets);
        let shown = all.clone().map(|(source, secrets)| masked(source, secrets)).collect();
        let secrets = all.map(|(s, secrets)| (Arc::clone(&s.name), secrets.clone())).collect();
        self.settings.apply(&mut diagnostics);
        let suppressed = suppress::apply(&sources, &imported, &self.settings, &mut diagnostics);
        if !self.as_validate {
            sort(&sources, &mut diagnostics);
        }
        Checked { sources, imported, shown, diagnostics, suppressed, secrets }
    }
}

/// Without what is there already: a file may be imported more than once.
fn named_once(sources: Vec<Source>) -> Vec<Source> {
    let mut kept: Vec<Source> = Vec::with_capacity(sources.len());
    for source in sources {
        if !kept.iter().any(|known| known.name == source.name) {
            kept.push(source);
        }
    }
    kept
}

/// Texts for people to read: as long, with secrets masked.
pub fn without_secrets(sources: &[Source], registry: &'static Registry) -> Vec<Source> {
    let secrets = mask::secrets(&Model::new(registry, sources), registry);
    sources.iter().zip(&secrets).map(|(source, secrets)| masked(source, secrets)).collect()
}

fn masked(source: &Source, secrets: &[TextRange]) -> Source {
    Source { name: Arc::clone(&source.name), text: mask::mask(&source.text, secrets).into() }
}

/// True if the text is no configuration, so that nothing else is known about it.
pub(crate) fn is_syntax(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Some(codes::SYNTAX | codes::INVALID_LABEL))
}

/// By file and place; what is at the same place stays in its order.
fn sort(sources: &[Source], diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let name = diagnostic.file.as_deref().unwrap_or_default();
        let file = sources.iter().position(|source| &*source.name == name);
        let start = diagnostic.start().map(|at| (at.line, at.column));
        (file.unwrap_or(usize::MAX), start)
    });
}

/// First and last byte (exclusive) of a finding in its file.
pub(crate) fn bytes_of(
    diagnostic: &Diagnostic,
    text: &str,
    lines: &LineIndex,
) -> Option<(u32, u32)> {
    let range = diagnostic.span.locate(text, lines)?;
    Some((range.start.byte, range.end.byte))
}
