# Traefik has the candidates: the incumbents may leave it. One piece: it never stops half-way.
# Vars: CANDIDATES (ids) WITHDRAWN (lines `FILE ID…`)
# shellcheck shell=sh
mkdir -p "$STATE/journal"
[ -e "$STATE/journal/cut-over-at" ] || date +%s >"$STATE/journal/cut-over-at"
# Ids are hex: they are meant to be split.
# shellcheck disable=SC2086
await_health healthy $CANDIDATES
sleep "$TRAEFIK_NOTICES"
critical "$(printf '%s' "$WITHDRAWN" | sed 's/^/withdraw /')"
