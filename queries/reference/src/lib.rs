//! What the registry says about components and config blocks, in forms for people and programs.
//!
//! # Invariants
//! - Everything here is derived from a [`Registry`](alloy_value::Registry): no fact about a
//!   component is written down twice.
//! - Plain data in, text or JSON out; no files, no network.
//!
//! Start reading at [`Catalog`], then [`Entry`].

mod catalog;
mod default;
mod example;
mod json_schema;
mod near;
mod page;
mod pages;
mod types;

pub use catalog::{Attribute, Block, Catalog, Entry, Export, Member};
pub use example::configuration;
pub use json_schema::json_schema;
pub use near::near_names;
pub use page::Page;
pub use pages::{UPDATE, entry_page, function_page, pages};
