# Waits until every candidate is ready, at most TIMEOUT seconds: its own healthcheck passes, or, where
# it has none, its port accepts (or it has run for 3 s).
# A service of which nothing runs yet may start over as often as its restart policy lets it: what it needs
# may be starting as well.
# Vars: CANDIDATES (lines `service id addresses port`, addresses are separated by commas, both may be `-`) TIMEOUT
#   NEW (services of which nothing ran before this deploy) ENDING (services that say that they may end with 0)
#   OF_IMAGE (services that say nothing of a healthcheck: where they have one, it comes with the image)
# Exit 71: one is not ready. Prints `failed SERVICE ID REASON` for each that has failed, and
# `waiting SERVICE ID REASON` for each other that is not ready either.
# shellcheck shell=sh

answers_now() { # ID ADDRESSES PORT KIND
  case $4 in
    NONE)
      if [ "$3" != - ]; then
        # shellcheck disable=SC2046
        accepts "$3" $(printf '%s' "$2" | tr , ' ') 2>"$answers/$1"
      else
        [ $(($(now) - $(cat "$answers/$1.since" 2>/dev/null || echo "$began"))) -ge 3 ]
      fi
      ;;
    *) healthcheck "$1" >"$answers/$1" 2>&1 ;;
  esac
}

# What look_at saw is a container that its restart policy starts again, of a service that is new.
starts_over() { # SERVICE
  case " ${NEW-} " in *" $1 "*) ;; *) return 1 ;; esac
  case $status in restarting | running) ;; *) return 1 ;; esac
}

tell() { # WORD LINES: lines `service id reason`, for the runner and for people
  while read -r service id reason; do
    [ -n "$id" ] || continue
    answer "$1" "$service" "$id" "$reason"
    last_words "$service" "$id" "is not ready: $reason" "$answers/$id"
  done <<EOS
$2
EOS
}

kind='' reason='' status='' restarts=''
answers=$(scratch_directory)
trap 'rm -rf "$answers"' EXIT
trap 'exit 143' HUP INT TERM PIPE
began=$(now)
deadline=$((began + TIMEOUT))
pending=$CANDIDATES
failed=
while read -r service id address port; do
  case " ${OF_IMAGE-} " in *" ${service:--} "*) of_image=yes ;; *) of_image=no ;; esac
  case " ${NEW-} ${ENDING-} " in *" ${service:--} "*) [ "$port" != - ] || note_may_end "$id" "$of_image" ;; esac
done <<EOS
$CANDIDATES
EOS
while [ -n "$pending" ]; do
  waiting='' late=''
  while read -r service id address port; do
    [ -n "$id" ] || continue
    look_at "$id"
    if [ -n "$reason" ] && starts_over "$service"; then
      forgive "$id" "$restarts"
      now >"$answers/$id.since"
      waiting="$waiting$service $id $address $port
"
      late="$late$service $id $reason, again and again within $TIMEOUT s
"
    elif [ -n "$reason" ]; then
      failed="$failed$service $id $reason
"
    elif ! answers_now "$id" "$address" "$port" "$kind"; then
      waiting="$waiting$service $id $address $port
"
      case $kind$port in
        NONE-) late="$late$service $id it did not run for 3 s" ;;
        NONE*) late="$late$service $id nothing answered on its port $port" ;;
        *) late="$late$service $id its healthcheck did not pass" ;;
      esac
      late="$late within $TIMEOUT s
"
    fi
  done <<EOS
$pending
EOS
  pending=$waiting
  if [ -n "$failed" ] && [ "${first_failed:-no}" = no ]; then
    # What makes one fail is often told by another, a moment later.
    first_failed=yes
    [ "$deadline" -le $(($(now) + 1)) ] || deadline=$(($(now) + 1))
  fi
  if [ "$(now)" -ge "$deadline" ] || [ -z "$pending" ]; then break; fi
  sleep 0.2
done
if [ -n "$failed" ]; then
  tell waiting "$(printf '%s' "$late" | sed "s/ within $TIMEOUT s\$/ yet/")"
  tell failed "$failed"
  exit 71
elif [ -n "$pending" ]; then
  tell failed "$late"
  exit 71
fi
