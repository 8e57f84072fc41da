#!/usr/bin/env bash
# Runs each fuzz target for a minute (or the seconds given), from its seeds. Needs cargo-fuzz, and a
# nightly toolchain or the stable one.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
	export RUSTUP_TOOLCHAIN=nightly
else
	# The sanitizer is an unstable flag of the compiler.
	export RUSTC_BOOTSTRAP=1
fi
failed=()
for target in $(cargo fuzz list); do
	mkdir -p "fuzz/corpus/$target" "fuzz/seeds/$target"
	echo "== $target"
	cargo fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
		-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 ||
		failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
	echo "failed: ${failed[*]}" >&2
	exit 1
fi
