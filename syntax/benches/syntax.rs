//! Throughput of lexing, splitting, parsing and formatting (gate G9 of design/engine.md §13: a
//! lossless parse of real configurations reads at least 30 MB/s).
//!
//! Reads the corpus if it is there, else a generated configuration.

use std::fmt::Write as _;

use divan::{Bencher, counter::BytesCount};

fn main() {
    divan::main();
}

/// About a megabyte of configuration.
fn text() -> String {
    let mut text = alloy_corpus::root().map(|root| real(&root)).unwrap_or_default();
    if text.is_empty() {
        for index in 0..4_000 {
            let _ = write!(
                text,
                "// Scrapes instance {index}.\nprometheus.scrape \"s{index}\" {{\n\
                 \ttargets    = discovery.relabel.r{index}.output\n\
                 \tforward_to = [prometheus.remote_write.default.receiver]\n\n\
                 \tclustering {{\n\t\tenabled = true\n\t}}\n}}\n\n",
            );
        }
    }
    text
}

fn real(root: &std::path::Path) -> String {
    let configs = root.join("configs");
    let index = alloy_corpus::json(&configs.join("INDEX.json"));
    let names = index.as_object().into_iter().flat_map(|index| index.keys());
    let texts = names.filter_map(|name| std::fs::read_to_string(configs.join(name)).ok());
    texts.map(|text| text + "\n").collect()
}

#[divan::bench]
fn lex(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| alloy_syntax::lex(&text));
}

#[divan::bench]
fn split(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| alloy_syntax::split(&text));
}

/// One changed character in the middle.
#[divan::bench]
fn resplit(bencher: Bencher<'_, '_>) {
    let text = text();
    let items: Vec<&str> =
        alloy_syntax::split(&text).into_iter().map(|item| &text[item.range]).collect();
    let middle = items.len() / 2;
    let edited = format!("{}// x\n{}", items[..middle].concat(), items[middle..].concat());
    bencher
        .counter(BytesCount::of_str(&edited))
        .bench(|| alloy_syntax::resplit(&items, None, &edited));
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| alloy_syntax::parse_file(&text));
}

/// The way of the engine: item by item.
#[divan::bench]
fn parse_items(bencher: Bencher<'_, '_>) {
    let text = text();
    let items = alloy_syntax::split(&text);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        for item in &items {
            divan::black_box(alloy_syntax::parse_item(&text[item.range.clone()]));
        }
    });
}

#[divan::bench]
fn format(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| alloy_syntax::format(&text));
}
