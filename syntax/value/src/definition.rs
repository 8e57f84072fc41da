//! Components and config blocks by name, without their running parts.

use std::fmt;
use std::str::FromStr;

use rustc_hash::FxHashMap;

use crate::{ArcArgs, Args, DecodeError, EvaluatedBody, Exports, StructSchema};

/// Stability of a component, block, function or feature; ordered from least to most stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    /// `experimental`
    Experimental,
    /// `public-preview`
    PublicPreview,
    /// `generally-available`
    GenerallyAvailable,
}

impl Stability {
    /// The name used on the command line and in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::PublicPreview => "public-preview",
            Self::GenerallyAvailable => "generally-available",
        }
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Experimental, Self::PublicPreview, Self::GenerallyAvailable]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("invalid stability level {text:?}"))
    }
}

/// What a definition stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionKind {
    /// `local.file "x" { … }`
    Component,
    /// `logging { … }`, `declare "x" { … }`, `import.file "x" { … }`, `foreach "x" { … }`
    ConfigBlock,
    /// `http { … }`, `remotecfg { … }`
    Service,
}

/// Gives the schema of a struct.
type SchemaFn = fn() -> &'static StructSchema;

/// Decodes a body into arguments.
pub type DecodeFn = fn(&EvaluatedBody) -> Result<ArcArgs, DecodeError>;

/// Everything about a block type that is known without running it.
#[derive(Debug)]
pub struct Definition {
    /// Full name, such as `prometheus.scrape`.
    pub name: &'static str,
    /// What it is.
    pub kind: DefinitionKind,
    /// Its stability.
    pub stability: Stability,
    /// Needs `--feature.community-components.enabled`.
    pub community: bool,
    /// Argument schema and decoder; `None` while only the name is known ("not built yet").
    pub args: Option<(SchemaFn, DecodeFn)>,
    /// Export schema.
    pub exports: Option<fn() -> &'static StructSchema>,
    /// User-facing description.
    pub doc: &'static str,
}

impl Definition {
    /// A component with arguments `A`, without exports.
    pub const fn component<A: Args>(
        name: &'static str,
        stability: Stability,
        doc: &'static str,
    ) -> Self {
        Self::new::<A>(DefinitionKind::Component, name, stability, doc)
    }

    /// A config block with arguments `A`.
    pub const fn config_block<A: Args>(
        name: &'static str,
        stability: Stability,
        doc: &'static str,
    ) -> Self {
        Self::new::<A>(DefinitionKind::ConfigBlock, name, stability, doc)
    }

    /// The block of a service with arguments `A`.
    pub const fn service<A: Args>(
        name: &'static str,
        stability: Stability,
        doc: &'static str,
    ) -> Self {
        Self::new::<A>(DefinitionKind::Service, name, stability, doc)
    }

    const fn new<A: Args>(
        kind: DefinitionKind,
        name: &'static str,
        stability: Stability,
        doc: &'static str,
    ) -> Self {
        let args: Option<(SchemaFn, DecodeFn)> = Some((A::schema, ArcArgs::decode::<A>));
        Self { name, kind, stability, community: false, args, exports: None, doc }
    }

    /// True if the block needs a label; otherwise it must not have one and stands once in a module.
    pub fn takes_label(&self) -> bool {
        match self.kind {
            DefinitionKind::Component => true,
            DefinitionKind::ConfigBlock => !matches!(self.name, "logging" | "tracing"),
            DefinitionKind::Service => false,
        }
    }

    /// The same with exports `E`.
    #[must_use]
    pub const fn with_exports<E: Exports>(self) -> Self {
        Self { exports: Some(E::schema), ..self }
    }

    /// The same as a community component.
    #[must_use]
    pub const fn of_community(self) -> Self {
        Self { community: true, ..self }
    }
}

/// Result of looking up a component name.
#[derive(Clone, Copy, Debug)]
pub enum Lookup {
    /// A definition with arguments.
    Known(&'static Definition),
    /// A component that exists but that this version cannot run or check yet.
    NotBuilt(&'static Definition),
    /// No such name.
    Unknown,
}

/// Sorted table of definitions. Fixed for the life of a process.
#[derive(Debug)]
pub struct Registry {
    by_name: Vec<&'static Definition>,
    /// Places in `by_name`.
    places: FxHashMap<&'static str, usize>,
}

impl Registry {
    /// Builds the table. A definition with arguments wins over one that is only a name.
    pub fn new(definitions: impl IntoIterator<Item = &'static Definition>) -> Self {
        let mut by_name: Vec<_> = definitions.into_iter().collect();
        by_name.sort_by_key(|d| (d.name, d.args.is_none()));
        by_name.dedup_by_key(|d| d.name);
        let places = by_name.iter().enumerate().map(|(at, d)| (d.name, at)).collect();
        Self { by_name, places }
    }

    /// Looks up `name`.
    pub fn lookup(&self, name: &str) -> Lookup {
        match self.places.get(name).map(|at| self.by_name[*at]) {
            Some(definition) if definition.args.is_some() => Lookup::Known(definition),
            Some(definition) => Lookup::NotBuilt(definition),
            None => Lookup::Unknown,
        }
    }

    /// All definitions in name order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Definition> + '_ {
        self.by_name.iter().copied()
    }
}
