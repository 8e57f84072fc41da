//! The shared corpus of the syntax: tokens, trees, diagnostics and formatting.

#![expect(
    clippy::unwrap_used,
    reason = "in a test program without harness every function is a test"
)]

mod diagnostics;
mod format;
mod parse;
mod tokens;

use std::process::ExitCode;

use alloy_corpus::Set;

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_tokens", tokens::tokens),
        Set::new("corpus_parse_errors", parse::errors),
        Set::new("corpus_parse_expressions", parse::expressions),
        Set::new("corpus_parser_files", parse::files),
        Set::new("corpus_fuzz_seeds", parse::fuzz_seeds),
        Set::new("corpus_configs_parse", parse::configs),
        Set::new("corpus_diagnostics", diagnostics::rendering),
        Set::new("corpus_format", format::cases),
        Set::new("corpus_format_printer", format::printer),
        Set::new("corpus_configs_format", format::configs),
    ])
}
