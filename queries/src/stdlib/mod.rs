//! The standard library (spec/language.md §14): one table of functions and the names they go by.

mod docs;
mod encoding;
mod format;
mod json;
mod json_path;
mod lists;
mod text;
mod yaml;

use std::sync::LazyLock;

use alloy_value::{DecodeError, Function, Object, Stability, Str, Value};
use rustc_hash::FxHashMap;

pub use docs::{LibraryItem, library};

use crate::eval::Scope;

/// A function of the library.
#[derive(Debug)]
pub(crate) struct StdFn {
    /// Full name.
    pub(crate) name: &'static str,
    pub(crate) params: Params,
    /// True if the result is text into which sensitive arguments are written.
    pub(crate) flattens: bool,
    pub(crate) run: Run,
}

type Run = fn(&[Value], &dyn Scope) -> Result<Value, CallError>;

/// Parameters of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Params {
    /// As many arguments as parameters.
    Exactly(&'static [Param]),
    /// The parameters, then any number of the last type.
    AtLeast(&'static [Param], Param),
    /// The function checks its arguments itself; this is what it takes.
    Raw(Signature),
}

/// What a function takes, for those who don't call it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) params: &'static [Param],
    /// How many of the last ones may be left out.
    pub(crate) optional: usize,
    /// Any number of those may follow.
    pub(crate) rest: Option<Param>,
}

impl Params {
    /// Type of argument `i`.
    pub(crate) fn get(self, i: usize) -> Option<Param> {
        match self {
            Self::Exactly(params) => params.get(i).copied(),
            Self::AtLeast(params, rest) => Some(params.get(i).copied().unwrap_or(rest)),
            Self::Raw(_) => None,
        }
    }

    pub(crate) fn signature(self) -> Signature {
        match self {
            Self::Exactly(params) => Signature { params, optional: 0, rest: None },
            Self::AtLeast(params, rest) => Signature { params, optional: 0, rest: Some(rest) },
            Self::Raw(signature) => signature,
        }
    }
}

/// Type of a parameter; arguments are converted to it before the call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param {
    Any,
    /// Arrives as a string.
    Text,
    /// Arrives as an array of strings.
    Texts,
    /// Secret, optional secret or string; arrives as a string.
    Secret,
    /// A string and nothing that could become one.
    Key,
    /// An array of such strings.
    Keys,
    /// An array.
    List,
    /// An object, or something that can be one.
    Object,
    /// An array of those.
    Objects,
    /// True or false.
    Flag,
    /// An element of an array that stands for a text.
    Byte,
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum CallError {
    /// Shown behind the name of the function.
    Callee(String),
    /// About an argument or a part of it.
    Argument(usize, DecodeError),
    /// Shown alone, without position.
    Plain(String),
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        Self::Callee(message)
    }
}

const TEXT: &[Param] = &[Param::Text];
const TEXT2: &[Param] = &[Param::Text, Param::Text];
const TEXT3: &[Param] = &[Param::Text, Param::Text, Param::Text];

const COMBINE: Params = Params::Raw(Signature {
    params: &[Param::Objects, Param::Objects, Param::Keys, Param::Flag],
    optional: 1,
    rest: None,
});
const GROUP: Params = Params::Raw(Signature {
    params: &[Param::Objects, Param::Key, Param::Flag],
    optional: 0,
    rest: None,
});
const LISTS: Params = any_number(Param::List);
const VALUES: Params = any_number(Param::Any);

const fn any_number(param: Param) -> Params {
    Params::Raw(Signature { params: &[], optional: 0, rest: Some(param) })
}

const fn plain(name: &'static str, params: Params, run: Run) -> StdFn {
    StdFn { name, params, flattens: false, run }
}

const fn flattening(name: &'static str, params: Params, run: Run) -> StdFn {
    StdFn { name, params, flattens: true, run }
}

static FUNCTIONS: &[StdFn] = &[
    plain("array.combine_maps", COMBINE, lists::combine_maps),
    plain("array.concat", LISTS, lists::concat),
    plain("array.group_by", GROUP, lists::group_by),
    plain("coalesce", VALUES, lists::coalesce),
    plain("convert.nonsensitive", Params::Exactly(&[Param::Secret]), |args, _| Ok(args[0].clone())),
    plain("encoding.from_URLbase64", Params::Exactly(TEXT), encoding::from_url_base64),
    plain("encoding.from_base64", Params::Exactly(TEXT), encoding::from_base64),
    plain("encoding.from_json", Params::Exactly(TEXT), json::from_json),
    plain("encoding.from_yaml", Params::Exactly(TEXT), yaml::from_yaml),
    plain("encoding.to_URLbase64", Params::Exactly(TEXT), encoding::to_url_base64),
    plain("encoding.to_base64", Params::Exactly(TEXT), encoding::to_base64),
    flattening("encoding.to_json", Params::Exactly(&[Param::Any]), json::to_json),
    plain("encoding.url_decode", Params::Exactly(TEXT), encoding::url_decode),
    plain("encoding.url_encode", Params::Exactly(TEXT), encoding::url_encode),
    plain("file.path_join", Params::AtLeast(&[], Param::Text), text::path_join),
    plain("json_path", Params::Exactly(TEXT2), json_path::json_path),
    flattening("string.format", Params::AtLeast(TEXT, Param::Any), format::format),
    plain("string.join", Params::Exactly(&[Param::Texts, Param::Text]), text::join),
    plain("string.replace", Params::Exactly(TEXT3), text::replace),
    plain("string.split", Params::Exactly(TEXT2), text::split),
    plain("string.to_lower", Params::Exactly(TEXT), text::to_lower),
    plain("string.to_upper", Params::Exactly(TEXT), text::to_upper),
    plain("string.trim", Params::Exactly(TEXT2), text::trim),
    plain("string.trim_prefix", Params::Exactly(TEXT2), text::trim_prefix),
    plain("string.trim_space", Params::Exactly(TEXT), text::trim_space),
    plain("string.trim_suffix", Params::Exactly(TEXT2), text::trim_suffix),
    plain("sys.env", Params::Exactly(TEXT), |args, scope| {
        Ok(scope.env(&text_of(&args[0]).to_lossy()))
    }),
];

/// Deprecated names and what they stand for.
const DEPRECATED: &[(&str, &str)] = &[
    ("base64_decode", "encoding.from_base64"),
    ("concat", "array.concat"),
    ("env", "sys.env"),
    ("format", "string.format"),
    ("join", "string.join"),
    ("json_decode", "encoding.from_json"),
    ("nonsensitive", "convert.nonsensitive"),
    ("replace", "string.replace"),
    ("split", "string.split"),
    ("to_lower", "string.to_lower"),
    ("to_upper", "string.to_upper"),
    ("trim", "string.trim"),
    ("trim_prefix", "string.trim_prefix"),
    ("trim_space", "string.trim_space"),
    ("trim_suffix", "string.trim_suffix"),
    ("yaml_decode", "encoding.from_yaml"),
];

/// Members of `constants`.
const CONSTANTS: &[&str] =
    &["constants.arch", "constants.hostname", "constants.os", "constants.version"];

/// Functions below general availability.
const UNSTABLE: &[(&str, Stability)] =
    &[("array.combine_maps", Stability::Experimental), ("array.group_by", Stability::Experimental)];

/// What top-level identifiers stand for.
static NAMES: LazyLock<FxHashMap<&'static str, Value>> = LazyLock::new(|| {
    let mut names = FxHashMap::default();
    let mut namespaces: FxHashMap<&str, Object> = FxHashMap::default();
    for (index, function) in FUNCTIONS.iter().enumerate() {
        let value = Value::Function(Function { name: function.name, index: index as u16 });
        match function.name.split_once('.') {
            Some((namespace, name)) => {
                namespaces
                    .entry(namespace)
                    .or_default()
                    .members
                    .insert(Str::from(name), value.clone());
            }
            None => {
                names.insert(function.name, value.clone());
            }
        }
        let deprecated = DEPRECATED.iter().find(|(_, name)| *name == function.name);
        if let Some((deprecated, _)) = deprecated {
            names.insert(*deprecated, value);
        }
    }
    names.extend(namespaces.into_iter().map(|(name, object)| (name, Value::from(object))));
    names
});

/// What the identifier `name` stands for, except `constants`.
pub(crate) fn lookup(name: &str) -> Option<Value> {
    NAMES.get(name).cloned()
}

/// True if `name` is a name of the library.
pub(crate) fn is_name(name: &str) -> bool {
    name == "constants" || NAMES.contains_key(name)
}

/// True if `name` is kept only for old configurations.
pub(crate) fn is_deprecated(name: &str) -> bool {
    DEPRECATED.binary_search_by_key(&name, |(name, _)| name).is_ok()
}

/// The name to use instead of a deprecated one.
pub(crate) fn current_name(deprecated: &str) -> Option<&'static str> {
    let at = DEPRECATED.binary_search_by_key(&deprecated, |(name, _)| name).ok()?;
    DEPRECATED.get(at).map(|(_, name)| *name)
}

/// Identifiers that the library defines, deprecated ones excepted.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    full_names().map(|name| name.split('.').next().unwrap_or(name))
}

/// Full names of all functions and constants, deprecated names excepted.
pub(crate) fn full_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name).chain(CONSTANTS.iter().copied())
}

/// Stability of the function called `name`, if it is not generally available.
pub(crate) fn stability(name: &str) -> Option<Stability> {
    UNSTABLE.iter().find(|(unstable, _)| *unstable == name).map(|(_, stability)| *stability)
}

/// The function that a name, current or deprecated, stands for.
pub(crate) fn named(name: &str) -> Option<&'static StdFn> {
    let name = current_name(name).unwrap_or(name);
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The implementation behind a function value.
pub(crate) fn function(value: Function) -> Option<&'static StdFn> {
    FUNCTIONS.get(usize::from(value.index))
}

/// How the reference calls the type of a function, where a text shows it.
fn go_signature(function: Function) -> &'static str {
    match self::function(function).map(|function| function.params) {
        Some(Params::Exactly([_])) => "func(string) string",
        Some(Params::Exactly([_, _])) => "func(string, string) string",
        Some(Params::Exactly([_, _, _])) => "func(string, string, string) string",
        _ => "func",
    }
}

/// The text of an argument that has been converted to a string.
fn text_of(value: &Value) -> Str {
    match value {
        Value::String(text) => text.clone(),
        _ => Str::from(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree() {
        assert!(DEPRECATED.is_sorted());
        for (_, name) in DEPRECATED {
            assert!(FUNCTIONS.iter().any(|function| function.name == *name), "{name}");
        }
        assert!(is_deprecated("env") && !is_deprecated("coalesce"));
    }
}
