//! `alloy check` (spec/cli.md §9): reads the texts, lets `alloy_checks` look at them, and reports.

mod inputs;
mod options;
mod output;
mod rewrite;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use alloy_checks::{Baseline, Checked, Checker};
use alloy_queries::Source;
use anyhow::{Context, Result, anyhow, bail};
use parking_lot::Mutex;
use signal_hook::consts::SIGINT;

use super::explain;
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::err;
use inputs::Root;
use options::{CheckOptions, checker};

const BAD_USAGE: u8 = 2;
/// As shells report a program that the user has interrupted.
const INTERRUPTED: i32 = 130;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    match start(parsed) {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            err(&format!("Error: {error:#}\n"));
            Ok(Outcome::Code(BAD_USAGE))
        }
    }
}

fn start(parsed: &Parsed) -> Result<Outcome> {
    if parsed.bool("list-rules") {
        return Ok(explain::list_rules());
    }
    if !parsed.text("explain").is_empty() {
        return Ok(explain::explain(parsed.text("explain")));
    }
    let options = CheckOptions::new(parsed)?;
    if options.watch {
        return watch::run(parsed, &options);
    }
    end_on_interrupt()?;
    let roots = inputs::read(parsed, &options)?;
    let once = once(parsed, &options, roots)?;
    Ok(Outcome::Code(u8::from(once.found)))
}

/// An interrupt ends the process with the code that shells report for it. Files are replaced at
/// once, so none is half-written then.
fn end_on_interrupt() -> Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register_conditional_shutdown(SIGINT, INTERRUPTED, always)
        .context("cannot install the handler of interrupts")?;
    Ok(())
}

/// How one check ended.
#[derive(Default)]
struct Once {
    /// True if there are findings that count.
    found: bool,
    /// Imported files that were read.
    imported: Vec<PathBuf>,
}

impl Once {
    fn of(found: bool) -> Self {
        Self { found, ..Self::default() }
    }
}

/// Checks, fixes if asked to, and reports.
fn once(parsed: &Parsed, options: &CheckOptions, roots: Vec<Root>) -> Result<Once> {
    let roots = roots
        .into_iter()
        .map(|root| Ok((checker(parsed, options, &root)?, root)))
        .collect::<Result<Vec<_>>>()?;
    let baseline = options.baseline.as_deref().map(read_baseline).transpose()?;
    if let Some(mode) = options.fix {
        return rewrite::fix(options, &roots, mode, baseline.as_ref()).map(Once::of);
    }
    let mut checked = check_all(&roots, |checker, sources| checker.check(sources))?;
    if let Some(baseline) = &baseline {
        baseline.remove_known(&mut checked);
    }
    if let Some(path) = &options.write_baseline {
        let baseline = Baseline::of(&checked);
        rewrite::write(path, &baseline.text()?)?;
        err(&format!("wrote {} findings to {path}\n", baseline.len()));
        return Ok(Once::default());
    }
    if options.add_ignore {
        return rewrite::add_ignores(&roots, &checked).map(|()| Once::default());
    }
    output::report(options, output::stability(options, &roots), &checked)?;
    let imported = checked.iter().flat_map(|checked| &checked.imported);
    let imported = imported.map(|source| PathBuf::from(&*source.name)).collect();
    Ok(Once { found: output::counts(options, &checked), imported })
}

fn read_baseline(path: &str) -> Result<Baseline> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("read the baseline {path}: {}", super::reason(&error)))?;
    Baseline::parse(&text).with_context(|| format!("baseline {path}"))
}

/// Does `work` for every configuration, on as many threads as there are processors. Results are in
/// the order of the configurations.
fn check_all<T: Send>(
    roots: &[(Checker, Root)],
    work: impl Fn(&Checker, Vec<Source>) -> T + Sync,
) -> Result<Vec<T>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(roots.len());
    if threads <= 1 {
        return Ok(roots.iter().map(|(c, root)| work(c, root.sources.clone())).collect());
    }
    let progress = Progress::new(roots.len());
    let queue = Mutex::new(roots.iter().enumerate());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        let worker = || {
            loop {
                let next = queue.lock().next();
                let Some((index, (checker, root))) = next else { return };
                let result = work(checker, root.sources.clone());
                let mut done = done.lock();
                done.insert(index, result);
                progress.show(done.len());
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    progress.end();
    let done = done.into_inner();
    if done.len() != roots.len() {
        bail!("a thread of the check has failed");
    }
    Ok(done.into_values().collect())
}

/// Tells a person at a terminal how far a long check is.
struct Progress {
    total: usize,
    terminal: bool,
    began: Instant,
    shown: std::sync::atomic::AtomicBool,
}

/// Shorter checks say nothing.
const QUIET_TIME: Duration = Duration::from_secs(1);

impl Progress {
    fn new(total: usize) -> Self {
        use std::io::IsTerminal as _;
        let terminal = std::io::stderr().is_terminal();
        Self { total, terminal, began: Instant::now(), shown: false.into() }
    }

    fn show(&self, done: usize) {
        if self.terminal && self.began.elapsed() >= QUIET_TIME {
            self.shown.store(true, std::sync::atomic::Ordering::Relaxed);
            err(&format!("\rchecked {done} of {}", self.total));
        }
    }

    fn end(&self) {
        if self.shown.load(std::sync::atomic::Ordering::Relaxed) {
            err("\r\x1b[K");
        }
    }
}

/// What one check has found, for [`output`].
type Findings = [Checked];
