//! Compiled patterns.

use std::borrow::Cow;
use std::sync::Arc;

use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

use crate::Template;
use crate::error::RegexError;
use crate::fast::Fast;
use crate::parse::{self, Parsed};
use crate::possible::is_possible;

/// Largest compiled program. The reference's dialect accepts `\pL{1000}`, which is about this large.
const PROGRAM_LIMIT_BYTES: usize = 64 << 20;
/// Cache of the lazily built automaton, per matching thread (design/performance.md §8).
const LAZY_CACHE_BYTES: usize = 10 << 20;
/// The engine compiles recursively: deeper patterns get a stack of their own.
const COMPILE_HERE_HEIGHT: u32 = 64;
const COMPILE_STACK_BYTES: usize = 32 << 20;

/// A compiled pattern. Cheap to clone; equality is of the pattern.
#[derive(Clone)]
pub struct Regex(Arc<Inner>);

struct Inner {
    /// As the user wrote it.
    pattern: Box<str>,
    anchored: bool,
    engine: meta::Regex,
    names: Vec<Option<Box<str>>>,
    fast: Option<Fast>,
}

impl Regex {
    /// Compiles `pattern` to match anywhere in a text.
    ///
    /// # Errors
    /// If the pattern breaks the grammar or is too large.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        Self::compile(pattern, parse::parse(pattern)?, false)
    }

    /// Compiles `pattern` the way relabelling uses it: as the text `^(?s:pattern)$`, which matches
    /// the whole text, newlines included. A pattern such as `a)|(b` escapes the anchors, as it does
    /// in the reference.
    ///
    /// # Errors
    /// If the pattern breaks the grammar or is too large.
    ///
    /// *Cost*: a pattern that was compiled lately is shared, not compiled again.
    pub fn anchored(pattern: &str) -> Result<Self, RegexError> {
        if let Some(known) = recent::find(pattern) {
            return Ok(known);
        }
        let regex = Self::compile(pattern, parse::parse(&format!("^(?s:{pattern})$"))?, true)?;
        recent::keep(&regex);
        Ok(regex)
    }

    /// False if `pattern`, used as relabelling does, certainly matches no text at all. True says
    /// nothing: what needs the engine to find out is not looked for.
    ///
    /// # Errors
    /// If the pattern breaks the grammar.
    pub fn can_match(pattern: &str) -> Result<bool, RegexError> {
        let parsed = parse::parse(&format!("^(?s:{pattern})$"))?;
        // Deeper patterns are rare, and looking at them takes as much stack.
        Ok(parsed.height > COMPILE_HERE_HEIGHT || is_possible(&parsed.hir))
    }

    fn compile(pattern: &str, parsed: Parsed, anchored: bool) -> Result<Self, RegexError> {
        let Parsed { hir, names, height } = parsed;
        let fast = if anchored { Fast::of(&hir, names.len()) } else { None };
        let engine = if height <= COMPILE_HERE_HEIGHT {
            build(&hir)
        } else {
            std::thread::scope(|scope| {
                std::thread::Builder::new()
                    .name("regex-compile".to_owned())
                    .stack_size(COMPILE_STACK_BYTES)
                    .spawn_scoped(scope, || build(&hir))
                    .map_err(|error| RegexError::TooLarge(error.to_string()))?
                    .join()
                    .map_err(|_panic| RegexError::TooLarge("the compiler gave up".to_owned()))?
            })
        }?;
        Ok(Self(Arc::new(Inner { pattern: pattern.into(), anchored, engine, names, fast })))
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// Number of groups, counting the whole match.
    pub fn group_count(&self) -> usize {
        self.0.names.len()
    }

    /// Indices of the groups called `name`, in order.
    pub fn groups_named<'r>(&'r self, name: &'r str) -> impl Iterator<Item = usize> + 'r {
        let named = self.0.names.iter().enumerate();
        named.filter(move |(_, n)| n.as_deref() == Some(name)).map(|(index, _)| index)
    }

    /// True if `text` matches.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0.fast {
            Some(fast) => fast.is_match(text),
            None => self.0.engine.is_match(text),
        }
    }

    /// Finds the first match of `text` and stores its groups. `groups` is reused from call to call;
    /// its content is unspecified when nothing matches.
    pub fn captures(&self, text: &str, groups: &mut Groups) -> bool {
        if let Some(fast) = &self.0.fast {
            if !fast.is_match(text) {
                return false;
            }
            if let Some(group) = fast.whole_group() {
                groups.spans.clear();
                groups.spans.resize(if group { 2 } else { 1 }, Some((0, text.len())));
                return true;
            }
        }
        groups.load(self, |engine, caps| engine.search_captures(&Input::new(text), caps))
    }

    /// `text` with every match replaced.
    pub fn replace_all<'t>(&self, text: &'t str, template: &Template) -> Cow<'t, str> {
        let mut groups = Groups::default();
        let mut out = String::new();
        let mut copied = 0;
        for caps in self.0.engine.captures_iter(text) {
            let Some(whole) = caps.get_match() else { continue };
            groups.read(&caps);
            out.push_str(&text[copied..whole.start()]);
            template.expand(text, &groups, &mut out);
            copied = whole.end();
        }
        if copied == 0 && out.is_empty() && !self.is_match(text) {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[copied..]);
        Cow::Owned(out)
    }
}

/// Anchored patterns compiled lately. A rule is decoded, checked and compiled one after the other, and
/// thousands of rules have the same pattern, most of them the default: compiling it each time was
/// four fifths of the time that a large configuration took to load.
mod recent {
    use std::collections::{HashMap, VecDeque};
    use std::sync::LazyLock;

    use parking_lot::Mutex;

    use super::Regex;

    const PATTERNS: usize = 256;
    /// Of all programs together.
    const PROGRAM_BYTES: usize = 2 << 20;

    #[derive(Default)]
    pub(super) struct Recent {
        by_pattern: HashMap<Box<str>, Regex>,
        /// Patterns with the sizes of their programs, the oldest first.
        order: VecDeque<(Box<str>, usize)>,
        bytes: usize,
    }

    static RECENT: LazyLock<Mutex<Recent>> = LazyLock::new(Mutex::default);

    pub(super) fn find(pattern: &str) -> Option<Regex> {
        RECENT.lock().find(pattern)
    }

    pub(super) fn keep(regex: &Regex) {
        RECENT.lock().keep(regex);
    }

    impl Recent {
        pub(super) fn find(&self, pattern: &str) -> Option<Regex> {
            self.by_pattern.get(pattern).cloned()
        }

        pub(super) fn keep(&mut self, regex: &Regex) {
            let bytes = regex.0.engine.memory_usage();
            // One that pushes most of the others out is not worth it.
            if bytes > PROGRAM_BYTES / 4 {
                return;
            }
            let pattern: Box<str> = regex.pattern().into();
            if self.by_pattern.insert(pattern.clone(), regex.clone()).is_some() {
                return;
            }
            self.order.push_back((pattern, bytes));
            self.bytes += bytes;
            while self.order.len() > PATTERNS || self.bytes > PROGRAM_BYTES {
                let Some((oldest, bytes)) = self.order.pop_front() else { break };
                self.by_pattern.remove(&oldest);
                self.bytes -= bytes;
            }
        }
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.pattern == other.0.pattern && self.0.anchored == other.0.anchored)
    }
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Regex").field(&self.0.pattern).finish()
    }
}

impl std::fmt::Display for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.pattern)
    }
}

fn build(hir: &Hir) -> Result<meta::Regex, RegexError> {
    let config = meta::Config::new()
        .match_kind(MatchKind::LeftmostFirst)
        .utf8_empty(true)
        .nfa_size_limit(Some(PROGRAM_LIMIT_BYTES))
        .hybrid_cache_capacity(LAZY_CACHE_BYTES);
    meta::Builder::new().configure(config).build_from_hir(hir).map_err(|error| {
        let limit = error.size_limit().map(|limit| format!("more than {limit} bytes"));
        RegexError::TooLarge(limit.unwrap_or_else(|| error.to_string()))
    })
}

/// Positions of the groups of one match. Reuse it: it keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    spans: Vec<Option<(usize, usize)>>,
    /// Scratch of the engine for the pattern it was made for.
    scratch: Option<(Regex, Captures)>,
}

impl Groups {
    /// What group `index` matched in `text`; `None` if it took no part or does not exist.
    pub fn get<'t>(&self, text: &'t str, index: usize) -> Option<&'t str> {
        let (start, end) = (*self.spans.get(index)?)?;
        text.get(start..end)
    }

    fn load(&mut self, regex: &Regex, search: impl FnOnce(&meta::Regex, &mut Captures)) -> bool {
        let mut scratch = match self.scratch.take() {
            Some((owner, scratch)) if Arc::ptr_eq(&owner.0, &regex.0) => scratch,
            _ => regex.0.engine.create_captures(),
        };
        search(&regex.0.engine, &mut scratch);
        let matched = scratch.is_match();
        if matched {
            self.read(&scratch);
        }
        self.scratch = Some((regex.clone(), scratch));
        matched
    }

    fn read(&mut self, caps: &Captures) {
        self.spans.clear();
        self.spans.extend(caps.iter().map(|span| span.map(|s| (s.start, s.end))));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replace(pattern: &str, text: &str, template: &str) -> String {
        let regex = Regex::new(pattern).unwrap();
        regex.replace_all(text, &Template::new(template, &regex)).into_owned()
    }

    #[test]
    fn replaces_every_match() {
        assert_eq!(replace("a+", "baaac", "<$0>"), "b<aaa>c");
        assert_eq!(replace("a*", "baaac", "-"), "-b-c-");
        assert_eq!(replace("x", "abc", "-"), "abc");
        assert_eq!(replace("", "ab", "-"), "-a-b-");
        assert_eq!(replace("abc", "abc", ""), "");
    }

    #[test]
    fn template_takes_the_longest_name() {
        let regex = Regex::anchored("(?P<k>a)(b)").unwrap();
        let expand = |template: &str| {
            let mut groups = Groups::default();
            assert!(regex.captures("ab", &mut groups));
            let mut out = String::new();
            Template::new(template, &regex).expand("ab", &groups, &mut out);
            out
        };
        assert_eq!(expand("$1$2"), "ab");
        assert_eq!(expand("$1_x"), "", "the group is called `1_x`");
        assert_eq!(expand("${1}_x"), "a_x");
        assert_eq!(expand("$k${k}$$k"), "aa$k");
        assert_eq!(expand("${k $ $- $9 $01"), "${k $ $-  ");
    }

    #[test]
    fn fast_paths_are_found() {
        let fast = |pattern: &str| format!("{:?}", Regex::anchored(pattern).unwrap().0.fast);
        assert_eq!(fast("(.*)"), "Some(Any { group: true })");
        assert_eq!(fast(".+"), "Some(NonEmpty { group: false })");
        assert_eq!(fast("true"), "Some(Literal(\"true\"))");
        assert!(fast("a|b|cd?").starts_with("Some(OneOf"));
        assert_eq!(fast("a.*"), "None");
        assert_eq!(fast("a\\b"), "None");
        assert_eq!(fast("a)|(b"), "None");
    }

    #[test]
    fn recent_patterns_are_shared_and_old_ones_forgotten() {
        let mut recent = recent::Recent::default();
        let first = Regex::anchored("shared-[0-9]+").unwrap();
        recent.keep(&first);
        let found = recent.find("shared-[0-9]+").unwrap();
        assert!(Arc::ptr_eq(&first.0, &found.0));
        for i in 0..256 {
            recent.keep(&Regex::anchored(&format!("other-{i}")).unwrap());
        }
        assert!(recent.find("shared-[0-9]+").is_none());
        assert!(recent.find("other-255").is_some());
        recent.keep(&Regex::anchored("\\pL{100}").unwrap());
        assert!(recent.find("\\pL{100}").is_none(), "large programs are not kept");
    }

    #[test]
    fn program_size_is_capped() {
        let large = format!("({})", vec!["\\pL{200}"; 40].join("|"));
        assert!(matches!(Regex::anchored(&large), Err(RegexError::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_patterns_never_panic(pattern in "[\\\\(){}\\[\\]|?*+^$.:<>!=a-dQEpPxX0-9,\\-&~ⅷä ]{0,24}", text in "[a-d0-9ä\\n ]{0,12}") {
            crate::fuzz(format!("{pattern}\n{text}").as_bytes());
        }

        #[test]
        fn quoted_text_matches_itself_only(text in any::<String>(), other in any::<String>()) {
            prop_assume!(!text.contains("\\E") && !text.ends_with('\\'));
            let regex = Regex::anchored(&format!("\\Q{text}\\E")).unwrap();
            prop_assert!(regex.is_match(&text));
            prop_assert_eq!(regex.is_match(&other), text == other);
        }
    }
}
