#!/bin/sh
# As the official image starts nginx: its own scripts first, in the order of their names.
set -eu

for script in /docker-entrypoint.d/*.sh; do
  [ ! -x "$script" ] || "$script"
done

exec "$@"
