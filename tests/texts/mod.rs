//! Texts that users and their tools know, in the order of spec/runtime.md: a module a chapter, and in
//! it a table or a test a section. What a load says is asked by `POST /-/reload`: each case is loaded
//! into the same process, so each also shows that a refused revision leaves the process ready for the
//! next one.
//!
//! | Section | Where |
//! |---|---|
//! | 1.1, 1.2 | [`start`]; what ends the start also in `wrong_input` |
//! | 3.3 to 3.5 | [`graph`] |
//! | 4.1, 4.2 | [`evaluation`], [`logs`] |
//! | 4.6, 6.2 | [`evaluation`] |
//! | 5.3 | [`logs`]; deadlines in `runtime/src/controller/tasks.rs` |
//! | 6.1 | `runtime/src/health.rs`; imports and `foreach` in `runtime/src/tests/imports.rs` |
//! | 7 | [`blocks`] |
//! | 8.2, 8.4 | [`modules`]; git and HTTP sources in `runtime/flow/{git,module-source}` |
//! | 13 | [`blocks`], `remotecfg` |
//! | 14 | `live_debugging` |
//! | 15 | [`logs`], `runtime/logging` |

mod blocks;
mod evaluation;
mod graph;
mod logs;
mod modules;
mod start;

use crate::support::alloy::Alloy;

const LOAD: &str = "error during the initial load: ";

/// Configuration and what the answer says about it, behind [`LOAD`]. An empty text is no error.
type Case = (&'static str, &'static str);

/// Loads every case; all that differ are shown at once.
#[track_caller]
fn check(alloy: &Alloy, cases: &[Case]) {
    let mut wrong = String::new();
    for (config, expected) in cases {
        alloy.write("config.alloy", config);
        let (status, answer) = alloy.reload();
        let answer = answer.trim_end();
        let said = match status {
            200 => "",
            _ => answer.strip_prefix(LOAD).unwrap_or(answer),
        };
        if said != *expected {
            wrong.push_str(&format!("{config}\n  expected {expected}\n  said     {said}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
