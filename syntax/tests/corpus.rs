fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![])
}
