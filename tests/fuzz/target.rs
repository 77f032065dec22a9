//! Every target: the name of the program is the name of the parser that it feeds.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hub_tests::fuzz::run(env!("CARGO_BIN_NAME"), data));
