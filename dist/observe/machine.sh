# What the host is: its engine, its tools, its memory and disk. Vars: OWN (the directory of this run)
# shellcheck shell=sh

docker_version() { capture docker docker version --format '{{json .Server}}'; }
compose_version() {
  capture compose docker compose version --short || capture compose-v1 docker-compose version --short
}
images() {
  section images
  docker image ls --no-trunc --digests --format '{{.ID}} {{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}'
}

# The lease is taken under a file lock, in the same file system as this.
locks_hold() (
  # Where nothing can be written, others tell.
  mkdir -p "$OWN" && true >"$OWN/lock" || exit 0
  flock -n 9 9>"$OWN/lock"
)

# Fails where git is missing: without it there is nothing more to tell.
observe_machine() {
  capture git-version git --version || return
  capture tools sh -c 'for t in flock setsid tar timeout awk cmp bash ps; do command -v "$t" >/dev/null || echo "$t"; done'
  capture locks locks_hold
  section docker-program
  readlink -f "$(command -v docker)"
  section meminfo
  grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
  section disk
  { df -Pk /var/lib/docker 2>/dev/null || df -Pk /; } | tail -n 1
}
