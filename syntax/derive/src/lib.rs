//! Derive macros that turn argument and export structs into static schemas, decoders and encoders.
//!
//! # Invariants
//! - Emits data (static field tables with function pointers); one shared interpreter in
//!   `alloy-value` does the decoding, so that a struct costs little to compile.
//!
//! Start reading at [`derive_args`].

use proc_macro::TokenStream;

/// Derives `alloy_value::Args`.
#[proc_macro_derive(Args, attributes(args))]
pub fn derive_args(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Derives the nested-block half of `Args`, or a text enum.
#[proc_macro_derive(Block, attributes(args))]
pub fn derive_block(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Derives `alloy_value::Exports`.
#[proc_macro_derive(Exports, attributes(args))]
pub fn derive_exports(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
