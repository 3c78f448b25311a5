# The cutover of nginx: pins, reload, drain.
# shellcheck shell=sh

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
