# shellcheck shell=bash
# postgres:17, its user's number as in the official image.
fill() {
  inside "$1" groupadd -r -g 999 postgres
  inside "$1" useradd -r -g postgres -u 999 -d /var/lib/postgresql -s /bin/bash postgres
  mkdir -p "$1/etc/postgresql-common"
  printf 'create_main_cluster = false\n' >"$1/etc/postgresql-common/createcluster.conf"
  add_packages "$1" postgresql-17
  # Just-in-time compilation is off in a server of this size, and perl serves Debian's cluster tools only.
  rm -rf "$1"/usr/lib/*/lib{LLVM,z3,perl}* "$1"/usr/lib/postgresql/17/lib/{llvmjit.so,bitcode} \
    "$1"/usr/lib/*/perl "$1"/usr/share/{perl,perl5,i18n,postgresql-common}
  install -m 755 "${here:?}/rootfs/postgres-entrypoint.sh" "$1/usr/local/bin/docker-entrypoint.sh"
  install -d -o 999 -g 999 -m 700 "$1/var/lib/postgresql/data"
  install -d -o 999 -g 999 -m 3777 "$1/var/run/postgresql"
}
