import { startTunnelEdge } from '../edge/tunnel.js';
import { ask } from '../harness/shell.js';
import type { Stack } from '../stacks/stack.js';
import type { Trial } from './scenario.js';
import { checkRelease, checkWhole, underLoad } from './whole.js';

export const throughTunnel: Trial<Stack> = {
  name: 'through-a-tunnel',
  sentence:
    'a host with no open port, reached through connectors to nginx and to the app itself, takes releases and a rollback without a failed request',
  from: 'empty',
  // Nobody reaches what it leaves once the edge is closed.
  reusable: false,
  stacks: ({ dialsOut = false }) => dialsOut,
  run: async (bed, checks, standing) => {
    const edges = {
      proxy: await startTunnelEdge(bed.host.gateway),
      app: await startTunnelEdge(bed.host.gateway),
    };
    const throughProxy = { ...bed, base: edges.proxy.base };
    const throughApp = { ...bed, base: edges.app.base };
    try {
      await ask(bed.host, 'mkdir -p "$1" && cat >"$1/.env"', {
        args: [bed.place.directory],
        stdin: `EDGE_PROXY=${edges.proxy.dialled}\nEDGE_APP=${edges.app.dialled}\n`,
      });
      checks.equal((await bed.deploy(standing.sha)).outputs['result'], 'deployed', 'result');
      const before = await bed.lookSettled();
      const last = { ...standing };
      const used = <T>(work: () => Promise<T>) =>
        underLoad(throughProxy, checks, () => underLoad(throughApp, checks, work, { scale: 0.5 }));
      for (const n of [1, 2]) {
        last.release = bed.nextRelease();
        last.sha = await bed.commit(`Change ${n}`, bed.stack.changes.backend(last.release));
        const { value } = await used(() => bed.deploy(last.sha));
        checks.equal(value.value.outputs['result'], 'deployed', `result of change ${n}`);
        await checkWhole(throughProxy, checks, before, last);
        await checkRelease(throughApp, checks, last.release);
      }
      const bad = await bed.commit('Bad', bed.stack.changes.backend(bed.nextRelease()));
      const inputs = { 'health-status': '299', 'health-timeout': '1s' };
      const { value } = await used(() => bed.deploy(bad, { inputs }));
      checks.equal(value.value.outputs['result'], 'rolled-back', 'result of what is not well');
      await checkWhole(throughProxy, checks, before, last, { rolledBack: true });
      await checkRelease(throughApp, checks, last.release);
    } finally {
      await Promise.all([edges.proxy.close(), edges.app.close()]);
    }
  },
};
