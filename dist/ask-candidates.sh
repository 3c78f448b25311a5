# Follows ready.sh, in a subshell with ask.sh: asks each candidate what the health check will ask of it through the
# proxy, and where it does not answer as wanted, an incumbent the same. What counts against a candidate is that the
# incumbent answers as wanted, or that the candidate gives no answer or a 5xx where the incumbent gives something
# better. It may last until the candidates' own deadline, and AT_LEAST so many seconds. All else decides nothing.
# Vars: CANDIDATES (of begin.sh) deadline (of ready.sh) TIMEOUT STATUS TOOL AT_LEAST (5 if it is not given)
#   QUESTIONS (lines `service network port incumbent host target`)
# Exit 71: prints `failed SERVICE ID REASON` for each that is worse than the incumbent.
# `work` is a directory of ask.sh, which reads what is set here.
# shellcheck shell=sh disable=SC2034,SC2154

# Nothing where the container has no address there.
address_on() { # ID NETWORK
  on_network=$(docker inspect -f "{{with index .NetworkSettings.Networks \"$2\"}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}" "$1" 2>/dev/null) || return
  # shellcheck disable=SC2086
  addresses_in $on_network | head -n 1
}

# Sets `got`: the status, or 0 without an answer.
ask_at() { # ADDRESS PORT HOST TARGET
  ADDRESS=$1 PORT=$2 HOST=$3 TARGET=$4 got=0
  case $TOOL:$ADDRESS in
    bash:*) ;;
    *:*:*) ADDRESS="[$ADDRESS]" ;;
  esac
  ask >"$work/asked"
  read -r _ _ _ answered <"$work/asked" || :
  case $answered in
    HTTP/*' '[1-5][0-9][0-9]*)
      got=${answered#* }
      got=${got%%[!0-9]*}
      ;;
  esac
}

# is_worse CANDIDATE INCUMBENT: statuses.
is_worse() {
  [ "$2" != "$STATUS" ] || return 0
  case $2 in 0 | 5*) return 1 ;; esac
  case $1 in 0 | 5*) ;; *) return 1 ;; esac
}

in_words() { # STATUS
  if [ "$1" = 0 ]; then echo 'gives no answer'; else echo "answers $1"; fi
}

asked=
while read -r service network port incumbent host target; do
  [ -n "$TOOL" ] || break
  [ -n "$service" ] || continue
  old=$(address_on "$incumbent" "$network") || continue
  [ -n "$old" ] || continue
  while read -r of id _; do
    [ "$of" = "$service" ] || continue
    address=$(address_on "$id" "$network") || continue
    [ -z "$address" ] || asked="$asked$service $id $address $port $old $host $target
"
  done <<EOS
$CANDIDATES
EOS
done <<EOS
$QUESTIONS
EOS
: "${AT_LEAST:=5}"
[ "$deadline" -ge $(($(now) + AT_LEAST)) ] || deadline=$(($(now) + AT_LEAST))
while [ -n "$asked" ]; do
  left='' worse=''
  while read -r service id address port old host target; do
    [ -n "$service" ] || continue
    ask_at "$address" "$port" "$host" "$target"
    new_got=$got
    if [ "$new_got" = "$STATUS" ]; then
      say "$service: the candidate $(in_words "$new_got") at $target"
      continue
    fi
    ask_at "$old" "$port" "$host" "$target"
    if is_worse "$new_got" "$got"; then
      left="$left$service $id $address $port $old $host $target
"
      worse="$worse$service $id it $(in_words "$new_got") at $target, where the old release $(in_words "$got"), within $TIMEOUT s
"
    else
      say "$service: the candidate $(in_words "$new_got") at $target, the old release $(in_words "$got"): that decides nothing yet"
    fi
  done <<EOS
$asked
EOS
  asked=$left
  if [ -z "$asked" ] || [ "$(now)" -ge "$deadline" ]; then break; fi
  sleep 0.3
done
[ -n "$asked" ] || exit 0
while read -r service id reason; do
  [ -n "$service" ] || continue
  answer failed "$service" "$id" "$reason"
  last_words "$service" "$id" "is not ready: $reason" "$work/nothing"
done <<EOS
$worse
EOS
exit 71
