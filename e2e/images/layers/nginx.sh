# shellcheck shell=bash
# nginx:alpine, laid out as the official image: the same paths, user, logs and entrypoint.
fill() {
  debian_tree forky "$1" ca-certificates,curl,gettext-base,busybox-static,nginx
  inside "$1" groupadd -g 101 -o nginx
  inside "$1" useradd -g nginx -u 101 -o -d /nonexistent -s /usr/sbin/nologin nginx
  ln -s /usr/bin/busybox "$1/usr/local/bin/wget"
  find "$1/etc/nginx" -mindepth 1 ! -name mime.types -delete
  mkdir -p "$1"/etc/nginx/{conf.d,templates} "$1/docker-entrypoint.d" "$1/var/cache/nginx"
  install -m 644 "${here:?}/rootfs/nginx.conf" "$1/etc/nginx/nginx.conf"
  install -m 644 "${here:?}/rootfs/nginx-default.conf" "$1/etc/nginx/conf.d/default.conf"
  install -m 755 "${here:?}/rootfs/nginx-entrypoint.sh" "$1/docker-entrypoint.sh"
  install -m 755 "${here:?}/rootfs/nginx-envsubst.sh" "$1/docker-entrypoint.d/20-envsubst-on-templates.sh"
  mkdir -p "$1/var/log/nginx"
  ln -sf /dev/stdout "$1/var/log/nginx/access.log"
  ln -sf /dev/stderr "$1/var/log/nginx/error.log"
  rm -rf "$1"/usr/share/nginx/* "$1"/var/www
  mkdir -p "$1/usr/share/nginx/html"
  printf '<!doctype html><title>nginx</title><p>It serves.</p>\n' >"$1/usr/share/nginx/html/index.html"
}
