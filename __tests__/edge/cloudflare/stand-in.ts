import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isObject, objectOf, type JsonObject } from '../../../src/plan/compose/json.js';
import { dnsRoutes } from './dns.js';
import { purgeRoutes } from './purge.js';
import { complaint, Refusal, wrongFields, type Route, type Seen } from './routes.js';
import { rulesetRoutes } from './rulesets.js';
import { settingsRoutes } from './settings.js';

export const ZONE_ID = '0123456789abcdef0123456789abcdef';
export const TOKEN = 'a-token-that-no-log-may-ever-show-01';

/** What happens to a request in the place of an answer. */
export type Failure =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text is sent as it is; complaints in the envelope. */
      readonly body?: string | readonly JsonObject[];
      /** True: what was asked is done all the same. */
      readonly done?: boolean;
    }
  /** No answer ever comes. */
  | 'hang'
  | 'reset'
  /** It is done, and the connection breaks before the answer. */
  | 'reset-when-done';

export interface StandIn {
  readonly baseUrl: string;
  readonly zone: Zone;
  /** Every request that came, in order. */
  readonly seen: readonly Seen[];
  /** The next requests that match fail, so many of them. */
  fail(matches: (seen: Seen) => boolean, failure: Failure, times?: number): void;
  close(): Promise<void>;
}

/** The state of the zone; a test sets and reads it. */
export interface Zone {
  readonly name: string;
  /** Permissions of the token. */
  readonly permissions: Set<string>;
  /** Bodies of purges that were done. */
  readonly purged: JsonObject[];
  /** Purges that are left before the limit of the Free plan. */
  purgesLeft: number;
  /** DNS records, of whatever type. */
  readonly records: JsonObject[];
  readonly settings: Record<string, string>;
  readonly rulesets: Ruleset[];
}

/** The entry point of a phase. */
export interface Ruleset {
  readonly id: string;
  readonly name: string;
  readonly kind: 'zone';
  readonly phase: string;
  readonly rules: JsonObject[];
}

/** What a token may be allowed to do; the stand-in knows them by these words of Cloudflare's. */
export const PERMISSIONS = ['Cache Purge', 'DNS', 'Zone Settings', 'Cache Rules', 'Zone WAF'];

/**
 * Cloudflare's API for one zone of the Free plan, over HTTP, as its reference describes it; strict about
 * everything that is sent: an unknown path, field or value is an answer that says no.
 */
export async function startCloudflare(): Promise<StandIn> {
  const zone: Zone = {
    name: 'example.com',
    permissions: new Set(PERMISSIONS),
    purged: [],
    purgesLeft: 25,
    records: [],
    settings: { ssl: 'full', min_tls_version: '1.0', always_use_https: 'off' },
    rulesets: [],
  };
  const routes: readonly Route[] = [
    ...purgeRoutes(zone),
    ...dnsRoutes(zone),
    ...settingsRoutes(zone),
    ...rulesetRoutes(zone),
  ];
  const seen: Seen[] = [];
  const failures: { matches: (seen: Seen) => boolean; failure: Failure; times: number }[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await read(request);
    seen.push(asked);
    const failing = failures.find(({ matches, times }) => times > 0 && matches(asked));
    if (failing !== undefined) failing.times -= 1;
    const failure = failing?.failure;
    if (failure === 'hang') return;
    if (failure === 'reset') {
      request.socket.destroy();
      return;
    }
    const isDone = failure === undefined || failure === 'reset-when-done' || failure.done === true;
    const result = isDone ? perform(asked, request, { zone, routes }) : undefined;
    if (failure === 'reset-when-done') request.socket.destroy();
    else if (failure !== undefined) fail(response, failure);
    else if (result instanceof Refusal) {
      send(
        response,
        result.status,
        { success: false, errors: result.errors, result: null },
        result.headers,
      );
    } else send(response, 200, { success: true, errors: [], result });
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/client/v4`,
    zone,
    seen,
    fail: (matches, failure, times = 1) => failures.push({ matches, failure, times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const url = new URL(request.url ?? '/', 'http://stand-in');
  return {
    method: request.method ?? '',
    path: url.pathname.replace(`/client/v4/zones/${ZONE_ID}`, ''),
    query: url.searchParams,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function perform(
  seen: Seen,
  { headers }: IncomingMessage,
  { zone, routes }: { readonly zone: Zone; readonly routes: readonly Route[] },
): unknown {
  if (headers.authorization === undefined || !/^Bearer \S+$/.test(headers.authorization)) {
    return new Refusal(400, [
      {
        ...complaint(6003, 'Invalid request headers'),
        error_chain: [complaint(6111, 'Invalid format for Authorization header')],
      },
    ]);
  }
  if (headers.authorization !== `Bearer ${TOKEN}`) {
    return new Refusal(401, [complaint(1000, 'Invalid API Token')]);
  }
  const route = routes.find(({ method, path }) => method === seen.method && path.test(seen.path));
  if (route === undefined) {
    const perhaps = `Could not route to ${seen.path}, perhaps your object identifier is invalid?`;
    return new Refusal(404, [complaint(7003, perhaps)]);
  }
  if (route.permission !== '' && !zone.permissions.has(route.permission)) {
    return new Refusal(403, [complaint(10000, 'Authentication error')]);
  }
  const said = wrongFields(Object.fromEntries(seen.query), route.query ?? {}, []);
  if (said !== undefined) return new Refusal(400, [complaint(9004, `Query: ${said}`)]);
  const body = bodyOf(seen, headers['content-type']);
  if (body instanceof Refusal) return body;
  return route.perform({
    body,
    query: seen.query,
    ids: route.path.exec(seen.path)?.slice(1) ?? [],
  });
}

function bodyOf({ method, text }: Seen, type: string | undefined): JsonObject | Refusal {
  if (method === 'GET' || method === 'DELETE') {
    return text === '' ? {} : new Refusal(400, [complaint(9207, `A ${method} has no body`)]);
  }
  if (type !== 'application/json')
    return new Refusal(415, [complaint(9208, `Not JSON: ${type ?? ''}`)]);
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return isObject(body) ? objectOf(body) : new Refusal(400, [complaint(9209, 'Not an object')]);
}

function fail(response: ServerResponse, failure: Exclude<Failure, string>): void {
  const { status, headers = {}, body = [] } = failure;
  if (typeof body !== 'string') {
    send(response, status, { success: false, errors: body, messages: [], result: null }, headers);
    return;
  }
  response.writeHead(status, { 'content-type': 'text/html', ...headers });
  response.end(body);
}

function send(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ messages: [], ...body }));
}
