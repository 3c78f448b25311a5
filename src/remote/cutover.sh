# New requests go to the candidates: every proxy brings its own files, pins the names and reloads, side by
# side, and this returns when they know only the candidates. One piece: it never stops half-way.
# Vars: KEEPS (commands that keep what is there for the undo) CUTOVERS (commands, one wave a line)
#   COMPARES (commands that look what came of it)
# shellcheck shell=sh
mkdir -p "$STATE/journal"
[ -e "$STATE/journal/cut-over-at" ] || date +%s >"$STATE/journal/cut-over-at"
eval "$KEEPS"
critical "$CUTOVERS"
eval "$COMPARES"
