# The pin: /etc/hosts of a proxy's container says where a name leads.
# shellcheck shell=sh

# addresses_in WORD…: those that are addresses, a line each. For one that there is not an engine or docker may print
# `invalid IP`, which docker's templates take for a value: `or` does not go on to the next.
addresses_in() {
  for word; do
    case $word in '' | *[!0-9a-fA-F.:]*) ;; *) printf '%s\n' "$word" ;; esac
  done
}

# pins_of LINES: lines `CONTAINER NETWORK NAME…` as lines for /etc/hosts: every address that the
# container has there now, with every name.
pins_of() {
  printf '%s\n' "$1" | while read -r id network names; do
    [ -n "$id" ] || continue
    asked "$id" "{{with index .NetworkSettings.Networks \"$network\"}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}" || continue
    # shellcheck disable=SC2086,SC2154
    for address in $(addresses_in $asked_said); do
      printf '%s %s # resee-deploy\n' "$address" "$names"
    done
  done
}

# write_pins CONTAINER LINES: replaces our lines in the container's /etc/hosts, and fails where it then does
# not hold just these. It is bind-mounted: it is written into, never replaced. A container with a read-only root sees the file read-only, so
# there another one of the same image writes the file behind it, which SELinux keeps for the container that it is of.
write_pins() {
  # The container's own shell expands these: its image need not have grep. Nothing is written before all is read.
  # shellcheck disable=SC2016
  writing='n="
"
read_hosts() {
  kept= ours=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"# resee-deploy") ours="$ours${ours:+$n}$line" ;; *) kept="$kept$line$n" ;; esac
  done <"$1"
}
read_hosts "$1" && printf %s "$kept${2:+$2$n}" >"$1" && read_hosts "$1" && [ "$ours" = "$2" ]'
  root_exec "$1" sh -c "$writing" sh /etc/hosts "$2" >/dev/null 2>&1 || write_from_outside "$@"
}

# It has no right but to write that file, which is its user's own, and runs none of the image but `sh`.
write_from_outside() { # CONTAINER LINES
  outside=resee-deploy-pins-$1-$(hundredths) outside_code=0
  # Told to end, the client tells the container, whose first process need not listen.
  timeout -k 5 "$EXEC_SECONDS" docker run --rm --pull never --name "$outside" --network none \
    --cap-drop ALL --security-opt no-new-privileges --security-opt label=disable --read-only --no-healthcheck \
    --pids-limit 16 --memory 64m -e "PATH=$ROOT_PATH" -u 0 --entrypoint sh \
    -v "$(docker inspect -f '{{.HostsPath}}' "$1"):/pinned-hosts" "$(docker inspect -f '{{.Image}}' "$1")" \
    -c "$writing" sh /pinned-hosts "$2" >&2 || outside_code=$?
  [ "$outside_code" = 0 ] || timeout -k 5 "$EXEC_SECONDS" docker rm -f -v "$outside" >/dev/null 2>&1 || :
  return "$outside_code"
}
