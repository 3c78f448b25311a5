# Prints what can ask an HTTP address here, the best first: `curl`, `bash` (no HTTPS) or `wget`; nothing
# where there is none of them.
# Vars: SCHEME
# shellcheck shell=sh
has() { command -v "$1" >/dev/null 2>&1; }
if has curl; then
  echo curl
elif [ "$SCHEME" = http ] && has bash && has timeout; then
  echo bash
elif has wget; then
  echo wget
fi
