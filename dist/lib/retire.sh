# Retiring and recording: what forward.sh is made of; every one may run twice.
# shellcheck shell=sh

# together SCRIPT…: runs the texts side by side, and fails when one failed, once all have ended. Each
# command of docker costs a moment, most of it waiting.
together() {
  together_pids=
  for together_text in "$@"; do
    (
      set -eu
      eval "$together_text"
    ) &
    together_pids="$together_pids $!"
  done
  together_code=0
  for together_pid in $together_pids; do wait "$together_pid" || together_code=$?; done
  return "$together_code"
}

# tidy SCRIPT: what makes no difference to the release: where it fails, that is told, and holds nothing up. Where the
# engine is away it is waited for; so what is in it bears to be done twice.
tidy() {
  tidy_tries=2 tidy_left=5
  while :; do
    # Not as a condition: there the shell would go on after a command that failed.
    (
      set -eu
      eval "$1"
    ) &
    ! wait "$!" || return 0
    # One that failed for want of the engine counts less.
    ! docker version >/dev/null 2>&1 || tidy_tries=$((tidy_tries - 1))
    tidy_left=$((tidy_left - 1))
    if [ "$tidy_tries" = 0 ] || [ "$tidy_left" = 0 ] || ! await_engine "$RESEE_ENGINE_PATIENCE"; then break; fi
    sleep 1
  done
  say "not tidied up, which can wait: $1"
}

# on_present VERB ID…: what docker does to the containers; where that fails, once more to those of them
# that are still there.
on_present() {
  verb=$1
  shift
  ! run docker "$verb" "$@" || return 0
  left=$(present "$@") || return
  # Ids are hex: they are meant to be split.
  # shellcheck disable=SC2086
  [ -z "$left" ] || run docker "$verb" $left
}

stop_present() { on_present stop "$@"; } # ID…: together, each with its own grace period
remove_present() { on_present rm "$@"; } # ID…

# keep_images LINES: `image reference`, each reference names that image from now on; several at once,
# because each command costs a moment.
keep_images() {
  say "keeping the images of this release:
$1"
  printf '%s\n' "$1" | xargs -P 8 -n 2 docker tag
}

# forget_volumes VOLUME…: of those that are still there each that no container uses.
forget_volumes() {
  dangling=$(docker volume ls -q --filter dangling=true) || return
  for volume in $dangling; do
    case " $* " in *" $volume "*) run docker volume rm "$volume" ;; esac
  done
}

forget_release() { # RECORD…
  for record in "$@"; do
    rm -f "$STATE/releases/$record" "$STATE/releases/${record%.json}.env" "$STATE/releases/${record%.json}.env-path"
  done
}

forget_images() { # REFERENCE…
  references=$(docker image ls --format '{{.Repository}}:{{.Tag}}')
  forgotten=
  for reference in $references; do
    case " $* " in *" $reference "*) forgotten="$forgotten $reference" ;; esac
  done
  # References have no blanks: they are meant to be split.
  # shellcheck disable=SC2086
  [ -z "$forgotten" ] || run docker rmi $forgotten
}

write_record() { # NAME
  [ ! -e "$STATE/journal/record.json" ] || sync "$STATE/journal/record.json" 2>/dev/null || sync
  [ ! -e "$STATE/journal/record.json" ] || mv -f "$STATE/journal/record.json" "$STATE/releases/$1"
}

# forget_builds KEEP: of each step of a Dockerfile the results of the last KEEP builds stay in the build
# cache, which otherwise grows with every release; what images hold stays anyway. dockerd takes the
# filter for a regular expression; one argument of a command is at most 128 KiB, some 5000 ids.
forget_builds() {
  steps=$(docker buildx du --verbose 2>/dev/null) || return 0
  old=$(printf '%s\n' "$steps" | awk -F ':[ \t]+' '
      /^ID:/ { id = $2; step = "" } /^Created at:/ { created = $0 } /^Shared:/ { shared = $2 }
      /^Description:/ { step = $0 } /^Type:/ { if (step != "" && shared == "false" && $2 == "regular") print step "\t" created "\t" id }' |
    sort -r | awk -F '\t' -v keep="$1" '++seen[$1] > keep { print $NF }')
  [ -n "$old" ] || return 0
  printf '%s\n' "$old" | awk 'NR % 500 == 1 && NR > 1 { print "" } { printf "%s%s", (NR % 500 == 1 ? "" : "|"), $0 } END { print "" }' |
    while IFS= read -r some; do
      run docker builder prune --force --filter "id=\"^($some)\$\"" </dev/null || exit
    done
}
