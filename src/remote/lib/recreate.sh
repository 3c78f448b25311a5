# Containers with a fixed name: where another one is to have it, the one that has it must go. An undo makes it again
# as it was, from what the engine said of it: neither the Compose file nor .env of the host need be those that it was
# made from.
# shellcheck shell=sh

# take_down CONTENTS ID…: notes what the containers are, stops them and removes them; their volumes stay. CONTENTS:
# paths of files that Compose has put into them, each in base64.
take_down() {
  down_contents=$1
  shift
  for down_id; do
    down_to=$STATE/journal/containers/$down_id
    (umask 077 && mkdir -p "$down_to") && (umask 077 && note_container "$down_id" "$down_to") || return
  done
  stop_containers "$@"
  for down_id; do
    down_to=$STATE/journal/containers/$down_id
    # A stopped one tells only the addresses that it was given, and none that the engine chose for it.
    (umask 077 && describe_networks "$down_id" "$down_to" && write_whole "$down_to/whole" yes) || return
  done
  run docker rm "$@"
}

# What the container has made of the file since may have any size.
CONTENT_BYTES=4194304
note_container() { # ID DIRECTORY
  describe "$1" "$2" &&
    docker inspect -f '{{.State.Running}}' "$1" >"$2/running" && docker inspect -f '{{.Image}}' "$1" >"$2/image" || return
  note_mounted=$(mounted_volumes "$1") || return
  printf '%s\n' "$note_mounted" |
    awk -F '\t' '$1 ~ /^[0-9a-f]+$/ && length($1) == 64 {
        print $2 "\t{\"Type\":\"volume\",\"Source\":\"" $1 "\",\"Target\":" $3 "}"
      }' >"$2/volumes" || return
  noted=0
  for note_path in $down_contents; do
    noted=$((noted + 1))
    note_path=$(printf %s "$note_path" | base64 -d) || return
    printf '%s\n' "$note_path" >"$2/content-$noted"
    copied=$({ { docker cp "$1:$note_path" - 2>/dev/null || echo "$?" >&3; } | head -c "$CONTENT_BYTES" >"$2/content-$noted.tar"; } 3>&1)
    [ "$(wc -c <"$2/content-$noted.tar")" -lt "$CONTENT_BYTES" ] || {
      say "$note_path of $1 has more than 4 MiB, which no config or secret has: the container would not come back with it"
      return 1
    }
    # Not every container of the service has it: an engine that answers knows that.
    [ -z "$copied" ] || { docker version >/dev/null 2>&1 && rm -f "$2/content-$noted"; } || return
  done
}

# bring_back IDS SECONDS HOOKS DIR COMPOSE PROJECT SERVICE [VOLUME:TARGET…]: the containers that take_down took are
# there again, under other ids, and those that ran run; with the hooks of their service (see run_hooks). Where the engine does not make one as it
# was (a network or a container that it was tied to is gone), Compose makes it, by what the live directory says; see
# create_again.
bring_back() {
  back_ids=$1 back_seconds=$2 back_hooks=$3
  shift 3
  for back_id in $back_ids; do
    if asked "$back_id" '{{.Id}}'; then
      # It was not removed.
      start_containers "$back_id"
      continue
    fi
    back_from=$STATE/journal/containers/$back_id
    back_new=
    if [ -e "$back_from/whole" ]; then
      name_is_free "$back_from" || return
      back_new=$(made_as_it_was "$back_from") || {
        # An engine that is away has refused nothing.
        docker version >/dev/null 2>&1 || return
        back_new=
      }
    fi
    if [ -z "$back_new" ]; then
      say "$back_id cannot be made as it was: Compose makes it, as the files of the host say"
      create_again "$@" || return
    elif [ "$(cat "$back_from/running")" = true ]; then
      run docker start "$back_new"
      run_hooks "$back_seconds" "$back_hooks" "$back_new" || :
      stay_up "$back_new" || return
    fi
  done
}

# Fails where another one has the name: the release that is taken back is still there.
name_is_free() { # DIRECTORY
  read -r name <"$1/name" || return
  asked "${name#/}" '{{.State.Status}} {{.Id}}' || return 0
  # shellcheck disable=SC2154
  case $asked_said in "created "* | *" $(cat "$1/made" 2>/dev/null)") return 0 ;; esac
  say "the name ${name#/} is that of another container: ${asked_said#* }"
  return 1
}

# Prints the id of the new one.
made_as_it_was() { # DIRECTORY
  made=$(cat "$1/made" 2>/dev/null) || made=
  if [ -n "$made" ] && asked "$made" '{{.Id}}'; then
    printf '%s\n' "$made"
    return
  fi
  # One that was created, and the host then lost its power: nothing has run in it.
  read -r name <"$1/name" || return
  ! was_only_created "${name#/}" || run docker rm "${name#/}" || return
  # Its reference may name another image by now.
  reference=$(image_of "$(sed -n 's/.*"Image":"\([^"]*\)".*/\1/p' "$1/config")") || return
  image=$(cat "$1/image") || return
  [ "$reference" = "$image" ] || sed -i "s/\"Image\":\"[^\"]*\"/\"Image\":\"$image\"/" "$1/config" || return
  say "$ docker create --name ${name#/} …  # as it was"
  made=$(make_described "$1" "$(cat "$1/volumes")") || {
    ! was_only_created "${name#/}" || run docker rm "${name#/}"
    return 1
  }
  for content in "$1"/content-*.tar; do
    [ -e "${content%.tar}" ] || continue
    put_back "$made" "$(cat "${content%.tar}")" "$content" || return
  done
  write_whole "$1/made" "$made"
  printf '%s\n' "$made"
}

was_only_created() { # NAME
  asked "$1" '{{.State.Status}}' && [ "$asked_said" = created ]
}

# put_back ID PATH TAR: the file, as `docker cp` gave it.
put_back() {
  is_inside "$2" || return
  say "$ docker cp - $1:${2%/*}/  # $2"
  ! docker cp - "$1:${2%/*}/" <"$3" >&2 || return 0
  # The directory is not in the image.
  with_scratch put_directory "$1" "${2%/*}" && docker cp - "$1:${2%/*}/" <"$3" >&2
}
put_directory() { # ID DIRECTORY
  # shellcheck disable=SC2154
  mkdir -p "$scratch/${2#/}" && tar -C "$scratch" --numeric-owner --owner=0 --group=0 --mode=755 -cf - -- "${2#/}" | docker cp - "$1:/" >&2
}

# create_again DIR COMPOSE PROJECT SERVICE [VOLUME:TARGET…]: the container of the service by what the live directory
# says, with the variables of the release that it is of, and the volumes that it had (see hand_on). Fails where it does
# not stay up: the host's own files may not be those that it ran with.
create_again() {
  again_in=$1 again_compose=$2 again_project=$3 again_service=$4
  shift 4
  again_up 'up --no-start' || return
  again_ids=$(container_ids "$again_project" "$again_service") || return
  if [ $# != 0 ] && was_only_created "$again_ids"; then
    again_ids=$(hand_on "$again_ids" "$@") || return
  fi
  # Compose starts it: it gives it the secrets that are in no file, and runs its hooks.
  again_up 'up -d --no-deps' || return
  # shellcheck disable=SC2086
  stay_up $again_ids
}
again_up() { # WORDS
  again_with=$(kept_variables)
  (cd "$again_in" && eval "$again_with command docker compose $again_compose $1 --no-recreate --no-build --pull missing --remove-orphans=false $again_service") >&2
}

# run_job_again SECONDS DIR COMPOSE PROJECT SERVICE: the job of the release that is back, so that others serve its files
# again. Where it fails, that is told, and no other undo waits for it. Where the engine is away, this fails.
run_job_again() {
  # By itself: an engine that is away must not be taken for one without containers.
  job_ids=$(container_ids "$4" "$5") || return
  if [ -z "$job_ids" ]; then
    # Somebody has removed what had ended.
    again_in=$2 again_compose=$3 again_service=$5
    again_up 'up --no-start --no-deps' || :
    job_ids=$(container_ids "$4" "$5") || return
  fi
  job_id=$(printf '%s\n' "$job_ids" | head -n 1)
  job_code=
  [ -z "$job_id" ] || ! run docker start "$job_id" || job_code=$(timeout "$1" docker wait "$job_id") || docker stop "$job_id" >&2 || :
  [ "$job_code" != 0 ] || return 0
  # It has said nothing of the job then.
  [ -n "$job_code" ] || docker version >/dev/null 2>&1 || return
  [ -z "$job_id" ] || last_log "$job_id" 20 || :
  say "the job $5 did not end well (${job_code:-no exit code}): files that it writes may still be those of the release that was taken back. In $2: docker compose up --no-deps $5"
}

# How long a container must run to be taken for one that does.
STAYS_UP_SECONDS=3

stay_up() { # ID…
  [ $# != 0 ] || return 0
  up_until=$(($(now) + STAYS_UP_SECONDS))
  while [ "$(now)" -lt "$up_until" ]; do
    for id; do
      [ "$(docker inspect -f '{{.State.Running}} {{.State.Restarting}} {{.RestartCount}}' "$id")" = 'true false 0' ] || {
        last_log "$id" 20
        say "$id was created again, and does not stay up: its last lines are above; look at the files of the host that it mounts or reads"
        return 1
      }
    done
    sleep 0.5
  done
}
