#!/usr/bin/env bash
# Builds what the end-to-end tests keep in their cache, side by side: the hosts' tree, the base images, the
# programs of the workflow scenarios. They would build it themselves, one after the other; so this may
# run ahead of them, while the machine does something else.
# usage: prepare.sh
set -euo pipefail
source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=host/lib.sh
. "$source_dir/host/lib.sh"
# shellcheck source=host/preflight.sh
. "$source_dir/host/preflight.sh"

require_root "$@"
require_usable_cache
# First and alone: only one at a time may use apt-get, and below nobody but tools.sh does.
install_missing_packages

jobs=()
"$source_dir/host/tree.sh" trixie >/dev/null &
jobs+=($!)
(cd "$source_dir/.." && exec node --import tsx e2e/images/images.ts) >/dev/null &
jobs+=($!)
bash "$source_dir/workflow/tools.sh" "$cache/tools" >/dev/null &
jobs+=($!)

failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
