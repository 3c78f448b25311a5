# Fails where one of the images that were just made is one that runs already: then what was sent behind
# this is not what is to be done. Vars: STATE UNLESS (lines `reference image-id`)
# shellcheck shell=sh
[ -e "$STATE/lease/images" ]
if grep -qxF "$UNLESS" "$STATE/lease/images"; then exit 1; fi
