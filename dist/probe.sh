# Asks again and again, PAUSE seconds after each answer, until it is killed or nobody listens any more. Where the
# answer is that our requests are too many the pause is twice as long from then on, up to eight times.
# Vars: PAUSE; and those of ask.sh, which comes before this.
# shellcheck shell=sh
pauses=1
while :; do
  ask
  # `work` is a directory of ask.sh.
  # shellcheck disable=SC2154
  case $(head -c 12 "$work/answer" | tr -d '\000') in
    'HTTP/1.'?' 429' | 'HTTP/1.'?' 503') [ "$pauses" -ge 8 ] || pauses=$((2 * pauses)) ;;
  esac
  paused=0
  while [ "$paused" -lt "$pauses" ]; do
    sleep "$PAUSE"
    paused=$((paused + 1))
  done
done
