# shellcheck shell=bash
# redis:8-alpine.
fill() {
  inside "$1" groupadd -r -g 999 redis
  inside "$1" useradd -r -g redis -u 999 -d /data -s /usr/sbin/nologin redis
  add_packages "$1" redis-server
  install -m 755 "${here:?}/rootfs/redis-entrypoint.sh" "$1/usr/local/bin/docker-entrypoint.sh"
  install -d -o 999 -g 999 "$1/data"
}
