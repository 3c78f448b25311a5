# New requests go to the candidates: brings the proxy's own files, pins the names, reloads, and returns
# when a worker runs that knows only the candidates. One piece: it never stops half-way.
# Vars: DIR STAGE PROXY KEPT PINS PATHS INPLACE MOUNTED
# shellcheck shell=sh
proxy_files_keep "$PROXY" "$STATE/journal/$KEPT/seen" "$MOUNTED"
critical "
install_files $KEPT $(quoted "$DIR") $(quoted "$STAGE") $(quoted "$PATHS") $(quoted "$INPLACE")
proxy_files_show $(quoted "$PROXY") $(quoted "$STAGE") $(quoted "$MOUNTED")
write_pins $(quoted "$PROXY") $(quoted "$PINS")
nginx_reload $(quoted "$PROXY")
"
