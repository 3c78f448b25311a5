# nginx resolves names once, when it loads its configuration.
# shellcheck shell=sh

nginx_notice() { :; } # the reload reads /etc/hosts

# nginx_held CONTAINER: how many old workers still finish requests.
nginx_held() {
  held_processes=$(docker top "$1" -eo pid,args) || {
    # One that does not run holds nothing.
    ! runs "$1" || return 1
    held_processes=
  }
  printf '%s\n' "$held_processes" | grep -c 'nginx: worker process is shutting down' || :
}

# Of `docker top`: pids of the workers that take new connections, as the host sees them.
workers_in() { awk '/nginx: worker process$/ {print $1}'; }

# What a reload is, inside the container. The official image writes its configuration from templates
# when it starts, and only then.
# shellcheck disable=SC2016
NGINX_RELOADING='render=/docker-entrypoint.d/20-envsubst-on-templates.sh
[ ! -d "${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}" ] || [ ! -x "$render" ] || "$render" || exit 3
"$@" -t && "$@" -s reload'

# nginx_text_keep CONTAINER FILE: a digest of the configuration that it reads now, into FILE.
nginx_text_keep() {
  mkdir -p "$(dirname "$2")"
  nginx_text "$1" >"$2" || :
}

# nginx_text_compare CONTAINER FILE NAME: says `unread NAME` where it reads the same as when FILE was kept.
nginx_text_compare() {
  kept_text=$(cat "$2" 2>/dev/null)
  [ -z "$kept_text" ] || [ "$(nginx_text "$1")" != "$kept_text" ] || answer unread "$3"
}

# Nothing where it does not tell.
nginx_text() { # CONTAINER
  text_command=$(nginx_command "$1") || return 0
  # Its words are plain, and meant to be split.
  # shellcheck disable=SC2086
  ! text=$(own_exec "$1" $text_command -T 2>/dev/null) || printf '%s\n' "$text" | cksum
}

# nginx_reload CONTAINER: tests the configuration, reloads, and returns when new workers take all new
# connections, and the old ones none. A reload is asynchronous: the signal alone proves nothing. As the
# container's own user: root without its capabilities may do less.
nginx_reload() {
  processes=$(docker top "$1" -eo pid,args) || return
  command=$(nginx_command "$1") || return
  before=" $(printf '%s\n' "$processes" | workers_in | tr '\n' ' ') "
  say "$ docker exec $1 $command -t && $command -s reload"
  # Its words are plain, and meant to be split.
  # shellcheck disable=SC2086
  own_exec "$1" sh -c "$NGINX_RELOADING" sh $command >&2 || nginx_reload_otherwise $? "$1" "$command" || return
  reload_by=$(($(now) + 11))
  while [ "$(now)" -lt "$reload_by" ]; do
    serving='' leaving=''
    for pid in $(docker top "$1" -eo pid,args | workers_in); do
      case "$before" in *" $pid "*) leaving=yes ;; *) serving=yes ;; esac
    done
    # The old workers hear of it 0.1 s after the new ones have started.
    [ -z "$serving" ] || [ -n "$leaving" ] || return 0
    sleep 0.05
  done
  say "nginx did not change its workers within 10 s of the reload"
  last_log "$1" 20
  return 1
}

# Where nginx may not signal its master (no CAP_KILL), or there is no shell, the engine does.
nginx_reload_otherwise() { # CODE CONTAINER COMMAND
  [ "$1" != 3 ] || return 1
  # shellcheck disable=SC2086
  own_exec "$2" $3 -t >&2 || return
  run docker kill -s HUP "$2"
}
