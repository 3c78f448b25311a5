#!/bin/sh
# Installs what the tests call that this machine lacks: on Debian and Ubuntu with apt-get, elsewhere
# it names what is missing. Does nothing, quickly, where all is there.
# Usage: install-tools.sh [lint]
set -eu

missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need git git
need ssh-keygen openssh-client
need ps procps
# What a host may have to ask its own entrance with, and the shells that it may have.
need curl curl
need wget wget
need busybox busybox
[ "${1:-}" != lint ] || need shellcheck shellcheck
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
if ! command -v apt-get >/dev/null || ! command -v ${sudo:-sh} >/dev/null; then
  echo "please install:$missing" >&2
  exit 1
fi
echo "installing$missing" >&2
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
