//! What a finding says beside its message: words for users, notes, related places and fixes. None
//! of it has positions, like the fault that it belongs to.

use alloy_syntax::Applicability;

use smol_str::SmolStr;

use crate::fault::Subject;
use crate::inputs::Block;
use crate::similar::{did_you_mean, similar};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Help {
    /// The message in words that users know, if they differ.
    pub(crate) plain: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) related: Vec<Elsewhere>,
    pub(crate) fixes: Vec<Remedy>,
    /// See [`alloy_syntax::Diagnostic::follows`].
    pub(crate) follows: bool,
    /// The statement that a fault without a place is about.
    pub(crate) near: Option<Box<[u32]>>,
    /// True if the reference does not report it.
    pub(crate) is_ours: bool,
    /// The name that is unknown, if that is what is wrong.
    pub(crate) unknown: Option<SmolStr>,
}

/// A related place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// The block it is in; `None` for the block of the finding.
    pub(crate) block: Option<Block>,
    pub(crate) subject: Subject,
    pub(crate) message: String,
}

/// A fix whose places are not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remedy {
    pub(crate) title: String,
    pub(crate) applicability: Applicability,
    pub(crate) change: Change,
}

/// What a fix does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Puts a text in the place of a subject.
    Replace(Subject, String),
    /// Removes the statement at this place, and its line if nothing else is on it.
    Remove(Box<[u32]>),
    /// Removes the label of the block at this place.
    RemoveLabel(Box<[u32]>),
    /// Writes the attribute at this place, an object literal, as a block.
    AttributeToBlock(Box<[u32]>),
    /// Writes the block at this place as an attribute with an object literal.
    BlockToAttribute(Box<[u32]>),
}

impl Help {
    /// Suggests those of `names` that `wrong`, the text of `subject`, may be a misspelling of.
    /// `spell` gives the text to put there.
    pub(crate) fn suggest<'n>(
        &mut self,
        wrong: &str,
        names: impl IntoIterator<Item = &'n str>,
        subject: Subject,
        spell: impl Fn(&str) -> String,
    ) {
        let names = similar(wrong, names);
        self.notes.extend(did_you_mean(&names));
        // With several candidates any one is a guess.
        if let [only] = names.as_slice() {
            let title = format!("change it to {}", alloy_value::quote(only));
            self.fix(title, Applicability::Unsafe, Change::Replace(subject, spell(only)));
        }
    }

    pub(crate) fn fix(
        &mut self,
        title: impl Into<String>,
        applicability: Applicability,
        change: Change,
    ) {
        self.fixes.push(Remedy { title: title.into(), applicability, change });
    }
}
