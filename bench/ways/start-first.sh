#!/bin/sh
# The new container beside the old one, until Docker calls it healthy; then the old one goes. The proxy is not told.
# usage: start-first.sh STACK SERVICE
set -eu
cd "$1"
service=$2
git pull --quiet origin main
docker compose build --quiet "$service"

old=$(docker compose ps --quiet "$service")
docker compose up -d --no-deps --no-recreate --scale "$service=2" "$service"
new=$(docker compose ps --quiet "$service" | grep -vxF "$old")

tries=0
until [ "$(docker inspect --format '{{.State.Health.Status}}' "$new")" = healthy ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || exit 1
  sleep 1
done
docker stop "$old"
docker rm "$old"
