//! Arguments of config blocks and services: `tracing`, `import.*`, `foreach`, `http`, `remotecfg`, …
//!
//! # Invariants
//! - One file per block; what runs a block lives with the runtime, not here.
//! - `logging` is the one block that is not here: the runtime needs it before anything else.

mod declare;
mod foreach;
mod http;
mod import_file;
mod import_git;
mod import_http;
mod import_string;
mod labelstore;
mod livedebugging;
mod module;
mod remotecfg;
#[cfg(test)]
mod tests;
mod tracing;

use alloy_value::Definition;

pub use declare::{DECLARE, DeclareArgs};
pub use foreach::{FOREACH, ForeachArgs, TemplateBlock};
pub use http::{
    AuthBlock, CertificateStoreBlock, Cipher, ClientAuth, ClientCertificateBlock, Curve,
    FilterBlock, HTTP, HttpArgs, HttpBasicAuthBlock, HttpTlsBlock, HttpTlsVersion,
    WindowsCertificateFilterBlock,
};
pub use import_file::{IMPORT_FILE, ImportDetector, ImportFileArgs};
pub use import_git::{GitBasicAuthBlock, IMPORT_GIT, ImportGitArgs, SshKeyBlock};
pub use import_http::{IMPORT_HTTP, ImportHttpArgs};
pub use import_string::{IMPORT_STRING, ImportStringArgs};
pub use labelstore::{LABELSTORE, LabelstoreArgs};
pub use livedebugging::{LIVEDEBUGGING, LivedebuggingArgs};
pub use module::{ARGUMENT, ArgumentArgs, ArgumentExports, EXPORT, ExportArgs};
pub use remotecfg::{REMOTECFG, RemotecfgArgs};
pub use tracing::{JaegerRemoteBlock, SamplerBlock, TRACING, TracingArgs};

/// The blocks of this crate.
pub static BLOCKS: &[&Definition] = &[
    &ARGUMENT,
    &DECLARE,
    &EXPORT,
    &FOREACH,
    &HTTP,
    &IMPORT_FILE,
    &IMPORT_GIT,
    &IMPORT_HTTP,
    &IMPORT_STRING,
    &LABELSTORE,
    &LIVEDEBUGGING,
    &REMOTECFG,
    &TRACING,
];
