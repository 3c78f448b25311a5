#!/bin/sh
# As the official image starts nginx: own scripts first, then templates filled from the environment.
set -eu

for script in /docker-entrypoint.d/*.sh; do
  [ ! -x "$script" ] || "$script"
done

for template in /etc/nginx/templates/*.template; do
  [ -e "$template" ] || continue
  # Only names that are set: nginx's own $variables stay.
  names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')
  filled=/etc/nginx/conf.d/$(basename "$template" .template)
  envsubst "$names" <"$template" >"$filled"
done

exec "$@"
