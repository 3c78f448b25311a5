# Asks an HTTP address from the host itself, on a fresh connection: where sshd lets nobody connect through
# it. Nothing is followed, and no proxy is used.
# Vars: TOOL (curl, bash, wget) SCHEME ADDRESS PORT HOST (the Host header) TARGET (path and query)
#       INSECURE (not empty: the certificate is not verified) SECONDS_TO_ANSWER
#       FORWARDED (the scheme that a proxy would tell of the visitor's request; curl and bash; may be unset)
# Prints a line for each answer: SENT DURATION CODE TEXT. Both times in 1/100 s of the host's uptime; CODE
# is the tool's exit code; TEXT is the answer with its head, with tabs for line ends, or the tool's error.
# Follows lib/scratch.sh and what that needs: what a killed step leaves is swept.
# shellcheck shell=sh
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
LC_ALL=C
export LC_ALL
work=$(scratch_directory) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM PIPE

# Of a body no more is kept than this, and the rest is thrown away.
ANSWER_BYTES=65536

ask_curl() {
  curl_code=$({
    { ask_with_curl || echo "$?" >&3; } | { head -c "$ANSWER_BYTES" >"$work/answer" && cat >/dev/null; }
  } 3>&1)
  return "${curl_code:-0}"
}
ask_with_curl() {
  curl -q --silent --show-error --globoff --http1.1 --noproxy '*' ${INSECURE:+--insecure} \
    --max-time "$SECONDS_TO_ANSWER" --user-agent resee-deploy-action --include \
    ${FORWARDED:+--header "X-Forwarded-Proto: $FORWARDED"} \
    --connect-to "::$ADDRESS:$PORT" "$SCHEME://$HOST$TARGET" 2>"$work/error"
}

ask_bash() {
  timeout "$SECONDS_TO_ANSWER" bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 7
    printf "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: resee-deploy-action\r\nAccept: */*\r\nConnection: close\r\n" "$3" "$4" >&3
    printf "${5:+X-Forwarded-Proto: %s\r\n}\r\n" ${5:+"$5"} >&3
    head -c "$6" <&3' ask "$ADDRESS" "$PORT" "$TARGET" "$HOST" "${FORWARDED-}" "$ANSWER_BYTES" >"$work/answer" 2>"$work/error"
}

# What it was told first counts: BusyBox follows redirects, and calls a status an error.
ask_wget() {
  code=0
  # shellcheck disable=SC2086
  wget $only_once -S -O /dev/null -T "$SECONDS_TO_ANSWER" -U resee-deploy-action \
    --header "Host: $HOST" ${INSECURE:+--no-check-certificate} \
    "$SCHEME://$ADDRESS:$PORT$TARGET" 2>"$work/error" || code=$?
  sed -n 's/^ *\(HTTP\/[0-9.]* [0-9][0-9][0-9]\)/\1/p' "$work/error" | head -n 1 >"$work/answer"
  [ -s "$work/answer" ] || return "$code"
}
only_once=
! wget --version 2>/dev/null | grep -q GNU || only_once='--no-config --tries=1 --max-redirect=0'

read_uptime() {
  read -r uptime _ </proc/uptime
  uptime=${uptime%.*}${uptime#*.}
}

ask() {
  : >"$work/answer"
  read_uptime
  sent=$uptime
  exit_code=0
  "ask_$TOOL" || exit_code=$?
  read_uptime
  told=$work/answer
  [ "$exit_code" = 0 ] || told=$work/error
  printf '%s %s %s %s\n' "$sent" "$((uptime - sent))" "$exit_code" \
    "$(head -c 4096 "$told" | tr -d '\r\000' | tr '\n' '\t')"
}
