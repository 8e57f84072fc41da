//! Flags and configuration files of the check.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy::registry;
use alloy_checks::report::Format;
use alloy_checks::{CONFIG_FILE, Checker, ConfigFile, FixMode, Level, Selector, Settings};
use alloy_queries::{Importer, Options};
use alloy_syntax::{Color, Severity};
use alloy_value::{Stability, quote};
use anyhow::{Result, anyhow, bail};

use super::inputs::Root;
use crate::cli::flags::Parsed;
use crate::cli::output::color;
use crate::commands::reason;
use crate::imports::{Reader, reach};

const FORMAT_VARIABLE: &str = "ALLOY_CHECK_OUTPUT_FORMAT";

/// What the command line asks for.
pub(super) struct CheckOptions {
    pub(super) format: Format,
    pub(super) color: Color,
    /// Lowest severity that counts; `None` if nothing does.
    pub(super) lowest: Option<Severity>,
    pub(super) output_file: Option<String>,
    pub(super) statistics: bool,
    pub(super) quiet: bool,
    pub(super) fix: Option<FixMode>,
    /// Prints the fixes as a patch.
    pub(super) diff: bool,
    pub(super) add_ignore: bool,
    pub(super) baseline: Option<String>,
    pub(super) write_baseline: Option<String>,
    pub(super) watch: bool,
    /// Level on the command line; else that of the configuration file.
    pub(super) stability: Stability,
    pub(super) stability_given: bool,
    importer: Option<Arc<dyn Importer>>,
    config: Config,
}

enum Config {
    Nearest,
    At(String),
    None,
}

fn text(parsed: &Parsed, flag: &str) -> Option<String> {
    let text = parsed.text(flag);
    (!text.is_empty()).then(|| text.to_owned())
}

impl CheckOptions {
    pub(super) fn new(parsed: &Parsed) -> Result<Self> {
        let given = |flag: &str| parsed.given().contains(&flag);
        let variable = std::env::var(FORMAT_VARIABLE).ok().filter(|value| !value.is_empty());
        let (name, from) = match variable {
            Some(name) if !given("output-format") => (name, format!(" in {FORMAT_VARIABLE}")),
            _ => (parsed.text("output-format").to_owned(), String::new()),
        };
        let format = Format::parse(&name).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
            anyhow!("unknown output format {}{from}; there are {}", quote(&name), known.join(", "))
        })?;
        let lowest = match parsed.text("min-severity") {
            _ if parsed.bool("exit-zero") => None,
            _ if parsed.bool("deny-warnings") => Some(Severity::Warning),
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Info),
            other => bail!("unknown severity {}; there are error, warning, info", quote(other)),
        };
        let output_file = text(parsed, "output-file");
        let color = match parsed.text("color") {
            "auto" if output_file.is_some() => Color::Never,
            "auto" => color(),
            "always" => Color::Always,
            "never" => Color::Never,
            other => bail!("unknown color choice {}; there are auto, always, never", quote(other)),
        };
        let fix = match (parsed.bool("unsafe-fixes"), parsed.bool("fix") || parsed.bool("diff")) {
            (true, _) => Some(FixMode::Unsafe),
            (false, true) => Some(FixMode::Safe),
            (false, false) => None,
        };
        let config = match (text(parsed, "check-config"), parsed.bool("no-config")) {
            (Some(_), true) => bail!("--check-config and --no-config exclude each other"),
            (Some(path), false) => Config::At(path),
            (None, true) => Config::None,
            (None, false) => Config::Nearest,
        };
        let options = Self {
            format,
            color,
            lowest,
            output_file,
            statistics: parsed.bool("statistics"),
            quiet: parsed.bool("quiet"),
            fix,
            diff: parsed.bool("diff"),
            add_ignore: parsed.bool("add-ignore"),
            baseline: text(parsed, "baseline"),
            write_baseline: text(parsed, "write-baseline"),
            watch: parsed.bool("watch"),
            stability: parsed.stability("stability.level"),
            stability_given: given("stability.level"),
            importer: reach(parsed)?.map(|reach| Arc::new(Reader::new(reach)) as Arc<dyn Importer>),
            config,
        };
        let writes = [
            ("--fix", options.fix.is_some() && !options.diff),
            ("--diff", options.diff),
            ("--add-ignore", options.add_ignore),
            ("--write-baseline", options.write_baseline.is_some()),
            ("--watch", options.watch),
        ];
        let asked: Vec<&str> = writes.iter().filter(|(_, on)| *on).map(|(flag, _)| *flag).collect();
        if let [first, second, ..] = asked.as_slice() {
            bail!("{first} and {second} exclude each other");
        }
        Ok(options)
    }
}

/// What looks at a root: flags win over the configuration file.
pub(super) fn checker(parsed: &Parsed, options: &CheckOptions, root: &Root) -> Result<Checker> {
    let file = match &options.config {
        Config::None => None,
        Config::At(path) => Some(read(Path::new(path))?),
        Config::Nearest => match nearest(&root.directory) {
            Some(path) => Some(read(&path)?),
            None => None,
        },
    };
    let file = file.unwrap_or_default();
    let mut settings = file.settings;
    add_flags(parsed, &mut settings)?;
    let stability = match file.stability {
        Some(stability) if !options.stability_given => stability,
        _ => options.stability,
    };
    let community = parsed.bool("feature.community-components.enabled");
    Ok(Checker {
        registry: registry::registry(),
        options: Options { stability, community },
        settings,
        as_validate: options.format == Format::Classic,
        importer: options.importer.clone(),
        module_path: root.module_path.clone(),
    })
}

fn add_flags(parsed: &Parsed, settings: &mut Settings) -> Result<()> {
    let selectors = |flag: &str| {
        let parse = |text: &String| {
            Selector::parse(text).map_err(|error| anyhow!("--{flag}: {error}; see --list-rules"))
        };
        parsed.list(flag).iter().map(parse).collect::<Result<Vec<_>>>()
    };
    let selected = selectors("select")?;
    // All rules is what there is anyway, with what the configuration file says.
    if !selected.contains(&Selector::All) {
        settings.select(selected);
    }
    for (flag, level) in [
        ("warn", Level::At(Severity::Warning)),
        ("error", Level::At(Severity::Error)),
        ("ignore", Level::Off),
    ] {
        for selector in selectors(flag)? {
            settings.set(selector, level);
        }
    }
    Ok(())
}

/// The configuration file of a directory, or of the nearest one around it.
fn nearest(directory: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(directory).ok()?;
    start.ancestors().map(|dir| dir.join(CONFIG_FILE)).find(|path| path.is_file())
}

fn read(path: &Path) -> Result<ConfigFile> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("read {shown}: {}", reason(&error)))?;
    let base = std::path::absolute(path)?;
    let base = base.parent().unwrap_or(Path::new("/"));
    ConfigFile::parse(&text, base).map_err(|error| anyhow!("{shown}: {error}"))
}
