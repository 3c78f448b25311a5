#!/bin/sh
# Templates filled from the environment, as the official image's 20-envsubst-on-templates.sh does.
set -eu

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
for template in "$templates"/*.template; do
  [ -e "$template" ] || continue
  # Only names that are set: nginx's own $variables stay.
  names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')
  filled=$(basename "$template" .template)
  envsubst "$names" <"$template" >"$output/$filled"
done
