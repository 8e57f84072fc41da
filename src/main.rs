//! The `alloy` binary: command line, registry assembly, signals, logging setup.
//!
//! # Invariants
//! - Commands only connect crates: whatever can be tested without a process lives in one of them.
//! - Standard output carries results, standard error everything else.
//! - Every failed command exits with 1 after one `Error:` line; `check` uses 2 for bad usage.
//!
//! Start reading at `cli`, then `run`.

mod cli;
mod commands;
mod imports;
mod run;

/// The system allocator returns little memory after a mass of targets or series went away.
#[cfg(all(feature = "jemalloc", target_os = "linux", not(debug_assertions)))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Options of the allocator (design/performance.md §7): free memory goes back within a second, on a
/// thread of its own.
#[cfg(all(feature = "jemalloc", target_os = "linux", not(debug_assertions)))]
#[expect(unsafe_code, reason = "jemalloc reads its options from the symbol of this name")]
#[used]
#[unsafe(export_name = "_rjem_malloc_conf")]
static ALLOCATOR_OPTIONS: &[u8; 92] = b"background_thread:true,narenas:4,dirty_decay_ms:1000,muzzy_decay_ms:0,metadata_thp:disabled\0";

fn main() -> std::process::ExitCode {
    // The first provider wins, and no client can be built without one.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        cli::output::err("Error: a TLS provider is installed already\n");
        return std::process::ExitCode::FAILURE;
    }
    cli::main(std::env::args_os())
}
