//! `labelstore`: accepted for older configurations (spec/runtime.md §14).

use alloy_value::{Args, Definition, Stability};

/// Arguments of the `labelstore` block: none.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelstoreArgs {}

/// The `labelstore` block.
pub static LABELSTORE: Definition = Definition::service::<LabelstoreArgs>(
    "labelstore",
    Stability::GenerallyAvailable,
    "Store of series labels; has nothing to configure.",
);
