//! From the path on the command line to a loaded configuration.

mod loader;
mod source;

pub use loader::{ConfigLoader, environment};
pub(crate) use source::reason;
pub use source::{ConfigText, ReadError, module_path, read_config};
