# Asks again and again, PAUSE seconds after each answer, until it is killed or nobody listens any more.
# Vars: PAUSE; and those of ask.sh, which comes before this.
# shellcheck shell=sh
while :; do
  ask
  sleep "$PAUSE"
done
