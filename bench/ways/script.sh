#!/bin/sh
# What many workflows type over SSH: one service, replaced where it stands, and one look at the end.
# usage: script.sh STACK SERVICE HEALTH_URL
set -u
cd "$1" || exit 1
git pull --quiet origin main || exit 1
docker compose up -d --no-deps --build "$2"
curl --fail --silent --show-error "$3"
