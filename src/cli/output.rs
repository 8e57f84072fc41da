//! Standard output and standard error of commands.

use std::io::{IsTerminal, Write};

use alloy_syntax::Color;

/// Prints to standard output. A closed one ends nothing: there is nobody left to tell.
pub(crate) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _lost = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints to standard error.
pub(crate) fn err(text: &str) {
    let _lost = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether diagnostics are coloured: the reference looks at standard output, although they go to
/// standard error.
pub(crate) fn color() -> Color {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    match std::io::stdout().is_terminal() && !no_color && !dumb {
        true => Color::Always,
        false => Color::Never,
    }
}
