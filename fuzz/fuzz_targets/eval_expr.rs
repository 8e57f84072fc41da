#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| alloy_queries::fuzzing::expression(input));
