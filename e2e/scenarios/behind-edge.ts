import { startEdge, type Edge } from '../edge/edge.js';
import { makeCertificate } from '../harness/certificate.js';
import { askSite } from '../harness/http.js';
import { ask } from '../harness/shell.js';
import { replacing, together } from '../stacks/stack.js';
import { pageAssets, type Asset } from './assets.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { checkHeaders, checkLimit } from './edge-checks.js';
import { EDGE_ALONE, NAME, placeOriginCertificate } from './origin.js';
import type { Scenario } from './scenario.js';
import { checkRelease, underLoad } from './whole.js';

/** Of the ranges for documentation. */
const VISITORS = '192.0.2.';
const FORGED = '203.0.113.66';

/** As many visitors as the load needs: the origin limits each of them. */
function visitors(): () => string {
  let requests = 0;
  return () => VISITORS + String(1 + ((requests += 1) % 250));
}

export const behindEdge: Scenario = {
  name: 'behind-edge',
  home: 'resee',
  stacks: (stack) => stack.name === 'resee',
  sentence: `behind an edge that checks certificates and keeps files, ${String(wanted())} deploys fail no request, no wrong file is ever kept, and nobody else gets in`,
  from: 'deployed',
  reusable: false,
  run: async (bed, checks) => {
    const origin = await makeCertificate(NAME);
    const client = await makeCertificate('edge');
    await placeOriginCertificate(bed, { ...origin, edgeAuthority: client.certificate });
    const sha = await bed.commit('Let in the edge alone', letInEdgeAlone(bed));
    const run = await bed.deploy(sha, { inputs: { ...EDGE_ALONE, 'allow-downtime': 'true' } });
    checks.equal(run.outputs['result'], 'deployed', 'result of the deploy that lets the edge in');
    const options = {
      origin: bed.host.address,
      servername: NAME,
      authority: origin.certificate,
      client,
      visitor: visitors(),
    };
    const edge = await startEdge(options);
    try {
      await deployBehind(edge, bed, checks);
      const [asset] = (await pageAssets({ ...bed, base: edge.base })).filter(({ path }) =>
        path.endsWith('.js'),
      );
      await checkHeaders(options, checks, asset?.path ?? 'no script');
      await checkLimit(options, checks);
      await checkAddresses(edge, bed, checks);
      await checkStrictness(bed, checks);
    } finally {
      await edge.close();
    }
  },
};

/** As many as `RESEE_E2E_EDGE_DEPLOYS` says, else 4. */
function wanted(): number {
  const said = Number(process.env['RESEE_E2E_EDGE_DEPLOYS'] ?? '4');
  if (!Number.isInteger(said) || said < 2 || said > 100) {
    throw new Error('RESEE_E2E_EDGE_DEPLOYS is a number from 2 to 100');
  }
  return said;
}

/** As docs/cloudflare.md says, and with the edge's address for Cloudflare's. */
const letInEdgeAlone = (bed: Bed): ReturnType<typeof together> =>
  together(
    replacing('nginx/tls/listen.conf', /# (ssl_client_\w+ [^\n]*\n)# (ssl_verify_client)/, '$1$2'),
    replacing(
      'nginx/nginx.conf',
      '# cloudflare-ranges: end',
      `set_real_ip_from ${bed.host.gateway};\n  # cloudflare-ranges: end`,
    ),
  );

/** Frontend and backend change in turn; visitors, and the pages that they have open, are behind the edge. */
async function deployBehind(edge: Edge, bed: Bed, checks: Checks): Promise<void> {
  const { backend, frontend } = bed.stack.changes;
  if (frontend === undefined) throw new Error(`${bed.stack.name} has no frontend`);
  const site = { ...bed, base: edge.base };
  const pages: (readonly Asset[])[] = [await pageAssets(site)];
  let release = '';
  const deploys = async (): Promise<void> => {
    for (let n = 1; n <= wanted(); n += 1) {
      const next = bed.nextRelease();
      const isBackend = n % 2 === 0;
      const sha = await bed.commit(`Deploy ${n}`, (isBackend ? backend : frontend)(next));
      const run = await bed.deploy(sha, { inputs: EDGE_ALONE });
      checks.equal(run.outputs['result'], 'deployed', `result of deploy ${n}`);
      if (isBackend) release = next;
      pages.push(await pageAssets(site));
      // A page that asks for a file of a release that is not there yet, or not any more.
      await askSite(site, missing(n));
    }
  };
  await underLoad(site, checks, deploys, { scale: 0.5, maxMs: wanted() * 60_000 + 60_000 });
  // An open page is as old as the releases that are kept, and no older.
  for (const old of pages.slice(-3).flat()) {
    const { status, text } = await askSite(site, {
      method: 'GET',
      path: old.path,
      headers: { host: NAME },
    });
    checks.equal(status, 200, `the status of ${old.path} behind the edge`);
    checks.that(text === old.text, `${old.path} is the file that the page had`);
  }
  for (const [path, { status, headers }] of edge.cache.entries()) {
    checks.equal(status, 200, `the status that the edge keeps for ${path}`);
    const type = headers['content-type'] ?? '';
    checks.that(!type.includes('html'), `the edge keeps no page for ${path} (${type})`);
  }
  const { hits, misses } = edge.cache.counts;
  bed.note(`the edge answered ${hits} of ${hits + misses} requests for files`);
  checks.that(hits > 0, 'the edge keeps files');
  await checkRelease(site, checks, release);
}

const missing = (n: number): Parameters<typeof askSite>[1] => ({
  method: 'GET',
  path: `/assets/index-missing${String(n)}.js`,
  headers: { host: NAME },
});

async function checkAddresses(edge: Edge, bed: Bed, checks: Checks): Promise<void> {
  const headers = { host: NAME, 'cf-connecting-ip': FORGED };
  const asked = async (site: { readonly base: string }, mark: string): Promise<string> => {
    await askSite(site, { method: 'GET', path: `/api/health/?${mark}`, headers });
    return ask(bed.host, LOGGED, { args: [bed.place.project, mark] });
  };
  const through = await asked(edge, 'through-the-edge');
  checks.that(through.includes(VISITORS), `the origin knows the visitor by the edge: ${through}`);
  checks.that(!through.includes(FORGED), `a visitor cannot name another one: ${through}`);
  const inside = await ask(bed.host, ASK_INSIDE, { args: [NAME, FORGED, bed.place.project] });
  checks.that(inside.includes('from-inside'), `the access log has the request: ${inside}`);
  checks.that(!inside.includes(FORGED), `whoever is not the edge names nobody: ${inside}`);
}

/** Docker may hand on a line a moment after the answer. */
const LOGGED = `
proxy=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=nginx)
for _ in 1 2 3 4 5 6 7 8 9 10; do
  docker logs "$proxy" 2>&1 | grep -- "$2" && exit
  sleep 0.3
done
`;

const ASK_INSIDE = `
curl -s -o /dev/null -H "host: $1" -H "cf-connecting-ip: $2" "http://127.0.0.1/api/health/?from-inside"
set -- "$3" from-inside
${LOGGED}`;

/** Whoever is no edge gets nothing, neither over HTTPS nor over HTTP, and an edge does not take an origin that nobody vouches for. */
async function checkStrictness(bed: Bed, checks: Checks): Promise<void> {
  const direct = await ask(
    bed.host,
    'curl -sk -o /dev/null -w "%{http_code}" -H "host: $1" https://127.0.0.1/api/health/ || :',
    { args: [NAME] },
  );
  checks.equal(direct, '400', 'the status without the certificate of the edge');
  const plain = await askSite(bed, {
    method: 'GET',
    path: '/api/health/',
    headers: { host: NAME },
  }).then(({ status }) => `status ${String(status)}`, String);
  checks.matches(plain, /ECONNREFUSED/, 'what port 80 answers from outside the host');
  const stranger = await makeCertificate(NAME);
  const strict = await startEdge({
    origin: bed.host.address,
    servername: NAME,
    authority: stranger.certificate,
    client: stranger,
    visitor: visitors(),
  });
  try {
    const { status } = await askSite(strict, missing(0));
    checks.equal(status, 520, 'the status where the edge does not know who vouches for the origin');
  } finally {
    await strict.close();
  }
}
