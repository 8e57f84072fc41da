//! Derive macros that turn argument and export structs into static schemas, decoders and encoders.
//!
//! # Invariants
//! - Emits data and field access by index; one shared interpreter in `alloy-value` does the
//!   decoding, so that a struct costs little to compile.
//! - Names `alloy_value` by its path: a crate that derives depends on it.
//!
//! Start reading at [`derive_args`], then [`model`].

mod emit;
mod model;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `alloy_value::Args` for a struct with named fields.
///
/// On the struct: `#[args(validate = path)]` with `fn(&Self) -> Result<(), String>`; `#[args(open)]`
/// if its body is looked at by its owner only.
/// On a field, inside `#[args(…)]`: nothing for a required attribute; `name = "x.y"`;
/// `default = EXPR` (a string literal is converted as configuration text), or just `default` for a
/// block that may be left out and then is what an empty one gives; `optional`; `block`; `required`
/// for a list of blocks that must not be empty; `enumerated`; `label`; `squash`;
/// `deprecated = "why"`; `stability = experimental` or `public_preview`, with `stability_of = "x"`
/// if only the value `x` needs it;
/// `syntax = "regex"` for texts in a language of their own. An `Option` is optional by itself.
#[proc_macro_derive(Args, attributes(args))]
pub fn derive_args(input: TokenStream) -> TokenStream {
    expand(input, emit::args)
}

/// Derives a nested block (struct), a text enum (unit variants) or a one-of block (newtype variants).
///
/// On a text enum: `#[args(unknown = "unknown mode {:?}")]` is the message for other texts (`{:?}`
/// quotes the text, `{}` does not); `null_is_empty` takes `null` as an empty text instead of as the
/// first variant; `any_case` takes the names, which are then in lower case, in any case. A variant's text is its name in lower case, or `#[args(name = "text")]`.
#[proc_macro_derive(Block, attributes(args))]
pub fn derive_block(input: TokenStream) -> TokenStream {
    expand(input, emit::block)
}

/// Derives `alloy_value::Exports` for a struct with named fields.
#[proc_macro_derive(Exports, attributes(args))]
pub fn derive_exports(input: TokenStream) -> TokenStream {
    expand(input, emit::exports)
}

fn expand(
    input: TokenStream,
    emit: impl FnOnce(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    emit(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
