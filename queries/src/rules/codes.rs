//! The codes of all rules. A code is never given to another rule.

/// Text that is not a configuration.
pub const SYNTAX: &str = alloy_syntax::SYNTAX;
/// A label that is no identifier in double quotes.
pub const INVALID_LABEL: &str = alloy_syntax::INVALID_LABEL;

/// A component that nobody defines.
pub const UNKNOWN_COMPONENT: &str = "AL101";
/// Two blocks with one id.
pub const DUPLICATE_BLOCK: &str = "AL102";
/// A block that needs a label.
pub const MISSING_LABEL: &str = "AL103";
/// A block or attribute in a place where there is no such thing.
pub const NOT_ALLOWED_HERE: &str = "AL104";
/// Something that is less stable than allowed.
pub const STABILITY: &str = "AL105";
/// A community component without the flag for them.
pub const COMMUNITY: &str = "AL106";
/// A block that this version knows by name only.
pub const NOT_IN_THIS_VERSION: &str = "AL107";

/// An attribute that the block does not have.
pub const UNKNOWN_ATTRIBUTE: &str = "AL201";
/// A nested block that the block does not have.
pub const UNKNOWN_BLOCK: &str = "AL202";
/// An attribute that has to be there.
pub const MISSING_ATTRIBUTE: &str = "AL203";
/// A nested block that has to be there.
pub const MISSING_BLOCK: &str = "AL204";
/// A value of another type.
pub const TYPE_MISMATCH: &str = "AL205";
/// A text that is none of the allowed ones.
pub const INVALID_ENUM_VALUE: &str = "AL206";
/// A value that the component refuses.
pub const INVALID_VALUE: &str = "AL207";
/// A block written as an attribute, or the other way round.
pub const ATTRIBUTE_OR_BLOCK: &str = "AL208";
/// An attribute or block that is there too often.
pub const REPEATED: &str = "AL209";
/// A text that does not follow the rules for durations, sizes, expressions, ...
pub const MALFORMED_TEXT: &str = "AL210";
/// An expression that cannot be computed.
pub const EVALUATION: &str = "AL211";
/// A nested block with a label that it must not have.
pub const UNEXPECTED_LABEL: &str = "AL212";

/// A name that nothing has.
pub const UNRESOLVED_REFERENCE: &str = "AL301";
/// Blocks that need each other.
pub const CYCLE: &str = "AL302";
/// A block that needs itself.
pub const SELF_REFERENCE: &str = "AL303";
/// A field that the component does not export.
pub const UNKNOWN_EXPORT: &str = "AL304";
/// A receiver of one kind where another is needed.
pub const WRONG_EXPORT_KIND: &str = "AL305";

/// A former name of a library function.
pub const DEPRECATED_FUNCTION: &str = "AL401";
/// An attribute, block or component that will go away.
pub const DEPRECATED: &str = "AL402";

/// A component without a consumer.
pub const UNUSED_COMPONENT: &str = "AL501";
/// A component that sends to nobody.
pub const EMPTY_FORWARD_TO: &str = "AL502";
/// A secret in plain text.
pub const LITERAL_SECRET: &str = "AL503";
/// A regular expression that nothing matches.
pub const REGEX_NEVER_MATCHES: &str = "AL504";
/// Clustering in one of two scrapes that share targets.
pub const UNEVEN_CLUSTERING: &str = "AL505";
/// A scrape that may take longer than its interval.
pub const TIMEOUT_EXCEEDS_INTERVAL: &str = "AL506";
/// A declared component that nobody uses.
pub const UNUSED_DECLARE: &str = "AL507";
/// A block that hides a name of the library.
pub const SHADOWED_LIBRARY: &str = "AL508";

/// Text that the formatter would change.
pub const UNFORMATTED: &str = "AL601";
/// An attribute that is set to its default.
pub const REDUNDANT_DEFAULT: &str = "AL602";
/// An old way to give a default to an environment variable.
pub const LEGACY_ENV_DEFAULT: &str = "AL603";

/// A comment that suppresses nothing.
pub const UNUSED_IGNORE: &str = "AL901";
/// Fixes that would make things worse.
pub const FIX_REFUSED: &str = "AL902";
/// A comment that suppresses a rule which does not exist.
pub const UNKNOWN_IGNORED_RULE: &str = "AL903";
/// An import whose text cannot be read.
pub const IMPORT_NOT_READ: &str = "AL904";
