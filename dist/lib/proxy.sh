# What is done to a proxy, whatever its kind (nginx, caddy): each kind has a KIND_notice, which returns
# when it has seen a changed /etc/hosts or will with its next reload, a KIND_reload, and a KIND_held: how
# much of what it began before the last reload is left.
# shellcheck shell=sh

# proxy_pin KIND CONTAINER LINES: the lines of pins_of stand in /etc/hosts, and the proxy has seen them
# or will with its next reload.
proxy_pin() {
  # Not as an argument: there a failure goes by unnoticed.
  pinned=$(pins_of "$3") || return
  write_pins "$2" "$pinned" || return
  [ -z "$3" ] || "$1_notice" "$2"
}

# proxy_drain KIND CONTAINER SECONDS ID…: waits until nothing of what the proxy began with the
# containers ID… before the last reload is left, at most so long.
proxy_drain() {
  drain_kind=$1 drain_proxy=$2 drain_seconds=$3
  shift 3
  drain_deadline=$(($(now) + drain_seconds))
  while :; do
    # Where the engine does not say, something may be.
    held=$("${drain_kind}_held" "$drain_proxy" "$@") || held=some
    [ "$held" != 0 ] || return 0
    [ "$(now)" -lt "$drain_deadline" ] || break
    sleep 0.1
  done
  held=$(connections_to "$drain_proxy" "$@") || held=some
  say "drain: $held connection(s) are still held after $drain_seconds s: the containers that hold them are told to end them"
  answer held "$held"
}

# cut_over NAME KIND CONTAINER RELOAD KEPT PINS DIR STAGE PATHS INPLACE MOUNTED: new requests go to the
# candidates: brings the proxy's own files from STAGE to DIR, pins the names, reloads (yes, no), and
# returns when the proxy knows only the candidates. Says `refused NAME` where that failed; runs in a
# subshell of its own (`together`).
cut_over() {
  over_name=$1 over_kind=$2 over_proxy=$3 over_reload=$4 over_kept=$5 over_pins=$6
  shift 6
  trap '[ "$?" = 0 ] || answer refused "$over_name"' EXIT
  [ -z "$3" ] || install_files "$over_kept" "$1" "$2" "$3" "$4"
  proxy_files_show "$over_proxy" "$2" "$5"
  proxy_pin "$over_kind" "$over_proxy" "$over_pins"
  [ -z "$over_pins" ] || [ -n "$pinned" ] || {
    say 'the candidates have no address any more: they have ended'
    return 1
  }
  [ "$over_reload" = no ] || "${over_kind}_reload" "$over_proxy"
}

# cut_over_again KIND CONTAINER RELOAD PINS: of a release that somebody else finishes: a proxy that was started again
# since, by a reboot or the engine, has lost its pins, and may know the incumbents. Where the run itself finishes it,
# nothing is done.
cut_over_again() {
  [ -z "${RESEE_FINISHES_FOR_ANOTHER-}" ] || lead_again "$@"
}

# lead_again KIND CONTAINER RELOAD PINS: where it runs, its names lead where PINS say, and else where DNS does.
lead_again() {
  runs "$2" || return 0
  # As a condition it goes on after a command that failed.
  proxy_pin "$1" "$2" "$4" || return
  [ "$3" = no ] || "$1_reload" "$2"
}

# cutover_back KIND CONTAINER PINS RELOAD DRAIN_SECONDS ID…: new requests go to the incumbents again, and
# what the candidates ID… hold is finished.
cutover_back() {
  back_kind=$1 back_proxy=$2 back_pins=$3 back_reload=$4
  runs "$back_proxy" || return 0
  shift 4
  # As a condition it goes on after a command that failed.
  proxy_pin "$back_kind" "$back_proxy" "$back_pins" || return
  [ "$back_reload" = no ] || "${back_kind}_reload" "$back_proxy" || return
  proxy_drain "$back_kind" "$back_proxy" "$@"
}

unpin() { # CONTAINER: it holds the addresses already, or DNS says the same by now
  ! runs "$1" || write_pins "$1" ''
}

# connections_to PROXY ID…: how many connections the proxy's container holds to the containers.
connections_to() {
  peers=$1
  shift
  wanted=
  for id; do
    asked "$id" '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} {{end}}' || continue
    # shellcheck disable=SC2154
    wanted="$wanted $asked_said"
  done
  # shellcheck disable=SC2086
  wanted=$(addresses_in $wanted | awk "$KERNEL_ADDRESS_AWK"'{ printf "|%s", kernel_address($1) }')
  if [ -z "$wanted" ] || ! asked "$peers" '{{.State.Pid}}'; then
    echo 0
    return
  fi
  # 01 is ESTABLISHED. IPv4 in IPv6 sockets stands behind FFFF.
  cat "$RESEE_PROC/$asked_said/net/tcp" "$RESEE_PROC/$asked_said/net/tcp6" | awk '$4 == "01" {print $3}' | grep -cE "(^|FFFF0000)(${wanted#|}):" || :
}
