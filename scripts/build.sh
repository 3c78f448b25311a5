#!/bin/sh
# Builds dist/: one CommonJS bundle for the runner, and the scripts that it sends to the host.
# Usage: build.sh [output directory]
set -eu
cd "$(dirname "$0")/.."
out=${1:-dist}

rm -rf "$out"
# Not minified: what runs on the runner of a stranger should be readable in a review.
# Types are judged by `npm run typecheck`, not here.
node_modules/.bin/ncc build src/index.ts --out "$out" --license licenses.txt --target es2022 \
  --transpile-only --quiet
# ssh2 can speak to PuTTY's agent on Windows; a binary that nobody here runs.
rm -f "$out/pagent.exe"
# src/remote/load.ts looks for its scripts beside itself: here, beside the bundle.
cp -R src/remote/*.sh src/remote/lib src/remote/observe "$out/"
