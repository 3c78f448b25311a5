# Caddy resolves names at each connection, and keeps the connections that it has.
# shellcheck shell=sh

# Go reads /etc/hosts again when what it has of it is older than 5 s.
caddy_notice() { sleep 5.2; }

# caddy_reload CONTAINER: loads the configuration anew; one that Caddy does not accept changes nothing.
# Returns when the new one serves. It closes the idle connections of visitors, so it is for a changed
# configuration only.
caddy_reload() {
  config=$(caddy_option "$1" config) || return
  adapter=$(caddy_option "$1" adapter) || return
  say "$ docker exec $1 caddy reload --force --config ${config:-/etc/caddy/Caddyfile}"
  own_exec "$1" caddy reload --force --config "${config:-/etc/caddy/Caddyfile}" ${adapter:+--adapter "$adapter"} >&2 || return
}

# Without `keepalive off` it stays connected, and nobody waits for this.
caddy_held() { connections_to "$@"; }
