# How the look at the host is told: sections with a name, in a scratch directory that goes with the script.
# Vars: MARK SCRATCH
# shellcheck shell=sh

section() { printf '\n=%s=%s=\n' "$MARK" "$1"; }

# capture NAME COMMAND…: its output as section NAME, or its complaint as NAME.err. Both stay in SCRATCH, as
# NAME.out and NAME.err; for a name with colons, which may be longer than a file's name can be, under its checksum.
capture() {
  name=$1
  shift
  case $name in
    *:*) kept=$SCRATCH/$(printf '%s' "$name" | cksum | tr ' ' -) ;;
    *) kept=$SCRATCH/$name ;;
  esac
  if "$@" >"$kept.out" 2>"$kept.err"; then
    section "$name"
    cat "$kept.out"
  else
    code=$?
    section "$name.err"
    cat "$kept.err" "$kept.out"
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
