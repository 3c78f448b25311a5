#!/bin/sh
# Brings the lines of Cloudflare's addresses in nginx.conf up to date, from the lists that Cloudflare publishes.
# Changes the file only if both lists are whole: a wrong one would let forged addresses in, or show Cloudflare's own.
#   sh nginx/cloudflare-ranges.sh [--check] [nginx.conf]
# Exits with 0 where the lines are current (now), with 1 where --check finds others, with 2 where a list is none.
set -eu

lists=${CLOUDFLARE_LISTS:-https://www.cloudflare.com}
check=
if [ "${1:-}" = --check ]; then
  check=yes
  shift
fi
config=${1:-$(dirname "$0")/nginx.conf}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for list in ips-v4 ips-v6; do
  curl -fsS --max-time 20 "$lists/$list" >"$work/$list" || {
    echo "$lists/$list cannot be had" >&2
    exit 2
  }
  # The last line may have no end.
  echo >>"$work/$list"
  sed -i '/^$/d' "$work/$list"
done
# An address and the length of its prefix, one a line, and no fewer than there have ever been. Shorter prefixes than /8
# and /16 would be a great part of the internet.
whole() { # FILE PATTERN LEAST
  ! grep -qvE "$2" "$1" && [ "$(wc -l <"$1")" -ge "$3" ]
}
if ! whole "$work/ips-v4" '^([0-9]{1,3}\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])$' 10 ||
  ! whole "$work/ips-v6" '^[0-9a-f:]+::/(1[6-9]|[2-9][0-9]|1[0-2][0-9])$' 5; then
  echo "what came from $lists is not a list of Cloudflare's addresses: nothing was changed" >&2
  exit 2
fi

cat "$work/ips-v4" "$work/ips-v6" | sed 's/.*/  set_real_ip_from &;/' >"$work/lines"
awk -v lines="$work/lines" '
  /# cloudflare-ranges: end/ { skipping = 0; ended = 1 }
  !skipping { print }
  /# cloudflare-ranges: begin/ {
    while ((getline line <lines) > 0) print line
    skipping = 1
    begun = 1
  }
  END { exit !(begun && ended) }
' "$config" >"$work/config" || {
  echo "$config has no lines '# cloudflare-ranges: begin' and '# cloudflare-ranges: end'" >&2
  exit 2
}
if cmp -s "$work/config" "$config"; then
  echo "$config is current"
elif [ -n "$check" ]; then
  diff "$config" "$work/config" || :
  exit 1
else
  # Into the file, which may be mounted.
  cat "$work/config" >"$config"
  echo "$config was brought up to date: commit it"
fi
