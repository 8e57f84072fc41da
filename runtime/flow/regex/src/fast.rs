//! Patterns that need no engine to say whether they match.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use rustc_hash::FxHashSet;

/// More literals than this are left to the engine.
const MAX_LITERALS: usize = 4096;

/// How a whole-text pattern can be decided.
#[derive(Debug)]
pub(crate) enum Fast {
    /// Every text matches; if `group`, group 1 is the whole of it.
    Any { group: bool },
    /// Every text but the empty one matches; if `group`, group 1 is the whole of it.
    NonEmpty { group: bool },
    /// Exactly this text.
    Literal(Box<str>),
    /// Exactly one of these texts.
    OneOf(FxHashSet<Box<str>>),
}

impl Fast {
    /// Classifies a pattern of the form start, body, end.
    pub(crate) fn of(hir: &Hir, groups: usize) -> Option<Self> {
        let HirKind::Concat(parts) = hir.kind() else { return None };
        let (first, rest) = parts.split_first()?;
        let (last, body) = rest.split_last()?;
        let is = |part: &Hir, look| matches!(part.kind(), HirKind::Look(l) if *l == look);
        if !is(first, Look::Start) || !is(last, Look::End) {
            return None;
        }
        let body = match body {
            [] => return Some(Self::Literal("".into())),
            [one] => one,
            several => &Hir::concat(several.to_vec()),
        };
        if !body.properties().look_set().is_empty() {
            return None;
        }
        let (inner, group) = match body.kind() {
            HirKind::Capture(capture) if groups == 2 => (&*capture.sub, true),
            _ => (body, false),
        };
        if (group || groups == 1)
            && let Some(any) = Self::of_dots(inner, group)
        {
            return Some(any);
        }
        Self::of_literals(body)
    }

    fn of_dots(inner: &Hir, group: bool) -> Option<Self> {
        let HirKind::Repetition(repetition) = inner.kind() else { return None };
        let HirKind::Class(Class::Unicode(class)) = repetition.sub.kind() else { return None };
        let [range] = class.ranges() else { return None };
        if range.start() != '\0' || range.end() != char::MAX || repetition.max.is_some() {
            return None;
        }
        match repetition.min {
            0 => Some(Self::Any { group }),
            1 => Some(Self::NonEmpty { group }),
            _ => None,
        }
    }

    fn of_literals(body: &Hir) -> Option<Self> {
        let mut extractor = Extractor::new();
        extractor.limit_total(MAX_LITERALS).limit_literal_len(1024);
        let found = extractor.extract(body);
        let literals = found.literals()?;
        if !found.is_exact() {
            return None;
        }
        let mut texts = FxHashSet::default();
        for literal in literals {
            texts.insert(Box::from(std::str::from_utf8(literal.as_bytes()).ok()?));
        }
        if texts.len() == 1 {
            return texts.into_iter().next().map(Self::Literal);
        }
        Some(Self::OneOf(texts))
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Any { .. } => true,
            Self::NonEmpty { .. } => !text.is_empty(),
            Self::Literal(literal) => **literal == *text,
            Self::OneOf(texts) => texts.contains(text),
        }
    }

    /// Group 1 is the whole text, or there is none.
    pub(crate) fn whole_group(&self) -> Option<bool> {
        match self {
            Self::Any { group } | Self::NonEmpty { group } => Some(*group),
            _ => None,
        }
    }
}
