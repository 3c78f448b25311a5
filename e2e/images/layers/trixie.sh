# shellcheck shell=bash
# What the stand-ins for Debian-based images share.
fill() {
  debian_tree trixie "$1" ca-certificates,curl
}
