//! One configuration in, its findings out.

use alloy_queries::rules::codes;
use alloy_queries::{Engine, HostFacts, Options, Source};
use alloy_syntax::{Diagnostic, LineIndex};
use alloy_value::Registry;

use crate::lints;
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
}

/// The findings about one configuration.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The texts that the positions are about.
    pub sources: Vec<Source>,
    /// The same texts for people to read: as long, with secrets masked.
    pub shown: Vec<Source>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
    /// How many findings comments suppress.
    pub suppressed: usize,
}

impl Checker {
    /// Checks one configuration: all files of a module.
    pub fn check(&self, sources: Vec<Source>) -> Checked {
        let engine = if self.as_validate { Engine::validate } else { Engine::check };
        let mut diagnostics =
            engine(self.registry, HostFacts::default(), self.options, sources.clone());
        if !self.as_validate && !diagnostics.iter().any(is_syntax) {
            let model = Model::new(self.registry, &sources);
            lints::improve(&model, &mut diagnostics);
            lints::lint(&model, &mut diagnostics);
        }
        let shown = sources.iter().map(|source| masked(source, &diagnostics)).collect();
        if !self.as_validate {
            diagnostics.retain(|diagnostic| !diagnostic.follows);
        }
        self.settings.apply(&mut diagnostics);
        let suppressed = suppress::apply(&sources, &self.settings, &mut diagnostics);
        if !self.as_validate {
            sort(&sources, &mut diagnostics);
        }
        Checked { sources, shown, diagnostics, suppressed }
    }
}

/// The text with stars for the secrets that stand in it, byte for byte.
fn masked(source: &Source, diagnostics: &[Diagnostic]) -> Source {
    let lines = LineIndex::new(&source.text);
    let mut bytes = source.text.as_bytes().to_vec();
    let secrets = diagnostics.iter().filter(|diagnostic| {
        diagnostic.code == Some(codes::LITERAL_SECRET)
            && diagnostic.file.as_deref() == Some(&*source.name)
    });
    for (start, end) in secrets.filter_map(|found| bytes_of(found, &source.text, &lines)) {
        // The quotes stay.
        let inside = start as usize + 1..(end as usize).saturating_sub(1);
        for byte in bytes.get_mut(inside).into_iter().flatten() {
            *byte = b'*';
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Source { name: source.name.clone(), text: text.into() },
        Err(_) => source.clone(),
    }
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
