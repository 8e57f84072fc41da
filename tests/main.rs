//! Black-box tests: the real binary against real peers. One test binary, so that the program is
//! linked once.

#![expect(clippy::expect_used, reason = "a test ends at what it did not expect")]

mod check;
mod check_imports;
mod end_to_end;
mod eval;
mod eval_terminal;
mod examples;
mod explain;
mod fmt;
mod layers;
mod live_debugging;
mod many_reloads;
mod modules;
mod own_metrics;
mod plan;
mod reference;
mod reload;
mod remotecfg;
mod secrets;
mod server;
mod support;
mod texts;
mod traces;
mod watch;
mod wrong_input;
