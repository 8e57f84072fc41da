//! Reads what imports bring, for those who look at a configuration without running it.

use std::path::PathBuf;

use alloy_config_blocks::ImportStringArgs;
use alloy_import::{Reach, read};
use alloy_queries::{Imported, Importer, Source};
use alloy_value::{ArcArgs, quote};
use anyhow::{Result, bail};

use crate::cli::flags::Parsed;
use crate::cli::version::user_agent;

/// What `--resolve-imports` asks for; `None` if imports are not followed.
pub(crate) fn reach(parsed: &Parsed) -> Result<Option<Reach>> {
    Ok(match parsed.text("resolve-imports") {
        "none" => None,
        "local" => Some(Reach::Local),
        "all" => Some(Reach::Network),
        other => bail!("unknown imports {}; there are none, local, all", quote(other)),
    })
}

/// Reads imports of the kinds that are asked for.
#[derive(Debug)]
pub(crate) struct Reader {
    reach: Reach,
    /// Copies of repositories.
    scratch: PathBuf,
}

impl Reader {
    pub(crate) fn new(reach: Reach) -> Self {
        let scratch = std::env::temp_dir().join(format!("alloy-check-{}", std::process::id()));
        Self { reach, scratch }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Only there if a repository was fetched.
        let _gone = std::fs::remove_dir_all(&self.scratch);
    }
}

impl Importer for Reader {
    fn import(&self, args: &ArcArgs) -> Imported {
        let agent = user_agent();
        let read_now = || read(args, self.reach, &self.scratch, &agent);
        // A thread of its own, because sources of the network run tasks, and `--watch` does so too.
        let outcome = match self.reach {
            Reach::Local => read_now(),
            Reach::Network => std::thread::scope(|scope| match scope.spawn(read_now).join() {
                Ok(outcome) => outcome,
                Err(_) => Err("reading it failed".to_owned()),
            }),
        };
        let content = match outcome {
            Ok(Some(content)) => content,
            Ok(None) => return Imported::NotFollowed,
            Err(reason) => return Imported::Failed(reason),
        };
        let inline = args.downcast_ref::<ImportStringArgs>().is_some();
        let files = content.files.into_iter().map(|(name, text)| Source { name, text }).collect();
        Imported::Modules { files, module_path: content.module_path.map(|p| p.to_string()), inline }
    }
}
