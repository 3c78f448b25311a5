# What Compose makes of the staged tree and of the live directory. Vars: COMPOSE (arguments, quoted)
# shellcheck shell=sh

compose() { (cd "$1" && shift && eval "docker compose $COMPOSE \"\$@\""); }
project_of() { sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p' "$1" | head -n 1; }

# Text of the commit's files that speak of upstreams.
observe_proxy_files() {
  section proxy-files
  {
    git_own grep -lzE '((proxy|fastcgi|grpc|uwsgi)_pass|reverse_proxy|php_fastcgi) ' "$SHA" -- ':!*.md'
    git_own grep -lzE '^ *server ' "$SHA" -- '*haproxy*'
  } | path_lines | sed 's/^[^:]*://' | head -n 50 | while IFS= read -r path; do
    section "proxy-file:$path"
    cat "$STAGE/$path"
  done
}
