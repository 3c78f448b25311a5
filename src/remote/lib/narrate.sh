# How every script on the host narrates. The files of this directory, one after the other, are
# bin/lib.sh on the host: sourced after STATE (the stack's state directory) is set.
#
# Convention: stdout carries data for the runner, stderr tells a person what happens.
# shellcheck shell=sh

export STATE

say() { printf '%s\n' "$*" >&2; }

# Prints a command as it could be typed, then runs it; its output is for people.
run() {
  printf '$ %s\n' "$*" >&2
  "$@" >&2
}

now() { date +%s; }

# In 1/100 s, from when the machine started: where whole seconds are too coarse.
hundredths() {
  read -r uptime _ </proc/uptime
  printf '%s\n' "${uptime%.*}${uptime#*.}"
}
