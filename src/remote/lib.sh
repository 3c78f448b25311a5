# What every script on the host is made of: how it narrates, the lease, the journal, the files of
# the live directory, the pins. POSIX sh. Sourced, after STATE (the stack's state directory) is set.
#
# Convention: stdout carries data for the runner, stderr tells a person what happens.
# shellcheck shell=sh

export STATE

say() { printf '%s\n' "$*" >&2; }

# Prints a command as it could be typed, then runs it; its output is for people.
run() {
  printf '$ %s\n' "$*" >&2
  "$@" >&2
}

now() { date +%s; }

# --- the lease: one deploy at a time ------------------------------------------------------------
# lease/{fence,expires,owner,session}; every change happens under a file lock that dies with us.

locked() {
  (
    flock 9
    "$@"
  ) 9>"$STATE/lock"
}

lease_expired() {
  [ "$(now)" -ge "$(cat "$STATE/lease/expires" 2>/dev/null || echo 0)" ]
}

lease_is_ours() { [ "$(cat "$STATE/lease/fence" 2>/dev/null)" = "$1" ]; }

lease_write_expiry() {
  echo $(($(now) + $1)) >"$STATE/lease/expires.new" && mv -f "$STATE/lease/expires.new" "$STATE/lease/expires"
}

# lease_try OWNER TTL_SECONDS: takes the lease if it is free or has run out; prints the fence.
lease_try() {
  if ! mkdir "$STATE/lease" 2>/dev/null; then
    lease_expired || return 1
    end_session
    rm -rf "$STATE/lease"
    mkdir "$STATE/lease"
  fi
  fence=$(($(cat "$STATE/fence" 2>/dev/null || echo 0) + 1))
  echo "$fence" >"$STATE/fence"
  echo "$fence" >"$STATE/lease/fence"
  printf '%s\n' "$1" >"$STATE/lease/owner"
  lease_write_expiry "$2"
  echo "$fence"
}

lease_renew_if_ours() { lease_is_ours "$1" && lease_write_expiry "$2"; }

lease_remove_if_ours() {
  lease_is_ours "$1" || return 0
  end_process "$STATE/lease/watchdog"
  rm -rf "$STATE/lease"
}

# Takes the lease from whoever holds it, and ends what they still run here.
lease_drop() {
  [ -d "$STATE/lease" ] || return 0
  end_process "$STATE/lease/watchdog"
  end_session
  rm -rf "$STATE/lease"
}

lease_break() { locked lease_drop; }
lease_take() { locked lease_try "$@"; }
lease_renew() { locked lease_renew_if_ours "$@"; }
lease_release() { locked lease_remove_if_ours "$1"; }

# The process that works for the lease's owner: its pid and start time, so that a reused pid is
# never taken for it.
process_start() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

note_process() { echo "$1 $(process_start "$1")" >"$2"; } # PID FILE

# process_of FILE: prints the pid that the file notes, if that process still runs.
process_of() {
  read -r pid started 2>/dev/null <"$1" || return 0
  [ -z "$started" ] || [ "$(process_start "$pid")" != "$started" ] || echo "$pid"
}

end_process() { # FILE
  ended=$(process_of "$1")
  [ -z "$ended" ] || [ "$ended" = "$$" ] || kill -TERM "-$ended" 2>/dev/null || :
}

lease_enter() { note_process "$1" "$STATE/lease/session"; }

# Ends what the lease's former owner still runs here. Its critical sections live in sessions of
# their own, and finish.
end_session() { end_process "$STATE/lease/session"; }

# --- the journal: how to undo what was done -----------------------------------------------------

# journal NAME COMMAND [NUMBER]: from here on, COMMAND (of this library) undoes the step NAME. Undos
# run from the highest number to the lowest; without NUMBER it is the next one.
journal() {
  mkdir -p "$STATE/journal"
  # `ls` sorts, and the names are ours.
  # shellcheck disable=SC2012
  number=$(printf '%03d' $(($(ls "$STATE/journal" | sed -n 's/^\([0-9]*\)-.*\.sh$/\1/p' | tail -n 1 | sed 's/^0*//;s/^$/0/') + 1)))
  entry=$STATE/journal/${3:-$number}-$1.sh
  {
    printf 'STATE=%s\n' "$(quoted "$STATE")"
    # The undo script expands STATE when it runs, not here.
    # shellcheck disable=SC2016
    printf 'set -eu\n. "$STATE/bin/lib.sh"\n%s\n' "$2"
  } >"$entry.new"
  mv -f "$entry.new" "$entry"
}

# The value as one word of a script; newlines at its end stay.
quoted() {
  quoted_text=$(printf '%s.' "$1" | sed "s/'/'\\\\''/g")
  printf "'%s'" "${quoted_text%.}"
}

# critical SCRIPT: runs the text in a session of its own, where no hang-up and no kill of ours reaches
# it, so that it never stops half-way. Its output is kept, and shown when it has ended.
critical() {
  printf '. "$STATE/bin/lib.sh"\nset -eu\nnote_process "$$" "$STATE/critical"\n%s\n' "$1" >"$STATE/critical.sh"
  setsid sh "$STATE/critical.sh" >"$STATE/critical.out" 2>"$STATE/critical.err" </dev/null &
  critical_pid=$!
  note_process "$critical_pid" "$STATE/critical"
  critical_code=0
  wait "$critical_pid" || critical_code=$?
  cat "$STATE/critical.err" >&2
  cat "$STATE/critical.out"
  rm -f "$STATE/critical" "$STATE/critical.sh" "$STATE/critical.out" "$STATE/critical.err"
  return "$critical_code"
}

await_critical() {
  while [ -n "$(process_of "$STATE/critical")" ]; do sleep 0.1; done
  rm -f "$STATE/critical"
}

# Hands the stack back whole; see abort.sh.
abort_now() {
  await_critical
  # shellcheck disable=SC2016
  critical 'sh "$STATE/bin/abort.sh"'
}

# --- the files of the live directory ------------------------------------------------------------

# copy_paths FROM TO LIST INPLACE: makes each path of the file LIST (relative, one a line) in TO
# what it is in FROM; what is not in FROM is removed from TO. Paths that are also in INPLACE are
# written into the file that is there, because a container holds on to it (a bind mount of a single
# file pins the inode).
copy_paths() {
  copy_from=$1 copy_to=$2
  mkdir -p "$copy_to"
  : >"$STATE/copy.list"
  newline='
'
  held=$newline$(cat "$4")$newline
  while IFS= read -r path; do
    if [ -h "$copy_from/$path" ] || [ -e "$copy_from/$path" ]; then
      case $held in
        *"$newline$path$newline"*)
          if [ -f "$copy_to/$path" ] && [ ! -h "$copy_to/$path" ] && [ ! -h "$copy_from/$path" ]; then
            cat "$copy_from/$path" >"$copy_to/$path"
            if [ -x "$copy_from/$path" ]; then chmod +x "$copy_to/$path"; else chmod -x "$copy_to/$path"; fi
            continue
          fi
          ;;
      esac
      printf '%s\n' "$path" >>"$STATE/copy.list"
    elif [ -h "$copy_to/$path" ] || [ -e "$copy_to/$path" ]; then
      rm -f "$copy_to/$path"
      # A directory that just became empty is not in the commit either.
      (cd "$copy_to" && rmdir -p -- "$(dirname -- "$path")" 2>/dev/null) || :
    fi
  done <"$3"
  tar -C "$copy_from" -cf - --no-recursion --verbatim-files-from -T "$STATE/copy.list" | tar -C "$copy_to" -xpf -
  rm -f "$STATE/copy.list"
}

# install_files NAME LIVE STAGE PATHS INPLACE: brings PATHS (text, one a line) from the staged tree
# to the live directory; what was there is kept in the journal for restore_files NAME.
install_files() {
  mkdir -p "$STATE/journal/$1"
  printf '%s' "$4" | sed '/^$/d' >"$STATE/journal/$1/paths"
  printf '%s' "$5" | sed '/^$/d' >"$STATE/journal/$1/inplace"
  copy_paths "$2" "$STATE/journal/$1/before" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
  : >"$STATE/journal/$1/kept"
  copy_paths "$3" "$2" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
}

# restore_files NAME LIVE: undoes install_files, as far as it came.
restore_files() {
  [ -e "$STATE/journal/$1/kept" ] || return 0
  copy_paths "$STATE/journal/$1/before" "$2" "$STATE/journal/$1/paths" "$STATE/journal/$1/inplace"
}

# proxy_files_show CONTAINER FROM PATHS: makes the container see the text of FROM/<path> at each mount,
# PATHS being lines `path TAB path in the container`. Normally it does already; where the host's file
# was replaced since the container started (a `git pull`), it holds the old inode, and is written
# through it.
proxy_files_show() {
  printf '%s' "$3" | while IFS="$(printf '\t')" read -r path inside; do
    [ -f "$2/$path" ] || continue
    ! docker exec -u 0 "$1" cat "$inside" 2>/dev/null | cmp -s - "$2/$path" || continue
    say "$inside in the container is not the file of the live directory any more: writing through it"
    docker exec -i -u 0 "$1" sh -c 'cat >"$1"' sh "$inside" <"$2/$path"
    docker exec -u 0 "$1" cat "$inside" | cmp -s - "$2/$path"
  done
}

# proxy_files_keep CONTAINER TO PATHS: keeps what the container sees, for proxy_files_show.
proxy_files_keep() {
  printf '%s' "$3" | while IFS="$(printf '\t')" read -r path inside; do
    mkdir -p "$2/$(dirname "$path")"
    docker exec -u 0 "$1" cat "$inside" >"$2/$path"
  done
}

# --- containers ---------------------------------------------------------------------------------

container_ids() { # PROJECT SERVICE: every container of the service, also stopped ones
  docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False
}

# remove_new_containers PROJECT SERVICE ID…: removes the service's containers, all but these.
remove_new_containers() {
  project=$1 service=$2
  shift 2
  for id in $(container_ids "$project" "$service"); do
    case " $* " in *" $id "*) continue ;; esac
    run docker stop "$id"
    run docker rm -f "$id"
  done
}

remove_container() { # NAME
  ! docker inspect "$1" >/dev/null 2>&1 || run docker rm -f "$1"
}

# remove_unused_networks PROJECT: after a first deploy that failed; volumes stay, they hold data.
remove_unused_networks() {
  for network in $(docker network ls -q --filter "label=com.docker.compose.project=$1"); do
    [ "$(docker network inspect -f '{{len .Containers}}' "$network")" != 0 ] || run docker network rm "$network"
  done
}

# create_again DIR COMPOSE PROJECT SERVICE: containers of the service by what the live directory says.
create_again() {
  (cd "$1" && eval "docker compose $2 up --no-start --no-recreate $4") >&2
  # shellcheck disable=SC2046
  run docker start $(container_ids "$3" "$4")
}

start_containers() { # ID…
  for id in "$@"; do
    [ "$(docker inspect -f '{{.State.Running}}' "$id")" = true ] || run docker start "$id"
  done
}

# An image that a failed release made, and that no reference names: a kept release may have the same.
remove_unnamed() {
  [ "$(docker image inspect -f '{{len .RepoTags}}' "$1" 2>/dev/null)" != 0 ] || docker rmi "$1" >&2 ||
    say "the image $1 is still used, and stays"
}

# restore_tag REFERENCE IMAGE: the reference names that image again, or nothing if it named nothing.
# The image that it named until now goes, where nothing else names or uses it.
restore_tag() {
  made=$(docker image inspect -f '{{.Id}}' "$1" 2>/dev/null || :)
  if [ -n "$2" ]; then
    run docker tag "$2" "$1"
  elif docker image inspect "$1" >/dev/null 2>&1; then
    run docker rmi "$1"
  fi
  [ -z "$made" ] || remove_unnamed "$made"
}

# --- nginx --------------------------------------------------------------------------------------

# nginx_workers CONTAINER: pids of the workers that take new connections, as the host sees them.
nginx_workers() { docker top "$1" -eo pid,args | awk '/nginx: worker process$/ {print $1}'; }

nginx_draining() { docker top "$1" -eo pid,args | grep -c 'nginx: worker process is shutting down' || :; }

# write_pins CONTAINER LINES: replaces our lines in the container's /etc/hosts. It is bind-mounted:
# it is written into, never replaced.
write_pins() {
  docker exec -u 0 "$1" sh -c 'kept=$(grep -v "# resee-deploy$" /etc/hosts); printf "%s\n" "$kept" >/etc/hosts
    [ -z "$1" ] || printf "%s\n" "$1" >>/etc/hosts' sh "$2"
}

# nginx_reload CONTAINER: tests the configuration, reloads, and returns when a new worker runs. A
# reload is asynchronous: the signal alone proves nothing.
nginx_reload() {
  run docker exec -u 0 "$1" nginx -t
  before=" $(nginx_workers "$1" | tr '\n' ' ') "
  run docker exec -u 0 "$1" nginx -s reload || run docker kill -s HUP "$1"
  tries=0
  while [ "$tries" -lt 200 ]; do
    for pid in $(nginx_workers "$1"); do
      case "$before" in *" $pid "*) ;; *) return 0 ;; esac
    done
    tries=$((tries + 1))
    sleep 0.05
  done
  say "nginx did not start a new worker within 10 s of the reload"
  docker logs --tail 20 "$1" >&2
  return 1
}

# nginx_drain CONTAINER SECONDS: waits until no old worker is left, at most so long.
nginx_drain() {
  deadline=$(($(now) + $2))
  while [ "$(nginx_draining "$1")" != 0 ]; do
    if [ "$(now)" -ge "$deadline" ]; then
      say "drain: $(nginx_draining "$1") nginx worker(s) still hold connections after $2 s; going on"
      return 0
    fi
    sleep 0.1
  done
}

# cutover_back CONTAINER PINS DRAIN_SECONDS: new requests go to the incumbents again, and what the
# candidates hold is finished.
cutover_back() {
  [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ] || return 0
  write_pins "$1" "$2"
  nginx_reload "$1"
  nginx_drain "$1" "$3"
  write_pins "$1" ''
}

# --- retiring and recording: what forward.sh is made of; every one may run twice --------------------

retire() { # ID…: stops them together, each with its own grace period, then removes them
  present=
  for id in "$@"; do
    ! docker inspect "$id" >/dev/null 2>&1 || present="$present $id"
  done
  [ -n "$present" ] || return 0
  # shellcheck disable=SC2086
  run docker stop $present
  # shellcheck disable=SC2086
  run docker rm $present
}

unpin() { # CONTAINER: nginx holds the addresses already, no reload is needed
  [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" != true ] || write_pins "$1" ''
}

# git_move DIR GIT_DIR BRANCH SHA REMOTE_URL: the live directory's git is on BRANCH at SHA; its files
# are already those of the commit.
git_move() {
  if [ ! -e "$1/.git" ]; then
    mv "$2" "$1/.git"
    git -C "$1" remote add origin "$5"
    git -C "$1" config "branch.$3.remote" origin
    git -C "$1" config "branch.$3.merge" "refs/heads/$3"
  fi
  git -C "$1" symbolic-ref HEAD "refs/heads/$3"
  git -C "$1" update-ref -m "resee-deploy: $4" "refs/heads/$3" "$4"
  git -C "$1" update-ref "refs/remotes/origin/$3" "refs/resee-deploy/branch"
  git -C "$1" read-tree "$4"
  git -C "$1" update-index -q --refresh || :
}

keep_image() { run docker tag "$1" "$2"; } # IMAGE REFERENCE

forget_release() { # RECORD REFERENCE…
  for reference in "$@"; do
    case $reference in
      *.json) rm -f "$STATE/releases/$reference" ;;
      *) ! docker image inspect "$reference" >/dev/null 2>&1 || run docker rmi "$reference" ;;
    esac
  done
}

write_record() { # NAME
  [ ! -e "$STATE/journal/record.json" ] || mv -f "$STATE/journal/record.json" "$STATE/releases/$1"
}
