#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| alloy_flow_logql::fuzz(input));
