import { ask } from '../harness/shell.js';
import type { Bed } from '../scenarios/bed.js';

/** Somebody who adds rows to the store while deploys go on, and keeps a list of those that were taken. */
export interface Writer {
  /** Ends it, and answers the numbers of rows that the store took, and of those of them that it has not any more. */
  stop(): Promise<{ readonly taken: number; readonly lost: number }>;
}

/** Writes to the container's address: no proxy and no engine is between. A row that was not taken is tried again. */
export async function startWriter({ host, place }: Bed): Promise<Writer> {
  await ask(host, START, { args: [place.project] });
  return {
    stop: async () => {
      const [taken = '', lost = ''] = (await ask(host, STOP, { args: [place.project] })).split(' ');
      return { taken: Number(taken), lost: Number(lost) };
    },
  };
}

const STORE = `
store() {
  id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=store)
  docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$id"
}
`;

const START = `${STORE}
project=$1
mkdir -p "$HOME/writer"
: >"$HOME/writer/taken"
: >"$HOME/writer/go"
(
  set +eu
  n=$(date +%s)0000
  while [ -e "$HOME/writer/go" ]; do
    address=$(store "$project" 2>/dev/null)
    if [ -n "$address" ] && exec 3<>"/dev/tcp/$address/6379"; then
      while [ -e "$HOME/writer/go" ]; do
        printf 'SADD rows %s\\r\\n' "$n" >&3 || break
        read -r -t 2 said <&3 || break
        case $said in :[01]*) echo "$n" >>"$HOME/writer/taken" && n=$((n + 1)) ;; *) break ;; esac
        sleep 0.05
      done
      exec 3>&-
    fi 2>/dev/null
    sleep 0.3
  done
) >/dev/null 2>&1 </dev/null &
`;

const STOP = `${STORE}
rm -f "$HOME/writer/go"
id=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=store)
docker exec "$id" redis-cli SMEMBERS rows | sort >"$HOME/writer/there"
sort "$HOME/writer/taken" >"$HOME/writer/sorted"
echo "$(wc -l <"$HOME/writer/sorted") $(comm -23 "$HOME/writer/sorted" "$HOME/writer/there" | wc -l)"
`;
