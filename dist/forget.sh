# Ends what a run still does on the host that took no lease, and takes away what it has left there.
# Vars: STATE RUN
# Follows those files of lib/ that are its words.
# shellcheck shell=sh
stage=$STATE/stage/$RUN
# A lease that came in the last moment is the watchdog's, with all that it is for.
if [ -e "$stage/session" ] && cmp -s "$stage/session" "$STATE/lease/session"; then exit 0; fi
end_group "$stage/session"
rm -rf "$stage"
sweep_scratch
forget_commit "$RUN"
