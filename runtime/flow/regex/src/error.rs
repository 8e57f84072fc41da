//! Why a pattern is refused.

/// A pattern that the dialect does not accept. The texts follow the reference's, because users match
/// on them: `error parsing regexp: <reason>: `<the offending part>``.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern breaks the grammar.
    #[error("error parsing regexp: {reason}: `{part}`")]
    Syntax {
        /// Which rule it breaks.
        reason: Reason,
        /// The part of the pattern that breaks it.
        part: String,
    },
    /// The pattern is well formed and needs more memory than a pattern may take.
    #[error("error parsing regexp: expression too large: {0}")]
    TooLarge(String),
}

/// Rule of the grammar that a pattern breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is its text, see `Display`")]
pub enum Reason {
    InvalidCharRange,
    InvalidEscape,
    InvalidNamedCapture,
    InvalidPerlOp,
    InvalidRepeatOp,
    InvalidRepeatSize,
    MissingBracket,
    MissingParen,
    MissingRepeatArgument,
    NestingDepth,
    TrailingBackslash,
    UnexpectedParen,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::InvalidCharRange => "invalid character class range",
            Self::InvalidEscape => "invalid escape sequence",
            Self::InvalidNamedCapture => "invalid named capture",
            Self::InvalidPerlOp => "invalid or unsupported Perl syntax",
            Self::InvalidRepeatOp => "invalid nested repetition operator",
            Self::InvalidRepeatSize => "invalid repeat count",
            Self::MissingBracket => "missing closing ]",
            Self::MissingParen => "missing closing )",
            Self::MissingRepeatArgument => "missing argument to repetition operator",
            Self::NestingDepth => "expression nests too deeply",
            Self::TrailingBackslash => "trailing backslash at end of expression",
            Self::UnexpectedParen => "unexpected )",
        })
    }
}
