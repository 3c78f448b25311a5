import { servicesOf, type Operation, type Plan } from './plan.js';
import type { ServiceScale } from './scale.js';

/** The plan as lines for a person: a table of services, then the steps. */
export function renderPlan(plan: Plan): readonly string[] {
  const header = ['service', 'role', 'action', 'because'];
  const rows = plan.services.map(
    ({ service, role, action, why, ifImageChanges, reason, single }) => [
      service,
      role,
      ifImageChanges ? `${action}?` : action,
      `${why} (${role}: ${reason}${role === 'worker' && action === 'replace' && single !== undefined ? `; stopped first: ${single}` : ''})`,
    ],
  );
  return [
    ...table([header, ...rows]),
    '',
    ...plan.operations.map(
      (operation, index) => `${String(index + 1).padStart(2)}. ${describe(operation)}`,
    ),
    ...plan.warnings.map((warning) => `note: ${warning}`),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** One step in a sentence. */
export function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'prepare-images':
      return operation.verb === 'ship'
        ? `build ${servicesOf(operation).join(', ')} on the runner, ship the layers that the host lacks`
        : `${operation.verb} ${servicesOf(operation).join(', ')} in a staged tree`;
    case 'restore-images':
      return `bring back the kept images ${names(operation.references.map(({ reference }) => reference))}`;
    case 'install-env-file':
      return `${operation.change === 'removed' ? 'remove' : 'bring'} ${operation.path} ${operation.change === 'removed' ? 'from' : 'to'} the live directory`;
    case 'install-files':
      return `copy ${count(operation.paths.length, 'changed file')} to the live directory`;
    case 'start':
      return `start ${names(operation.services.map(started))}, wait until ready`;
    case 'run-command':
      return `run in the new image of ${operation.service}: ${operation.command}`;
    case 'run-job':
      return `run the job ${operation.service} to its end`;
    case 'stop-incumbents':
      if (operation.retiring)
        return `drain the old ${names(operation.services)} and stop: they can still be started again`;
      return operation.aside
        ? `tell the old ${names(operation.services)} to finish and stop`
        : `let the old ${names(operation.services)} finish, then stop`;
    case 'update-services':
      return `docker stack deploy ${names(operation.services)}, wait until Swarm has converged`;
    case 'await-incumbents':
      return `wait until the old ${names(operation.services)} ${new Set(operation.services).size === 1 ? 'has' : 'have'} stopped`;
    case 'replace':
      return `stop ${operation.service}, start its new container`;
    case 'hold':
      return `hold: keep ${operation.proxyService} on the old containers of ${names(operation.routes.map(({ service }) => service))} until the cutover`;
    case 'point-callers':
      return `${names(operation.routes.map(({ caller }) => caller))} ${operation.to === 'incumbents' ? 'keeps calling the old containers' : 'calls the new containers'} of ${names(operation.routes.map(({ service }) => service))}`;
    case 'withdraw':
      return `cut over: Traefik sends new requests to the new containers of ${names(operation.services.map(({ service }) => service))}`;
    case 'cutover':
      return operation.routes.length > 0
        ? `cut over: ${operation.proxyService} sends new requests to the new containers of ${names(operation.routes.map(({ service }) => service))}`
        : `reload ${operation.proxyService} with its new configuration`;
    case 'check-health':
      return 'check the health endpoint';
    case 'soak':
      return SOAKS[operation.part];
    case 'finish':
      return operation.retire.length > 0
        ? `retire ${count(operation.retire.length, 'old container')}, record the release`
        : 'record the release';
  }
}

function started({ service, replicas, incumbents }: ServiceScale): string {
  if (incumbents.length === 0) return service;
  return replicas === 1
    ? `a new container of ${service}`
    : `${String(replicas)} new containers of ${service}`;
}

const SOAKS = {
  whole: 'soak: watch the release under real traffic',
  beside: 'soak: watch real traffic, the old containers still run',
  alone: 'soak: watch the release without the old containers',
} as const;

function names(list: readonly string[]): string {
  return [...new Set(list)].join(', ');
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
