#!/bin/sh
# Fails unless dist/ is, byte for byte, what the sources make.
set -eu
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

sh scripts/build.sh "$fresh/dist"
if ! diff -r -q dist "$fresh/dist"; then
  echo 'dist/ is not what the sources make: npm run build, and commit dist/' >&2
  exit 1
fi
uncommitted=$(git status --porcelain --ignored -- dist)
if [ -n "$uncommitted" ]; then
  printf 'dist/ is not what is committed:\n%s\n' "$uncommitted" >&2
  exit 1
fi
