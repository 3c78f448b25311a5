import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { makeCertificate } from '../harness/certificate.js';
import { askSite } from '../harness/http.js';
import { ask, askInside } from '../harness/shell.js';
import type { Bed } from './bed.js';
import { NAME, placeOriginCertificate, WITH_TLS } from './origin.js';
import type { Scenario } from './scenario.js';
import { checkRelease, underLoad } from './whole.js';

/** From the documentation's range: nobody comes from there. */
const FORGED = '192.0.2.66';

export const tls: Scenario = {
  name: 'tls',
  home: 'resee',
  stacks: (stack) => stack.name === 'resee',
  sentence:
    'with TLS at the entrance a deploy fails no request, a renewed certificate is a reload, and a forged address of a visitor is ignored',
  from: 'deployed',
  reusable: false,
  run: async (bed, checks) => {
    const first = await placeCertificate(bed);
    const withTls = await bed.commit('HTTPS', bed.stack.changes.backend(bed.nextRelease()));
    const accepted = { ...WITH_TLS, 'allow-downtime': 'true' };
    const run = await bed.deploy(withTls, { inputs: accepted });
    checks.equal(run.outputs['result'], 'deployed', 'result of the deploy that brings HTTPS');
    checks.equal(
      await askSecurely(bed),
      { status: 200, certificate: first },
      'the answer over HTTPS',
    );

    const release = bed.nextRelease();
    const sha = await bed.commit('Behind HTTPS', bed.stack.changes.backend(release));
    const { value: next } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: WITH_TLS }),
    );
    checks.equal(next.outputs['result'], 'deployed', 'result of a deploy with HTTPS there');
    checks.equal(
      await askSecurely(bed),
      { status: 200, certificate: first },
      'the answer after it',
    );

    const second = await placeCertificate(bed);
    await underLoad(bed, checks, () =>
      askInside(bed.host, bed.place.directory, {
        service: 'nginx',
        command: 'nginx -s reload && sleep 1',
      }),
    );
    checks.equal(await askSecurely(bed), { status: 200, certificate: second }, 'the renewed one');

    const headers = { host: NAME, 'cf-connecting-ip': FORGED };
    const path = '/api/health/?forged=yes';
    const { status } = await askSite(bed, { method: 'GET', path, headers });
    checks.equal(status, 200, 'the status of a request with a forged address');
    const logged = await ask(bed.host, FORGED_LINES, { args: [bed.place.project] });
    checks.that(logged.includes('forged=yes'), 'the access log has the request');
    checks.that(!logged.includes(FORGED), `nginx knows the visitor by its own address: ${logged}`);
    // `docker compose up -d` by hand would need the second file as well, and is not tried here.
    await checkRelease(bed, checks, release);
    checks.equal((await bed.lookSettled()).head, sha, 'HEAD on the host');
  },
};

/** Docker may hand on a line a moment after the answer. */
const FORGED_LINES = `
proxy=$(docker ps -q --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.service=nginx)
for _ in 1 2 3 4 5 6 7 8 9 10; do
  docker logs "$proxy" 2>&1 | grep forged=yes && exit
  sleep 0.3
done
`;

/** Puts a new certificate into the place of the one that is there; answers its fingerprint. */
async function placeCertificate(bed: Bed): Promise<string> {
  const { key, certificate, fingerprint } = await makeCertificate(NAME);
  await placeOriginCertificate(bed, { key, certificate });
  return fingerprint;
}

function askSecurely(bed: Bed): Promise<{ status: number; certificate: string }> {
  return new Promise((resolve, reject) => {
    const url = `https://${bed.host.address}/api/health/`;
    const asked = request(url, {
      agent: false,
      servername: NAME,
      headers: { host: NAME },
      rejectUnauthorized: false,
      timeout: 10_000,
    });
    let certificate = '';
    asked.on('socket', (socket: TLSSocket) => {
      socket.once('secureConnect', () => {
        certificate = socket.getPeerCertificate().fingerprint256;
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer over HTTPS in 10 s')));
    asked.on('error', reject);
    asked.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, certificate });
      });
    });
    asked.end();
  });
}
