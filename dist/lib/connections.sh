# Who still opens connections to containers that new requests have left: the kernel's own table tells, whatever
# any configuration says. No program of a container is run, and none of its files is read.
# shellcheck shell=sh

# In journal/connections: `leaving` (ids), `moved` (lines `KIND ID`: the proxies that were told), `seen` (what was
# open by then; callers that hold a pin are among them as `caller ID`), `callers-at` (seconds; until then these may have
# an older /etc/hosts in mind), `asked` (UDP datagrams that each container had sent by then), drained/ID (the proxy has finished
# what it began before it was told), `again-at` (seconds; until then anybody may still open something).

# Tests have another one.
: "${RESEE_PROC:=/proc}"

# running_containers: lines `ID PID NAME ADDRESS…`; fails where the engine does not say. Where one was removed
# meanwhile, all are asked for anew.
running_containers() {
  list_running 2>/dev/null || { await_engine "$ENGINE_AWAY" && list_running; }
}
list_running() {
  running_ids=$(docker ps -q --no-trunc) || return
  [ -n "$running_ids" ] || return 0
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  running_said=$(docker inspect -f '{{.Id}} {{.State.Pid}} {{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}} {{end}}' $running_ids) || return
  printf '%s\n' "$running_said"
}

# connection_table ID…: lines `open PEER PEER-ADDRESS ID:PORT` for each connection to a port that one of the
# containers listens on, in any state, also one that has just ended; PEER is the container that opened it, `-` where
# it is none. Lines `asked CONTAINER NUMBER`: UDP datagrams sent. `name CONTAINER NAME`. `unseen` where the kernel does
# not let us look at one of them.
connection_table() {
  table_of=$(running_containers) || return
  {
    printf '%s\n' "$table_of" | awk '{$2 = ""; print "container", $0}'
    printf '%s\n' "$table_of" | while read -r id pid _; do
      [ -n "$id" ] || continue
      if [ -r "$RESEE_PROC/$pid/net/tcp" ]; then
        printf 'namespace %s\n' "$id"
        cat "$RESEE_PROC/$pid/net/tcp" "$RESEE_PROC/$pid/net/tcp6" "$RESEE_PROC/$pid/net/snmp" 2>/dev/null || :
      else
        case " $* " in *" $id "*) echo unseen ;; esac
      fi
    done
  } | LC_ALL=C awk -v targets=" $* " "$KERNEL_ADDRESS_AWK$CONNECTIONS_AWK"
}

# note_left IDS MOVED [SECONDS]: from now on new requests go to others than the containers IDS; MOVED are lines
# `KIND ID`. With SECONDS it may take whoever sends them so much longer.
note_left() {
  left=$STATE/journal/connections
  # shellcheck disable=SC2086
  left_table=$(connection_table $1) || return
  mkdir -p "$left/drained"
  # shellcheck disable=SC2086
  printf '%s\n' $1 >>"$left/leaving"
  printf '%s\n' "$2" | sed '/^$/d' >>"$left/moved"
  for pinned_caller in "$STATE/journal/callers"/*; do
    case $pinned_caller in */routes-* | *'*') continue ;; esac
    printf 'caller %s\n' "${pinned_caller##*/}" >>"$left/moved"
    rm -f "$left/drained/${pinned_caller##*/}"
  done
  echo $(($(now) + HOSTS_ARE_KEPT)) >"$left/callers-at"
  [ -z "${3-}" ] || echo $(($(now) + $3)) >"$left/again-at"
  printf '%s\n' "$left_table" | sed -n 's/^open //p' >>"$left/seen"
  touch "$left/asked"
  printf '%s\n' "$left_table" | sed -n 's/^asked //p' | cat "$left/asked" - | awk '!known[$1]++' >"$left/asked.new"
  mv -f "$left/asked.new" "$left/asked"
  printf '%s\n' "$2" | while read -r kind id; do
    case $kind in
      nginx) rm -f "$left/drained/$id" ;;
      ?*) : >"$left/drained/$id" ;;
    esac
  done
}

# note_open SCRIPT: notes as seen what this script of sed prints of the table of the containers that are left.
note_open() {
  # shellcheck disable=SC2046
  open_table=$(connection_table $(cat "$left/leaving")) || return
  printf '%s\n' "$open_table" | sed -n "$1" >>"$left/seen"
}

# note_drained [now]: an nginx whose old workers have ended opens nothing to where it was told not to send. With
# `now`, whatever it still holds. Returns 0 where one was noted, 1 where none was, 2 where the engine does not say.
note_drained() {
  left=$STATE/journal/connections
  [ -e "$left/moved" ] || return 1
  noted=1
  if [ -e "$left/again-at" ] && { [ "${1-}" = now ] || [ "$(now)" -ge "$(cat "$left/again-at")" ]; }; then
    note_open 's/^open //p' || return 2
    rm -f "$left/again-at"
    noted=0
  fi
  while read -r kind id; do
    [ ! -e "$left/drained/$id" ] || continue
    [ "${1-}" = now ] || has_moved "$kind" "$id" || continue
    note_open "s/^open $id /$id /p" || return 2
    : >"$left/drained/$id"
    noted=0
  done <"$left/moved"
  return "$noted"
}

has_moved() { # KIND ID
  case $1 in
    caller) [ "$(now)" -ge "$(cat "$left/callers-at")" ] ;;
    *) [ "$(nginx_held "$2")" = 0 ] ;;
  esac
}

# Go reads /etc/hosts again when what it has of it is older than 5 s.
HOSTS_ARE_KEPT=6

# require_left JUDGED ID…: fails, and prints `opened NAME NUMBER` for each container that has gone on opening
# connections to these: a proxy that was told and did not obey, or anybody who does not ask for their address any
# more and so will never learn another. With JUDGED `no` it is only told. Those who ask DNS find the candidates there.
require_left() {
  judged=$1
  shift
  left=$STATE/journal/connections
  [ -e "$left/leaving" ] || return 0
  left_ids=
  for id in "$@"; do ! grep -qxF "$id" "$left/leaving" || left_ids="$left_ids $id"; done
  [ -n "$left_ids" ] || return 0
  left_noted=0
  note_drained now || left_noted=$?
  case $left_noted in 0) sleep "$LEFT_FOR" ;; 2) return 1 ;; esac
  # shellcheck disable=SC2086
  left_table=$(connection_table $left_ids) || return
  if printf '%s\n' "$left_table" | grep -qx unseen; then
    say "the kernel does not let $(id -un) see the connections of the old containers (hidepid?): that nothing is sent to them any more is not proven"
    return 0
  fi
  opened=$(printf '%s\n' "$left_table" | awk -v seen="$left/seen" -v asked="$left/asked" -v moved="$left/moved" "$OPENED_AWK")
  [ -n "$opened" ] || return 0
  printf '%s\n' "$opened" | sed -e 's/^opened \(.*\) \(.*\)/\1 has opened \2 connection(s) to the old containers since it was to send them nothing/' \
    -e 's/^asks-dns \(.*\) \(.*\)/\1 has opened \2 connection(s) to the old containers by their name, and will find the new ones/' >&2
  opened=$(printf '%s\n' "$opened" | grep '^opened ' || :)
  if [ -z "$opened" ] || [ "$judged" = no ]; then return 0; fi
  printf '%s\n' "$opened" | answer_lines
  return 74
}

# After a proxy has finished what it began before, so long it is watched at least.
LEFT_FOR=0.3

# Of a table: lines `opened NAME NUMBER` and `asks-dns NAME NUMBER`.
# shellcheck disable=SC2016
OPENED_AWK='
BEGIN {
  while ((getline line < seen) > 0) known[line] = 1
  while ((getline line < asked) > 0) { split(line, part, " "); before[part[1]] = part[2] }
  while ((getline line < moved) > 0) { split(line, part, " "); if (part[1] != "caller") told[part[2]] = 1 }
}
$1 == "name" { name[$2] = $3 }
$1 == "asked" { now[$2] = $3 }
$1 == "open" && !known[$2 " " $3 " " $4]++ { opened[$2]++ }
END {
  for (peer in opened) {
    if (peer == "-") continue
    # A few may have been on their way when it was noted.
    if (peer in told) word = opened[peer] >= 2 ? "opened" : ""
    else if ((peer in before) && before[peer] == now[peer]) word = opened[peer] >= 3 ? "opened" : ""
    else word = "asks-dns"
    if (word != "") print word, name[peer], opened[peer]
  }
}'
