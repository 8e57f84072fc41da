//! `alloy eval -i` on a terminal: prompt, history, errors, end.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::directory;
use crate::support::terminal::Terminal;

const PROMPT: &str = "> ";
const UP: &str = "\x1b[A";
const INTERRUPT: &str = "\x03";
const END: &str = "\x04";

fn session(home: &Path) -> Terminal {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alloy"));
    command.args(["eval", "-i"]).env("XDG_STATE_HOME", home).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(command);
    terminal.expect(PROMPT);
    terminal
}

#[test]
fn lines_are_evaluated_one_after_the_other() {
    let home = directory();
    let mut terminal = session(home.path());
    terminal.send("1 + 2\r");
    terminal.expect("\n3\r\n");
    terminal.expect(PROMPT);

    // Nothing ends for what is wrong.
    terminal.send("1 + nope\r");
    terminal.expect("AL301");
    terminal.expect(PROMPT);
    terminal.send("1 +\r");
    terminal.expect("AL001");
    terminal.expect(PROMPT);

    // What was typed comes back and can be changed.
    terminal.send(UP);
    terminal.send(UP);
    terminal.send(UP);
    terminal.send(" + 4\r");
    terminal.expect("\n7\r\n");
    terminal.expect(PROMPT);

    // A line is given up without being evaluated; an empty one does nothing.
    terminal.send("1 + 1");
    terminal.send(INTERRUPT);
    terminal.expect(PROMPT);
    terminal.send("\r");
    terminal.expect(PROMPT);
    terminal.send(END);
    assert_eq!(terminal.end().code(), Some(0));

    let history = home.path().join("alloy/eval_history");
    let lines = std::fs::read_to_string(&history).expect("read the history");
    assert!(lines.ends_with("1 + 2\n1 + nope\n1 +\n1 + 2 + 4\n"), "{lines:?}");
    let mode = history.metadata().expect("look at the history").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read the history");
}

#[test]
fn a_session_remembers_the_one_before() {
    let home = directory();
    let mut first = session(home.path());
    first.send("20 + 1\r");
    first.expect("\n21\r\n");
    first.expect(PROMPT);
    first.send(END);
    assert_eq!(first.end().code(), Some(0));

    let mut second = session(home.path());
    second.send(UP);
    second.send("\r");
    second.expect("\n21\r\n");
    second.expect(PROMPT);
    second.send(END);
    assert_eq!(second.end().code(), Some(0));
}
