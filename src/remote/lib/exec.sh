# `docker exec`, tried again where the engine failed to run the command: that says nothing about the container.
# A container can print anything, also the engine's words: so the attempts are few, and the last one counts.
# shellcheck shell=sh

# container_exec ARGUMENTS…: those of `docker exec`. What it prints and returns is that of the last attempt.
# The command must bear being run twice: a connection to the engine may break after it has begun.
container_exec() { exec_attempts "$EXEC_SECONDS" /dev/null "$@"; }

# The same, with FILE as its stdin (the arguments hold -i).
container_exec_from() { exec_attempts "$EXEC_SECONDS" "$@"; } # FILE ARGUMENTS…

# The same as the container's root. Programs are found by our PATH: the image's own may begin anywhere.
root_exec() { container_exec -e "PATH=$ROOT_PATH" -u 0 "$@"; }
root_exec_from() { # FILE ARGUMENTS…
  root_stdin=$1
  shift
  container_exec_from "$root_stdin" -e "PATH=$ROOT_PATH" -u 0 "$@"
}
ROOT_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The same, told to a person as it could be typed; what it prints is for people. A shell that ended here by `set -e`
# would run its trap with the output of this command.
run_in() {
  say "$ docker exec $*"
  container_exec "$@" >&2 || return
}

EXEC_ATTEMPTS=4
# One that takes longer returns 124.
EXEC_SECONDS=20
# An engine that is being restarted is away for some seconds.
ENGINE_AWAY=20

# What one attempt may print, in blocks of 512 bytes (bash: 1024): all of it is kept until the attempt is judged.
EXEC_OUTPUT=32768

exec_attempts() { with_scratch exec_tries "$@"; } # SECONDS (- for no limit: a longer attempt returns 124) FILE ARGUMENTS…
exec_tries() {
  exec_seconds=$1 exec_stdin=$2
  shift 2
  exec_tried=0 exec_since=$(now)
  while :; do
    exec_code=0
    exec_once "$@" || exec_code=$?
    exec_tried=$((exec_tried + 1))
    case $(engine_failure "$exec_code") in
      exec) [ "$exec_tried" -lt "$EXEC_ATTEMPTS" ] || break ;;
      away) [ $(($(now) - exec_since)) -lt "$ENGINE_AWAY" ] || break ;;
      *) break ;;
    esac
    sleep 0.3
  done
  # shellcheck disable=SC2154
  cat "$scratch/out"
  cat "$scratch/err" >&2
  return "$exec_code"
}

# shellcheck disable=SC2094
exec_once() (
  ulimit -f "$EXEC_OUTPUT" || :
  exec >"$scratch/out" 2>"$scratch/err" <"$exec_stdin"
  [ "$exec_seconds" != - ] || exec docker exec "$@"
  exec timeout "$exec_seconds" docker exec "$@"
)

# engine_failure CODE: `exec` where the engine could not start the command for a reason of its own, `away` where
# it did not answer; nothing where the command has run, or cannot run there. The client tells it on
# stderr, the engine on the stream of the command's stdout; nothing else is on either then.
engine_failure() {
  case $1 in 1 | 126 | 127 | 128 | 255) ;; *) return 0 ;; esac
  exec_told=$(cat "$scratch/out" "$scratch/err" | head -c 2048 | tr -d '\000')
  case $exec_told in
    'Cannot connect to the Docker daemon'* | 'error during connect:'* | 'failed to connect to the docker API'*) echo away ;;
    'OCI runtime exec failed:'* | 'Error response from daemon:'*)
      case $exec_told in
        *'read init-p'* | *'connection reset by peer'* | *procReady* | *'error executing setns'* | *'broken pipe'* | \
          *ttrpc* | *'context deadline exceeded'* | *'resource temporarily unavailable'* | *EOF*) echo exec ;;
      esac
      ;;
  esac
}
