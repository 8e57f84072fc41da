#!/usr/bin/env bash
# Fuzzes each target for a minute, from its seeds: fuzz/one-minute.sh [SECONDS [TARGET...]]
# A target that fails leaves its input in fuzz/artifacts; it becomes a seed once it is fixed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

need() {
	echo "fuzz/one-minute.sh: $1 is missing: $2" >&2
	exit 2
}
command -v cargo >/dev/null || need cargo "see https://rustup.rs"
cargo fuzz --version >/dev/null 2>&1 || need cargo-fuzz "run 'cargo install cargo-fuzz'"
command -v c++ >/dev/null || need "a C++ compiler, for libFuzzer," "run 'apt-get install g++'"

seconds=${1:-60}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
	echo "fuzz/one-minute.sh: $seconds is no number of seconds" >&2
	exit 2
fi
mapfile -t known < <(cargo fuzz list)
targets=("${@:2}")
if [ ${#targets[@]} -eq 0 ]; then
	targets=("${known[@]}")
fi
for target in "${targets[@]}"; do
	if [[ " ${known[*]} " != *" $target "* ]]; then
		echo "fuzz/one-minute.sh: no target $target; there are: ${known[*]}" >&2
		exit 2
	fi
done

if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
	export RUSTUP_TOOLCHAIN=nightly
else
	# The sanitizer is an unstable flag of the compiler.
	export RUSTC_BOOTSTRAP=1
fi

failed=()
for target in "${targets[@]}"; do
	mkdir -p "fuzz/corpus/$target" "fuzz/seeds/$target"
	# Building is no part of the minute.
	cargo fuzz build "$target"
	echo "== $target"
	cargo fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
		-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 ||
		failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
	echo "failed: ${failed[*]}; see fuzz/artifacts" >&2
	exit 1
fi
echo "all hold: ${targets[*]}"
