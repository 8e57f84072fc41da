//! Prints figures beside their gates, and as a ratio to those of a reference.

use std::collections::BTreeMap;
use std::time::Duration;

/// Unit of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Ms,
    Mib,
    Kib,
    Percent,
    Megabytes,
    CpuSeconds,
    Count,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ms => format!("{value:.1} ms"),
            Self::Mib => format!("{value:.1} MiB"),
            Self::Kib => format!("{value:.1} KiB"),
            Self::Percent => format!("{value:.3} %"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::CpuSeconds => format!("{value:.2}"),
            Self::Count => format!("{value:.1}"),
        }
    }
}

/// The figures of the binary under test, once they are there, and those of the reference beside
/// them.
#[derive(Default)]
pub(crate) struct Report {
    ours: BTreeMap<String, f64>,
    /// True while the reference is measured.
    pub(crate) is_reference: bool,
}

impl Report {
    /// Prints one figure.
    pub(crate) fn row(&mut self, what: &str, value: f64, unit: Unit, gate: &str) {
        let shown = unit.show(value);
        if !self.is_reference {
            println!("{what:<58} {shown:>16}   gate {gate}");
            self.ours.insert(what.to_owned(), value);
            return;
        }
        match self.ours.get(what) {
            Some(ours) if *ours > 0.0 => println!(
                "{what:<58} ours {:>14}   reference {shown:>14}   reference / ours {:.1}",
                unit.show(*ours),
                value / ours
            ),
            _ => println!("{what:<58} reference {shown:>14}"),
        }
    }

    /// Prints a duration.
    pub(crate) fn time(&mut self, what: &str, value: Duration, gate: &str) {
        self.row(what, value.as_secs_f64() * 1e3, Unit::Ms, gate);
    }
}
