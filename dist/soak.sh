# Watches the candidates for SECONDS_TO_SOAK seconds: one that exits, restarts or turns unhealthy fails the release.
# Vars: CANDIDATES (lines `service id`) SECONDS_TO_SOAK. Exit 72; prints `failed SERVICE ID REASON`.
# shellcheck shell=sh
deadline=$(($(now) + SECONDS_TO_SOAK))
while :; do
  while read -r service id; do
    [ -n "$id" ] || continue
    state=$(docker inspect -f '{{.State.Status}} {{.RestartCount}} {{with .State.Health}}{{.Status}}{{end}}' "$id")
    case $state in
      'running 0 unhealthy') reason='its healthcheck fails' ;;
      'running 0'*) continue ;;
      *) reason="it is $state" ;;
    esac
    printf 'failed %s %s %s\n' "$service" "$id" "$reason"
    say "$service did not survive the soak: $reason. Its last lines:"
    docker logs --tail 40 "$id" >&2
    exit 72
  done <<EOS
$CANDIDATES
EOS
  [ "$(now)" -lt "$deadline" ] || break
  sleep 0.5
done
