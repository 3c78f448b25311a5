import { listOf, numberOf, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';
import type { Container, ContainerNetwork } from '../plan/observation.js';
import { linesOf, type Sections } from './sections.js';

/** The containers of the stack, with what the kernel says of each. */
export function containersIn(sections: Sections): readonly Container[] {
  const memory = new Map(pairsIn(sections, 'memory'));
  const processes = pairsIn(sections, 'processes');
  const calls = pairsIn(sections, 'calls');
  return parseContainers(sections.get('containers') ?? '').map((container) => ({
    ...container,
    memoryKb: numberOf(memory.get(container.id)),
    processes: processes.flatMap(([name, id]) => (id === container.id ? name : [])),
    calls: calls.flatMap(([caller, called]) => (caller === container.id ? called : [])),
  }));
}

/** Lines of two words. */
function pairsIn(sections: Sections, name: string): readonly (readonly [string, string])[] {
  return linesOf(sections.get(name)).map((line) => {
    const [one = '', other = ''] = line.split(' ');
    return [one, other] as const;
  });
}

/**
 * Reads the output of `docker inspect` of containers of a Compose project. A task of a Swarm is none: it has the
 * labels of Compose where its image was built by Compose.
 */
export function parseContainers(text: string): readonly Container[] {
  return inspected(text)
    .filter((json) => taskService(json) === undefined)
    .map(parseContainer);
}

/** The same of tasks in a Swarm; the name of a service has that of the stack before it. */
export function parseTasks(text: string): readonly Container[] {
  return inspected(text).flatMap((json) => {
    const service = taskService(json);
    return service === undefined ? [] : [{ ...parseContainer(json), service }];
  });
}

function inspected(text: string): readonly JsonObject[] {
  return text.trim() === '' ? [] : listOf(JSON.parse(text)).map(objectOf);
}

function taskService(json: JsonObject): string | undefined {
  const labels = objectOf(objectOf(json['Config'])['Labels']);
  return textOf(labels['com.docker.swarm.service.name']);
}

function parseContainer(json: JsonObject): Container {
  const config = objectOf(json['Config']);
  const labels = objectOf(config['Labels']);
  const state = objectOf(json['State']);
  const networks = objectOf(objectOf(json['NetworkSettings'])['Networks']);
  const name = (textOf(json['Name']) ?? '').replace(/^\//, '');
  return {
    id: textOf(json['Id']) ?? '',
    name,
    service: textOf(labels['com.docker.compose.service']) ?? '',
    oneOff: textOf(labels['com.docker.compose.oneoff']) === 'True',
    running: state['Running'] === true,
    startedMs: timeOf(state['StartedAt']),
    ended: endOf(state),
    imageId: textOf(json['Image']) ?? '',
    networks: Object.fromEntries(
      Object.entries(networks).map(([network, endpoint]) => [
        network,
        parseEndpoint(objectOf(endpoint), name),
      ]),
    ),
    mounts: listOf(json['Mounts'])
      .map(objectOf)
      .filter((mount) => mount['Type'] !== 'tmpfs')
      .map((mount) => ({
        source: textOf(mount['Source']) ?? '',
        target: textOf(mount['Destination']) ?? '',
        ...volumeOf(mount),
        ...(mount['RW'] === false ? { readOnly: true } : {}),
      })),
    environment: Object.fromEntries(
      listOf(config['Env']).flatMap((each) => {
        const [name = '', ...value] = (textOf(each) ?? '').split('=');
        return [[name, value.join('=')]];
      }),
    ),
    command: [json['Path'], ...listOf(json['Args'])].flatMap((word) => textOf(word) ?? []),
    processes: [],
    calls: [],
    memoryKb: undefined,
  };
}

/** Docker gives a volume that nobody named a name of 64 digits. */
function volumeOf(mount: JsonObject): Pick<Container['mounts'][number], 'volume' | 'named'> {
  const name = textOf(mount['Name']);
  if (mount['Type'] !== 'volume' || name === undefined) return {};
  return /^[\da-f]{64}$/.test(name) ? { volume: name } : { named: name };
}

function endOf(state: JsonObject): Container['ended'] {
  const atMs = timeOf(state['FinishedAt']);
  const code = numberOf(state['ExitCode']);
  if (state['Status'] !== 'exited' || atMs === undefined || code === undefined) return undefined;
  return { code, atMs };
}

/** Docker says the year 1 for never. */
function timeOf(value: unknown): number | undefined {
  const time = Date.parse(textOf(value) ?? '');
  return time > 0 ? time : undefined;
}

function parseEndpoint(endpoint: JsonObject, containerName: string): ContainerNetwork {
  const names = [...listOf(endpoint['Aliases']), ...listOf(endpoint['DNSNames'])];
  return {
    addresses: [endpoint['IPAddress'], endpoint['GlobalIPv6Address']].flatMap((address) =>
      // An engine may say `invalid IP` for none.
      /^[\da-f.:]+$/i.test(textOf(address) ?? '') ? (textOf(address) ?? []) : [],
    ),
    names: [...new Set([...names.flatMap((name) => textOf(name) ?? []), containerName])],
  };
}
