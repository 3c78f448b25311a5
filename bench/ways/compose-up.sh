#!/bin/sh
# Compose alone: it builds, compares, and replaces what changed.
# usage: compose-up.sh STACK
set -eu
cd "$1"
git pull --quiet origin main
docker compose up -d --build
