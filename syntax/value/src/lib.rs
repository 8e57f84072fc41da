//! Values of the configuration language and the typed contract between text and components.
//!
//! # Invariants
//! - A secret never leaves as text except through [`Secret::expose`]: `Debug`, `Display`, JSON and
//!   text encodings print a placeholder.
//! - Decoding reads an [`EvaluatedBody`] and knows nothing about syntax trees, salsa or tokio.
//! - A [`Definition`] is plain static data: name, stability and schema are known without running
//!   anything, so that checking, editing and documentation use what the daemon uses.
//!
//! Start reading at [`Value`], then [`Args`], then [`Definition`].

// The derive macros name this crate by its path.
extern crate self as alloy_value;

mod body;
mod bytes;
mod convert;
mod decode;
mod definition;
mod duration;
mod equality;
pub mod json;
mod known;
mod number;
mod quote;
mod schema;
mod secret;
#[doc(hidden)]
pub mod structure;
#[cfg(test)]
mod tests;
mod value;

pub use alloy_derive::{Args, Block, Exports};
pub use body::{BodyEntry, EvaluatedBlock, EvaluatedBody};
pub use bytes::ByteSize;
pub use convert::{bytes_of, text_of};
pub use decode::{
    About, AnyArgs, ArcArgs, Args, DecodeError, Exports, FromValue, PathSegment, ToValue,
};
pub use definition::{DecodeFn, Definition, DefinitionKind, Lookup, Registry, Stability};
pub use duration::GoDuration;
pub use known::known_definitions;
pub use number::number_text;
pub use quote::{quote, quote_bytes};
pub use schema::{Field, FieldKind, Found, StructSchema, TypeSchema};
pub use secret::{OPTIONAL_SECRET, SECRET, capsule_mismatch};
pub use value::{Capsule, CapsuleKind, Function, Object, OptionalSecret, Secret, Str, Value};
