# Counts what visitors got, in the access log of a proxy: nginx, Caddy, Traefik; common, combined and JSON. Of a
# line only its status counts, and only where nothing that a visitor can write stands in its place.
# shellcheck shell=sh

ACCESS_LOG_SECONDS=10
ACCESS_LOG_BYTES=30000000
# As many as these bytes hold. The engine reads so many from the end; without a number it reads a log of any size from its
# beginning.
ACCESS_LOG_LINES=200000

# Times here are those of the clock, in seconds since 1970: logs know no other.

# access_counts PROXY FROM UNTIL FILES: prints `REQUESTS FAILED` of those seconds: of what the container's log
# holds, or else of files in the container (a line each). Where that cannot be read it fails, and prints why: what was
# not read is no count.
access_counts() { with_scratch count_access "$@"; }
count_access() {
  # shellcheck disable=SC2154
  access_in=$scratch access_why=
  {
    timeout "$ACCESS_LOG_SECONDS" docker logs --tail "$ACCESS_LOG_LINES" --since "$2" --until "$3" "$1" 2>&1 ||
      echo "$?" >"$access_in/code"
  } | head -c "$ACCESS_LOG_BYTES" | count_requests >"$access_in/counted" || return
  counted=$(cat "$access_in/counted")
  # 141: it holds more than is counted.
  case $(cat "$access_in/code" 2>/dev/null) in
    '' | 141) ;;
    124) access_why="docker logs did not end within $ACCESS_LOG_SECONDS s" ;;
    *) access_why='docker logs failed' ;;
  esac
  if [ -n "$access_why" ] || [ "$counted" = '0 0' ]; then count_files "$@"; fi
  if [ -n "$access_why" ]; then
    printf '%s\n' "$access_why"
    return 1
  fi
  printf '%s\n' "$counted"
}

# Where a file tells of requests, the log need not.
count_files() { # as access_counts
  [ -n "$4" ] || return 0
  counted=$(printf '%s' "$4" | while read -r access_log; do
    # A link to the container's own output is no file.
    # shellcheck disable=SC2016
    exec_attempts "$ACCESS_LOG_SECONDS" /dev/null -e "PATH=$ROOT_PATH" -u 0 "$1" sh -c '[ ! -f "$1" ] || tail -c "$2" "$1"' \
      sh "$access_log" "$ACCESS_LOG_BYTES" 2>/dev/null || echo "$access_log" >"$access_in/unread"
  done | count_requests "$2" "$3")
  if [ -e "$access_in/unread" ]; then
    access_why="$(cat "$access_in/unread") could not be read in the container"
  elif [ "$counted" != '0 0' ]; then
    access_why=
  fi
}

# count_requests [FROM UNTIL]: of the log lines on stdin, or of those whose own time is between.
count_requests() {
  LC_ALL=C awk -v from="${1-}" -v until="${2-}" "$ACCESS_LOG_AWK"
}

# Our own requests are not counted. 501 and 505 are what a client alone can bring about.
# shellcheck disable=SC2016
ACCESS_LOG_AWK='
function days(y, m, d) { # since 1970, of a date
  if (m <= 2) { y--; m += 12 }
  return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 719469
}
# 29/Nov/2026:06:10:00 +0000
function epoch(text,   m, zone) {
  m = int((index("JanFebMarAprMayJunJulAugSepOctNovDec", substr(text, 4, 3)) + 2) / 3)
  if (m == 0) return -1
  zone = substr(text, 23, 2) * 3600 + substr(text, 25, 2) * 60
  if (substr(text, 22, 1) == "-") zone = -zone
  return days(substr(text, 8, 4) + 0, m, substr(text, 1, 2) + 0) * 86400 + substr(text, 13, 2) * 3600 \
    + substr(text, 16, 2) * 60 + substr(text, 19, 2) - zone
}
function in_time(at) { return from == "" || (at >= from + 0 && at < until + 0) }
function count(status) {
  requests++
  if (status >= 500 && status != 501 && status != 505) failed++
}
length($0) > 65536 || index($0, "resee-deploy-action") { next }
substr($0, 1, 1) == "{" {
  # Without escapes no text holds a quote: what looks like a key is one.
  gsub(/\\./, "")
  if (gsub(/"(status|DownstreamStatus)" *: *"?[1-5][0-9][0-9]"?[,}]/, "&") != 1) next
  match($0, /"(status|DownstreamStatus)" *: *"?[1-5][0-9][0-9]"?[,}]/)
  status = substr($0, RSTART, RLENGTH)
  gsub(/[^0-9]/, "", status)
  if (from != "") {
    if (!match($0, /"(ts|time|msec)" *: *"?[0-9][0-9]*\.?[0-9]*"?[,}]/)) next
    at = substr($0, RSTART, RLENGTH)
    gsub(/[^0-9.]/, "", at)
    if (!in_time(at + 0)) next
  }
  count(status + 0)
  next
}
{
  # Where a proxy does not escape quotes, a visitor adds some: then there are more than the formats have.
  gsub(/\\./, "")
  parts = split($0, part, "\"")
  if (parts != 3 && parts != 7 && parts != 9 && parts != 11) next
  if (part[3] !~ /^ [1-5][0-9][0-9] ([0-9]+|-)( |$)/) next
  if (!match(part[1], /\[[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:[0-9:]+ [-+][0-9][0-9][0-9][0-9]\] $/)) next
  if (from != "" && !in_time(epoch(substr(part[1], RSTART + 1, RLENGTH - 3)))) next
  count(substr(part[3], 2, 3) + 0)
}
END { printf "%d %d\n", requests, failed }'

# traffic PROXIES FROM CUT_OVER_AT [SINCE]: lines `traffic PROXY REQUESTS FAILED REQUESTS FAILED`: as long before the
# cutover as it has been since FROM, and since FROM; or `unread-log PROXY REASON`. PROXIES are lines `ID FILE…`. SINCE is
# what `now` said at FROM.
traffic() {
  traffic_until=$(date +%s)
  traffic_set=
  if [ -n "${4-}" ]; then
    traffic_set=$((traffic_until - $2 - ($(now) - $4)))
    case ${traffic_set#-} in [0-5]) traffic_set= ;; esac
  fi
  [ -n "$traffic_set" ] || [ "$traffic_until" -gt "$2" ] || return 0
  printf '%s' "$1" | while read -r traffic_proxy traffic_files; do
    traffic_files=$(printf '%s' "$traffic_files" | tr ' ' '\n')
    traffic_after=
    if [ -n "$traffic_set" ]; then
      answer unread-log "$traffic_proxy" 'the clock of the host was set meanwhile'
    elif traffic_before=$(access_counts "$traffic_proxy" $(($3 - (traffic_until - $2))) "$3" "$traffic_files
") && traffic_after=$(access_counts "$traffic_proxy" "$2" "$traffic_until" "$traffic_files
"); then
      answer traffic "$traffic_proxy" "$traffic_before" "$traffic_after"
    else
      answer unread-log "$traffic_proxy" "${traffic_after:-$traffic_before}"
    fi
  done
}
