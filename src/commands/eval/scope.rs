//! What an expression can name, and its evaluation: the expression is the only attribute of a block
//! that stands beside the configuration.

use std::sync::{Arc, LazyLock};

use alloy::{host, registry};
use alloy_queries::{Diagnostic, Engine, Load, NodeId, Options, Source};
use alloy_runtime::{ConfigText, read_config};
use alloy_syntax::{LineIndex, Position, Span, SyntaxKind as K, rowan};
use alloy_value::{Args, Definition, Registry, Stability, Value, json};
use anyhow::{Context, Result, anyhow};

use crate::cli::flags::Parsed;
use crate::commands::daemon::Daemon;

/// Name of the expression in messages.
const EXPRESSION: &str = "<expression>";
/// Id of the block that holds the expression.
const BLOCK: &str = "eval.expression";
/// What stands before and after the expression. It begins a line of its own, so that its columns
/// are right.
const BEFORE: &str = "eval \"expression\" {\nvalue =\n";
const AFTER: &str = "\n}\n";
const LINES_BEFORE: u32 = 2;

/// Arguments of the block that holds the expression.
#[derive(Args, Clone, Debug, PartialEq)]
struct Expression {
    /// The expression.
    value: Value,
}

static DEFINITION: Definition =
    Definition::component::<Expression>("eval", Stability::GenerallyAvailable, "An expression.");

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::new(registry::registry().iter().chain([&DEFINITION])));

/// What came out.
pub(super) struct Answer {
    /// The value; `None` if there are errors.
    pub(super) value: Option<Value>,
    /// Errors, or warnings.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Texts that the diagnostics are about.
    pub(super) sources: Vec<Source>,
}

/// What expressions can name.
pub(super) struct Scope {
    options: Options,
    config: Option<ConfigText>,
    daemon: Option<Daemon>,
}

impl Scope {
    pub(super) fn new(parsed: &Parsed) -> Result<Self> {
        let config = match parsed.text("config") {
            "" if !parsed.text("addr").is_empty() => {
                return Err(anyhow!("--addr needs -c: the configuration whose components it runs"));
            }
            "" => None,
            path => Some(read_config(path).map_err(|error| anyhow!("{error}"))?),
        };
        let options = Options {
            stability: parsed.stability("stability.level"),
            community: parsed.bool("feature.community-components.enabled"),
        };
        Ok(Self { options, config, daemon: Daemon::named(parsed)? })
    }

    /// Evaluates one expression.
    ///
    /// # Errors
    /// If a running Alloy cannot be asked.
    pub(super) fn evaluate(&mut self, text: &str) -> Result<Answer> {
        let lines = LineIndex::new(text);
        let parse = alloy_syntax::parse_expr(text);
        let name = Arc::from(EXPRESSION);
        let resolve = |d: &Diagnostic| d.clone().resolve(Some(&name), &lines);
        if !parse.is_ok() {
            return Ok(self.failed(text, parse.diagnostics().iter().map(resolve).collect()));
        }
        if let Some(more) = what_follows(text, &parse) {
            return Ok(self.failed(text, vec![resolve(&more)]));
        }
        let mut sources = self.config.as_ref().map_or(Vec::new(), |config| config.sources.clone());
        sources
            .push(Source { name: EXPRESSION.into(), text: [BEFORE, text, AFTER].concat().into() });
        let mut engine = Engine::new(&REGISTRY, host::facts(), self.options);
        let loaded = engine.load(Load {
            sources,
            module_path: self.config.as_ref().map_or(String::new(), |c| c.module_path.clone()),
            env: std::env::vars_os()
                .map(|(n, v)| (n.to_string_lossy().into_owned(), v.to_string_lossy().into_owned()))
                .collect(),
        });
        let warnings = match loaded {
            Ok(pending) => pending.warnings,
            Err(rejected) => return Ok(self.failed(text, rejected.diagnostics)),
        };
        let id = engine.find(BLOCK).context("the expression is not in the configuration")?;
        let supplied = self.supply_exports(&mut engine, id)?;
        let at = |block: &str| place_of(&parse.syntax(), block).unwrap_or(Span::None);
        if !supplied.unknown.is_empty() {
            let about = |(block, why): &(String, String)| {
                let message = format!("the exports of {block} are not known: {why}");
                resolve(&Diagnostic::error(at(block), message))
            };
            return Ok(self.failed(text, supplied.unknown.iter().map(about).collect()));
        }
        let about_secret = |block: &String| {
            let message = format!(
                "{block} exports a secret, whose text only the running Alloy knows: here it is \
                 \"(secret)\""
            );
            resolve(&Diagnostic::warning(at(block), message))
        };
        let found = warnings.into_iter().chain(supplied.secret.iter().map(about_secret));
        let answer = self.failed(text, found.collect());
        match engine.evaluate(id) {
            Ok(args) => {
                let value = args.downcast_ref::<Expression>().map(|args| args.value.clone());
                Ok(Answer { value, ..answer })
            }
            Err(error) => Ok(self.failed(text, vec![error.cause().clone()])),
        }
    }

    /// Gives the components that the expression reads the exports that they have in a running
    /// Alloy.
    fn supply_exports(&self, engine: &mut Engine, id: NodeId) -> Result<Supplied> {
        let mut supplied = Supplied::default();
        let dependencies = engine.node(id).map_or(Box::default(), |node| node.dependencies.clone());
        for dependency in dependencies {
            let Some(node) = engine.node(dependency) else { continue };
            if node.definition.exports.is_none() {
                continue;
            }
            let block = node.block_id.to_string();
            let Some(daemon) = &self.daemon else {
                let why = "nothing runs here; --addr names an Alloy that runs the configuration";
                supplied.unknown.push((block, why.to_owned()));
                continue;
            };
            let Some(component) = daemon.component(&block)? else {
                let why = format!("{} runs no such component", daemon.address());
                supplied.unknown.push((block, why));
                continue;
            };
            let exports = json::fields(&component["exports"])
                .map_err(|why| anyhow!("exports of {block} from {}: {why}", daemon.address()))?;
            if exports.members.values().any(holds_secret) {
                supplied.secret.push(block);
            }
            engine.set_exports(dependency, Some(Value::from(exports)));
        }
        Ok(supplied)
    }

    /// An answer without a value, its diagnostics in terms of what was given.
    fn failed(&self, text: &str, diagnostics: Vec<Diagnostic>) -> Answer {
        let mut sources = self.config.as_ref().map_or(Vec::new(), |config| config.sources.clone());
        sources.push(Source { name: EXPRESSION.into(), text: text.into() });
        let own = |diagnostic: Diagnostic| {
            let is_wrapped = diagnostic.component.as_deref() == Some(BLOCK);
            if is_wrapped { unwrapped(diagnostic) } else { diagnostic }
        };
        Answer { value: None, diagnostics: diagnostics.into_iter().map(own).collect(), sources }
    }
}

/// What is known about the components that an expression reads.
#[derive(Default)]
struct Supplied {
    /// Those whose exports are unknown, with the reason.
    unknown: Vec<(String, String)>,
    /// Those that export a secret.
    secret: Vec<String>,
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_secret),
        Value::Object(object) => object.members.values().any(holds_secret),
        _ => value.as_secret().is_some(),
    }
}

/// An error if something stands behind the expression.
fn what_follows(text: &str, parse: &alloy_syntax::Parse) -> Option<Diagnostic> {
    let end = u32::from(parse.expr()?.range().end());
    let (tokens, _) = alloy_syntax::lex(text);
    let is_more = |kind: K| !kind.is_trivia() && !matches!(kind, K::Terminator | K::Eof);
    let more = tokens.into_iter().find(|token| token.start >= end && is_more(token.kind))?;
    Some(Diagnostic::error(Span::at(more.start), "the expression ends before this"))
}

/// A finding about the block as one about the expression.
fn unwrapped(mut diagnostic: Diagnostic) -> Diagnostic {
    let up = |at: Position| Position { line: at.line.saturating_sub(LINES_BEFORE).max(1), ..at };
    if let Span::Lines { start, end } = diagnostic.span {
        diagnostic.span = Span::Lines { start: up(start), end: end.map(up) };
    }
    // Fixes are edits of the block.
    diagnostic.fixes.clear();
    diagnostic.component = None;
    diagnostic
}

/// Where the expression first names `block`.
fn place_of(root: &alloy_syntax::SyntaxNode, block: &str) -> Option<Span> {
    let names = |node: &alloy_syntax::SyntaxNode| {
        let name: String = node
            .descendants_with_tokens()
            .filter_map(rowan::NodeOrToken::into_token)
            .filter(|token| !token.kind().is_trivia())
            .map(|token| token.text().to_owned())
            .collect();
        name == block
    };
    let node = root.descendants().find(names)?;
    Some(Span::range(node.text_range()))
}
