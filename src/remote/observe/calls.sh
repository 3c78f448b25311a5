# Which containers of a stack call which: what is open, or was until a minute ago, to a port that one listens on.
# Follows lib/connection-table.sh.
# shellcheck shell=sh

# Tests have another one.
: "${RESEE_PROC:=/proc}"

# calls_among FILE: of lines `ID PID NETWORK…`, lines `CALLER CALLED`, once each. Where the kernel does not let us look
# (hidepid), there are none.
calls_among() {
  {
    sed 's/^\([^ ]*\) [^ ]*/container \1 -/; s/ [^ =]*=/ /g; s/=/ /g' "$1"
    while read -r id pid _; do
      [ -r "$RESEE_PROC/$pid/net/tcp" ] || continue
      printf 'namespace %s\n' "$id"
      cat "$RESEE_PROC/$pid/net/tcp" "$RESEE_PROC/$pid/net/tcp6" 2>/dev/null || :
    done <"$1"
  } | LC_ALL=C awk -v targets=" $(cut -d' ' -f1 "$1" | tr '\n' ' ') " -v between=1 "$KERNEL_ADDRESS_AWK$CONNECTIONS_AWK" |
    awk '$1 == "open" && $2 != "-" { sub(/:.*/, "", $4); if (!said[$2, $4]++) print $2, $4 }'
}
