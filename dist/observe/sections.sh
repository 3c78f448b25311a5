# How the look at the host is told: sections with a name, in a scratch directory that goes with the script.
# Vars: MARK SCRATCH
# shellcheck shell=sh

section() { printf '\n=%s=%s=\n' "$MARK" "$1"; }

# capture NAME COMMAND…: its output as section NAME, or its complaint as NAME.err.
capture() {
  name=$1
  shift
  if "$@" >"$SCRATCH/$name.out" 2>"$SCRATCH/$name.err"; then
    section "$name"
    cat "$SCRATCH/$name.out"
  else
    code=$?
    section "$name.err"
    cat "$SCRATCH/$name.err" "$SCRATCH/$name.out"
    return "$code"
  fi
}

# What does not wait for each other runs side by side: each command of docker costs a moment.
beside() { # NAME COMMAND…
  job=$1
  shift
  "$@" >"$SCRATCH/$job.job" &
  eval "job_$job=$!"
}
shown() { # NAME: what it printed, once it has ended
  eval "wait \"\$job_$1\""
  ended=$?
  cat "$SCRATCH/$1.job"
  return "$ended"
}
