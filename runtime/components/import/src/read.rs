//! Reads what an import names, once, for checks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{MemoryDialer, ModuleContent};
use alloy_config_blocks::{ImportFileArgs, ImportStringArgs};
use alloy_flow_module_source::read_path;
use alloy_value::ArcArgs;

use crate::run::{SourceContext, module_content};
use crate::sources::open;

/// A check doesn't wait longer for a server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which imports are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of this machine: files and strings.
    Local,
    /// Those of servers too.
    Network,
}

/// What an import with these arguments names; `None` if `reach` doesn't go there. `scratch` is a
/// directory for copies of repositories. Blocks, so it must not be called from an async task.
///
/// # Errors
/// If it can't be read, with the reason.
pub fn read(
    args: &ArcArgs,
    reach: Reach,
    scratch: &Path,
    user_agent: &str,
) -> Result<Option<ModuleContent>, String> {
    if let Some(args) = args.downcast_ref::<ImportFileArgs>() {
        let content = read_path(Path::new(&args.filename)).map_err(|error| error.to_string())?;
        return Ok(Some(module_content(&args.filename.as_str().into(), content)));
    }
    if let Some(args) = args.downcast_ref::<ImportStringArgs>() {
        let name: Arc<str> = "import_string".into();
        return Ok(Some(ModuleContent {
            source: Arc::clone(&name),
            files: vec![(name, args.content.expose().into())],
            module_path: None,
        }));
    }
    if reach == Reach::Local {
        return Ok(None);
    }
    // Nobody listens on it: only addresses of servers are followed.
    let (dialer, _accept) = MemoryDialer::new("");
    let context =
        SourceContext { data_dir: scratch.to_owned(), dialer, user_agent: user_agent.into() };
    let mut opened = open(args, &context).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start reading: {error}"))?;
    let loaded =
        runtime.block_on(async { tokio::time::timeout(TIMEOUT, opened.source.load()).await });
    let loaded = loaded
        .map_err(|_| format!("no answer within {} seconds", TIMEOUT.as_secs()))?
        .map_err(|error| error.to_string())?;
    Ok(Some(module_content(&opened.name, loaded.content)))
}
