//! Which label names are allowed.

/// Rule that a label set by `replace` must keep. A name that breaks it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// ASCII letters, digits and `_`: everywhere but in `discovery.relabel`.
    Legacy,
    /// Anything that is not empty.
    Utf8,
}

impl Names {
    /// True if `name` may be a label name.
    pub fn allows_label(self, name: &str) -> bool {
        match self {
            Self::Legacy => is_legacy_label_name(name),
            Self::Utf8 => !name.is_empty(),
        }
    }

    /// True if `name` may be a metric name.
    pub fn allows_metric(self, name: &str) -> bool {
        match self {
            Self::Legacy => is_legacy_metric_name(name),
            Self::Utf8 => !name.is_empty(),
        }
    }
}

/// True for `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn is_legacy_label_name(name: &str) -> bool {
    starts_like_a_name(name) && name.bytes().all(is_word)
}

/// True for `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn is_legacy_metric_name(name: &str) -> bool {
    (starts_like_a_name(name) || name.starts_with(':'))
        && name.bytes().all(|b| b == b':' || is_word(b))
}

fn starts_like_a_name(name: &str) -> bool {
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
}

fn is_word(b: u8) -> bool {
    b == b'_' || b.is_ascii_alphanumeric()
}
