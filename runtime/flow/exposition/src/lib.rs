//! The text format that metrics are exposed in: a strict parser and an encoder.
//!
//! # Invariants
//! - The parser accepts what the reference accepts and refuses what it refuses
//!   (spec/components/prometheus.scrape.md, Text format 0.0.4): one bad line ends the body.
//! - Parsing borrows from the body; only labels of series not seen before are copied.
//! - The encoder's output is sorted and parses back to what was encoded.
//! - No I/O, no clock, no cache: what is remembered between scrapes lives in the scrape crate.
//!
//! Start reading at [`Parser`], then [`encode::text`].

pub mod encode;
pub mod float;
mod lexer;
mod parser;
mod series_key;

pub use parser::{Entry, ParseError, Parser, Series};
pub use series_key::{KeyLabels, normalize_bounds};

/// Fuzz entry: any body parses or fails, without panic, and known keys change nothing.
pub fn fuzz(body: &[u8]) {
    let read = |hints: &[Vec<u8>]| {
        let mut parser = Parser::new(body);
        let mut seen = Vec::new();
        let failed = loop {
            let hint = hints.get(seen.len()).map(Vec::as_slice);
            match parser.next(hint) {
                Ok(Some(Entry::Series(series))) => {
                    let mut labels = KeyLabels::default();
                    let valid = labels.parse(series.key).is_ok();
                    assert!(valid, "a key that was lexed lexes again");
                    seen.push((series.key.to_vec(), series.value.to_bits(), series.timestamp_ms));
                }
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        (seen, failed)
    };
    let plain = read(&[]);
    let keys: Vec<_> = plain.0.iter().map(|(key, ..)| key.clone()).collect();
    assert_eq!(plain, read(&keys), "keys of the last scrape are only a shortcut");
}

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_exposition_parse_replay() {
        alloy_corpus::seeds("exposition_parse").iter().for_each(|seed| super::fuzz(seed));
    }
}
