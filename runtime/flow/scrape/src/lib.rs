//! Scraping: fetches expositions from targets on a schedule and turns them into batches of samples.
//!
//! # Invariants
//! - What one scrape sends on is decided by [`ScrapeCache`], which does no I/O and has no clock.
//! - Nothing of a body is sent on before its last line is read: a bad line fails the whole scrape.
//! - Every series that stops being exposed gets exactly one stale marker; a series that was never
//!   sent on gets none.
//! - A changed target list or unchanged configuration never disturbs the loop of a target that stays.
//! - Knows nothing about components or the configuration language.
//!
//! Start reading at [`ScrapeCache`], then [`ScrapePool`].

mod batches;
mod cache;
mod fetch;
mod index;
mod labels;
mod metadata;
mod metrics;
mod options;
mod pool;
mod report;
mod scrape_loop;
mod target;

pub use cache::{Counts, ScrapeCache, ScrapeError};
pub use fetch::{Fetch, FetchError, FetchRequest, Fetched, HttpFetch};
pub use metrics::PoolMetrics;
pub use options::{Format, IngestOptions, PoolConfig, Protocol, format_of};
pub use pool::{Clock, ScrapePool, SystemClock};
pub use report::Report;
pub use scrape_loop::{TargetHealth, TargetStatus};
pub use target::{Target, TargetDefaults, TargetError, parse_duration};
