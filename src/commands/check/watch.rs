//! `alloy check --watch`.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::SystemTime;

use alloy_flow_watch::{Watch, WatchOptions};
use anyhow::{Context as _, Result, bail};

use super::inputs;
use super::options::CheckOptions;
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

/// As shells report a program that the user has interrupted.
const INTERRUPTED: u8 = 130;

/// Checks now and after every change, until the user interrupts.
pub(super) fn run(parsed: &Parsed, options: &CheckOptions) -> Result<Outcome> {
    let paths = inputs::paths(parsed);
    if paths.iter().any(|path| path == "-") {
        bail!("--watch cannot follow standard input");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start watching")?;
    runtime.block_on(async {
        let mut watch = Watch::new(WatchOptions::configuration());
        let mut imported = Vec::new();
        loop {
            let began = SystemTime::now();
            if std::io::stdout().is_terminal() && options.output_file.is_none() {
                out("\x1b[2J\x1b[H");
            }
            // What cannot be read now may be there after the next change.
            let outcome =
                inputs::read(parsed, options).and_then(|roots| super::once(parsed, options, roots));
            match outcome {
                // Imports that an error hides this time are still followed.
                Ok(once) => imported = once.imported,
                Err(error) => err(&format!("Error: {error:#}\n")),
            }
            let imported = imported.iter().filter(|path| path.exists()).cloned();
            watch.set(paths.iter().map(PathBuf::from).chain(imported), began);
            tokio::select! {
                _ = watch.changed() => {}
                _ = tokio::signal::ctrl_c() => return Ok(Outcome::Code(INTERRUPTED)),
            }
        }
    })
}
