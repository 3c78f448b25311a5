# New requests go to the candidates: brings the proxy's own files, pins the names, reloads, and returns
# when the proxy knows only the candidates. One piece: it never stops half-way.
# Vars: DIR STAGE KIND PROXY RELOAD (yes, no) KEPT PINS PATHS INPLACE MOUNTED
# shellcheck shell=sh
proxy_files_keep "$PROXY" "$STATE/journal/$KEPT/seen" "$MOUNTED"
critical "
install_files $KEPT $(quoted "$DIR") $(quoted "$STAGE") $(quoted "$PATHS") $(quoted "$INPLACE")
proxy_files_show $(quoted "$PROXY") $(quoted "$STAGE") $(quoted "$MOUNTED")
proxy_pin $KIND $(quoted "$PROXY") $(quoted "$PINS")
[ $RELOAD = no ] || ${KIND}_reload $(quoted "$PROXY")
"
