# Anonymous volumes. `docker compose up` hands them on when it creates a container anew, but not to one that starts
# beside it: here they are handed on through the engine's API, as nothing else says it of a container as Compose
# has made it.
# shellcheck shell=sh

# engine_post PATH BODY: prints what the engine answers; fails where that is no success.
engine_post() (
  place=$(scratch_directory) || exit
  trap 'rm -rf "$place"' EXIT
  trap 'exit 143' HUP INT TERM PIPE
  printf '%s' "$2" >"$place/body"
  mkfifo "$place/in" || exit
  docker system dial-stdio <"$place/in" >"$place/answer" &
  # The engine takes the end of what it is sent for the end of who asks, so it comes after the answer.
  exec 8>"$place/in" || exit
  {
    printf 'POST %s HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n' "$1" "$(wc -c <"$place/body")"
    cat "$place/body"
  } >&8
  wait "$!" || exit
  exec 8>&-
  tr -d '\r' <"$place/answer" | sed '1,/^$/d'
  head -n 1 "$place/answer" | grep -q '^HTTP/1\.[01] 2'
)

# hand_on ID VOLUME:TARGET…: makes a container anew that was created and never started, as it is, but with these
# volumes in place of its own new ones; each TARGET is the place in the container, in base64. Prints its id, which is
# another one then. What it keeps in no anonymous volume is told, and left out.
hand_on() {
  created=$1
  shift
  handed=$(for word; do printf '%s\t%s\n' "${word%%:*}" "$(printf %s "${word#*:}" | base64 -d)"; done)
  entries=$(mounted_volumes "$created") || return
  entries=$(
    printf '%s\n' "$entries" |
      HANDED=$handed awk -F '\t' '
        BEGIN {
          count = split(ENVIRON["HANDED"], lines, "\n")
          for (i = 1; i <= count; i++) { split(lines[i], part, "\t"); volumes[part[2]] = part[1] }
        }
        ($2 in volumes) && $1 ~ /^[0-9a-f]+$/ && length($1) == 64 {
          print $2 "\t{\"Type\":\"volume\",\"Source\":\"" volumes[$2] "\",\"Target\":" $3 "}"
        }'
  ) || return
  printf '%s\n' "$handed" | ENTRIES=$entries awk -F '\t' '
    BEGIN {
      count = split(ENVIRON["ENTRIES"], lines, "\n")
      for (i = 1; i <= count; i++) { split(lines[i], part, "\t"); given[part[1]] }
    }
    !($2 in given) { print "the anonymous volume " $1 " stays, as the new container keeps nothing of that kind at " $2 }' >&2
  if [ -z "$entries" ]; then
    printf '%s\n' "$created"
    return
  fi
  make_again "$created" "$entries"
}

# mounted_volumes ID: lines `VOLUME<tab>TARGET<tab>TARGET-IN-JSON`.
mounted_volumes() {
  docker inspect -f '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}{{"\t"}}{{.Destination}}{{"\t"}}{{json .Destination}}{{"\n"}}{{end}}{{end}}' "$1"
}

# hand_each LINES RESUMED ID…: hands on what LINES say, `SERVICE VOLUME:TARGET…`, a line to each of the containers of
# the service that are not resumed. Prints the ids of all.
hand_each() {
  to_hand=$1 resumed=$2
  shift 2
  for id; do
    case " $resumed " in *" $id "*) of='' ;; *)
      of=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$id") || return
      ;;
    esac
    line=$(printf '%s\n' "$to_hand" | OF=$of awk '$1 == ENVIRON["OF"] { print NR; exit }')
    if [ -z "$line" ]; then
      printf '%s\n' "$id"
      continue
    fi
    # Names of volumes and base64 have no blanks: they are meant to be split.
    # shellcheck disable=SC2046
    hand_on "$id" $(printf '%s\n' "$to_hand" | sed -n "${line}s/^[^ ]* //p") || return
    to_hand=$(printf '%s\n' "$to_hand" | sed "${line}d")
  done
}

# make_again ID ENTRIES: ENTRIES are lines `TARGET<tab>MOUNT`, what is mounted there from now on.
make_again() { with_scratch make_each_again "$@"; }
make_each_again() {
  # shellcheck disable=SC2154
  describe "$1" "$scratch" || return
  say "$ docker rm -v $1  # and created as it is, with the volumes of the old container"
  docker rm -v "$1" >/dev/null || return
  make_described "$scratch" "$2"
}

# describe ID DIRECTORY: what make_described needs to know of the container, in files.
describe() {
  printf '%s\n' "$1" >"$2/id" && docker inspect -f '{{.Name}}' "$1" >"$2/name" &&
    docker inspect -f '{{.HostConfig.NetworkMode}}' "$1" >"$2/mode" &&
    docker inspect -f '{{json .Config}}' "$1" >"$2/config" && docker inspect -f '{{json .HostConfig}}' "$1" >"$2/limits" &&
    docker inspect -f '{{range .HostConfig.Mounts}}{{.Target}}{{"\t"}}{{json .}}{{"\n"}}{{end}}' "$1" >"$2/mounts" &&
    describe_networks "$1" "$2"
}
describe_networks() {
  docker inspect -f '{{range $name, $endpoint := .NetworkSettings.Networks}}{{$name}}{{"\t"}}{{json $endpoint}}{{"\n"}}{{end}}' "$1" >"$2/networks"
}

# make_described DIRECTORY ENTRIES: creates the container that was described, with what ENTRIES say; see make_again.
make_described() {
  read -r was <"$1/id" && read -r name <"$1/name" && read -r mode <"$1/mode" || return
  config=$(cat "$1/config") limits=$(cat "$1/limits") networks=$(cat "$1/networks")
  # The engine made its name of its id, and called it so; a container in another one's network has none.
  short=$(printf %.12s "$was")
  config=$(without "$config" "\"Hostname\":\"$short\",")
  networks=$(printf '%s\n' "$networks" | sed "s/,\"$short\"//g; s/\"$short\",//g; s/\"$short\"//g")
  case $mode in host | container:*) config=$(printf '%s' "$config" | sed 's/"Hostname":"[^"]*",//') ;; esac
  # Without one of its own it would get that of the image.
  config=$(printf '%s' "$config" | sed 's/"Entrypoint":null/"Entrypoint":[""]/')
  others=$(sed '/^$/d' "$1/mounts")
  was=$(printf '%s\n' "$others" | cut -f2- | paste -sd , -)
  [ -z "$was" ] || limits=$(without "$limits" "\"Mounts\":[$was],")
  mounts=$(
    printf '%s\n' "$2" | sed '/^$/d' | cut -f2-
    printf '%s\n' "$others" | ENTRIES=$2 awk -F '\t' '
      BEGIN {
        count = split(ENVIRON["ENTRIES"], lines, "\n")
        for (i = 1; i <= count; i++) { split(lines[i], part, "\t"); given[part[1]] }
      }
      $0 != "" && !($1 in given)' | cut -f2-
  )
  first=$(printf '%s\n' "$networks" | awk -F '\t' -v name="$mode" '$1 == name { printf "\"%s\":%s", $1, $2 }')
  answered=$(engine_post "/containers/create?name=${name#/}" "${config%\}},\"HostConfig\":${limits%\}},\"Mounts\":[$(printf '%s\n' "$mounts" | paste -sd , -)]},\"NetworkingConfig\":{\"EndpointsConfig\":{$first}}}") || {
    say "$answered"
    return 1
  }
  again=$(printf '%s' "$answered" | sed -n 's/.*"Id":"\([0-9a-f]*\)".*/\1/p')
  printf '%s\n' "$networks" | while IFS='	' read -r network endpoint; do
    case $network in '' | "$mode") continue ;; esac
    engine_post "/networks/$network/connect" "{\"Container\":\"$again\",\"EndpointConfig\":$endpoint}" >&2 || exit
  done || return
  printf '%s\n' "$again"
}

without() { # TEXT PART: the text, once without that part
  case $1 in
    *"$2"*) printf '%s' "${1%%"$2"*}${1#*"$2"}" ;;
    *) printf '%s' "$1" ;;
  esac
}
