#!/bin/sh
# As the official image: options alone are Traefik's.
set -eu

case ${1:-} in -*) set -- traefik "$@" ;; esac
exec "$@"
