# How every script on the host narrates. The files of this directory, one after the other, are lib.sh on the host:
# sourced after STATE (the stack's state directory) and LIBRARY (the directory of lib.sh) are set.
#
# Convention: stdout carries answers for the runner, stderr tells a person what happens. What a program or a
# container prints is no answer: it goes to stderr, to a file, or into a variable.
# shellcheck shell=sh

# What it names may be gone with the session that it was made for: buildx, which Compose builds with, would fail.
if [ -n "${TMPDIR-}" ] && [ ! -d "$TMPDIR" ]; then unset TMPDIR; fi

# Programs are asked here for words and numbers, not for those of the user's language: a text that is no text in it is
# left out by some of them, and the crontab of a user is such a text.
export LC_ALL=C

# A login that runs a command reads no profile: programs of the host lie in more places than it knows.
for program_in in /usr/local/bin /usr/bin /bin /usr/local/sbin /usr/sbin /sbin /snap/bin "$HOME/.local/bin" "$HOME/bin"; do
  case ":$PATH:" in *":$program_in:"*) ;; *) PATH=$PATH:$program_in ;; esac
done

# A disk that is full, or nobody who listens, ends no work.
say() { printf '%s\n' "$*" >&2 || :; }

# answer WORD…: a line for the runner. The MARK is the script's own (a variable, never exported): no container
# can know it, and the runner believes no other line. Where nobody reads it, there is none.
answer() { printf '%s%s\n' "${MARK:+=$MARK=}" "$*"; }

# Each line of stdin as an answer.
answer_lines() {
  while IFS= read -r answered; do answer "$answered"; done
}

# Prints a command as it could be typed, then runs it; its output is for people.
run() {
  say "\$ $*"
  "$@" >&2
}

# Seconds since the machine started: a clock that is set meanwhile changes no waiting.
now() {
  read -r uptime _ </proc/uptime
  printf '%s\n' "${uptime%.*}"
}

# In 1/100 s, from when the machine started: where whole seconds are too coarse.
hundredths() {
  read -r uptime _ </proc/uptime
  printf '%s\n' "${uptime%.*}${uptime#*.}"
}
