import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differingPlaces, meaningOf, placesOf } from '../../../src/plan/compose/definition.js';
import type { Observation } from '../../../src/plan/observation.js';
import { servicesOf, type Operation, type Plan } from '../../../src/plan/plan.js';
import { makePlan, settlePlan, type Planned } from '../../../src/plan/planner.js';
import type { PlanOptions } from '../../../src/plan/plan-options.js';
import type { Mount, Service, Stack } from '../../../src/plan/compose/stack.js';
import { releasedServices } from '../../../src/rollout/released-services.js';
import { containerOf, drawn, observationOf, oldImage, SHA, type Drawn } from './host.js';
import { STORED } from './stacks.js';

/** The same stacks each time; others with `RESEE_SEED=2`. */
const RUNS = { numRuns: 1_000, seed: Number(process.env['RESEE_SEED'] ?? 1) };
const PATIENCE_MS = 180_000;

/** With everything allowed nothing is left that nobody may do: more plans come to their steps. */
function allowed(options: PlanOptions, { wants }: Drawn): PlanOptions {
  const allowDataChanges = Object.keys(wants.services);
  return { ...options, allowDowntime: true, allowDataChanges, services: [] };
}

/** The ids that images have once they were made: those of the services in `rebuilt` are new. */
function made({ plan }: Planned, { rebuilt, wants }: Drawn): Readonly<Record<string, string>> {
  return Object.fromEntries(
    plan.operations.flatMap((operation) =>
      operation.kind === 'prepare-images'
        ? operation.references.map(({ reference }) => {
            const isNew = rebuilt.some((name) => wants.services[name]?.image === reference);
            return [reference, isNew ? `sha256:new-${reference}` : oldImage(reference)] as const;
          })
        : [],
    ),
  );
}

function settled(
  planned: Planned,
  of: Drawn,
  observation: Observation,
  options: PlanOptions,
): Plan {
  return settlePlan(planned.plan, made(planned, of), observation, options);
}

/** Storage that this service alone has, by the generator's own words. */
function storesAlone(service: Service, { services }: Stack, seen: readonly string[]): boolean {
  const others = Object.values(services).filter(({ name }) => name !== service.name);
  const isOwn = ({ kind, source, readOnly, target }: Mount): boolean =>
    !readOnly &&
    STORED.includes(target) &&
    (kind === 'volume' || source === 'files' || source === '/srv/outside') &&
    // Another one that has any of it shares it.
    !others.some(({ mounts }) => mounts.some((mount) => mount.source === source)) &&
    (service.replicas <= 1 || source === undefined);
  return service.mounts.some((mount) => isOwn(mount) && seen.includes(mount.target));
}

function isStartFirst({ labels, updateOrder }: Service): boolean {
  return (labels['resee.deploy.order'] ?? updateOrder) === 'start-first';
}

/** Steps that start a container of a service while old ones of it run. */
function startedBeside(operations: readonly Operation[]): readonly string[] {
  return operations.flatMap((operation) =>
    operation.kind === 'start'
      ? operation.services
          .filter(({ incumbents }) => incumbents.length > 0)
          .map(({ service }) => service)
      : [],
  );
}

/** What runs once the plan was executed, and what its record says. */
function executed(
  of: Drawn,
  observation: Observation,
  plan: Plan,
  options: PlanOptions,
): Observation {
  const imageIds = { ...observation.images, ...made({ kind: 'plan', plan }, of) };
  const containers = plan.services.flatMap(({ service, action, incumbents, dead, replicas }) => {
    const before = observation.containers.filter(({ id }) => [...incumbents, ...dead].includes(id));
    const definition = observation.wanted.services[service];
    if (action === 'remove' || definition === undefined) return action === 'remove' ? [] : before;
    if (action === 'keep' || action === 'leave' || action === 'reload') return before;
    const resumed = action === 'start' && before.some(({ id }) => resumedBy(plan).includes(id));
    if (resumed) return before.map((each) => ({ ...each, running: true }));
    return Array.from({ length: action === 'run' ? 1 : replicas }, (_, index) =>
      containerOf(definition, `new-${String(index)}`, {
        ofImage: of.anonymous.includes(service),
        running: action !== 'run',
        ended: action === 'run' ? { code: 0, atMs: 10 } : undefined,
        imageId: imageIds[definition.image] ?? '',
      }),
    );
  });
  const context = {
    observation,
    planOptions: options,
    results: {
      candidates: new Map(),
      imageIds: new Map(Object.entries(imageIds)),
      shipment: undefined,
      healthyAfterMs: 0,
      heldConnections: 0,
    },
  };
  const release = {
    name: '00000002.json',
    sha: SHA,
    deployedAt: '2026-11-24T00:00:00.000Z',
    services: releasedServices(context, plan),
  };
  return {
    ...observation,
    installed: observation.wanted,
    containers,
    images: imageIds,
    live: { ...observation.live, head: SHA },
    releases: [...observation.releases, release],
    commit: { ...observation.commit, changes: [] },
    proxies: observation.proxies.flatMap((proxy) => {
      const now = containers.filter(({ service, running }) => service === 'proxy' && running);
      return now.map(({ id, name, networks }) => ({
        ...proxy,
        containerId: id,
        name,
        networks: Object.keys(networks),
      }));
    }),
  };
}

function resumedBy({ operations }: Plan): readonly string[] {
  return operations.flatMap((operation) =>
    operation.kind === 'start' ? operation.services.flatMap(({ resumed }) => resumed) : [],
  );
}

describe('any plan, of any stack and host', () => {
  it(
    'never starts two on storage of one',
    () => {
      fc.assert(
        fc.property(drawn, (of) => {
          const observation = observationOf(of);
          for (const options of [of.options, allowed(of.options, of)]) {
            const plan = settled(makePlan(observation, options), of, observation, options);
            const beside = new Set(startedBeside(plan.operations));
            for (const { service, role } of plan.services.filter((each) =>
              beside.has(each.service),
            )) {
              const definition = of.wants.services[service];
              const mounted = observation.containers
                .filter((each) => each.service === service && each.running)
                .flatMap(({ mounts }) => mounts.map(({ target }) => target));
              expect(role).not.toBe('data');
              expect(role).not.toBe('singleton');
              if (definition === undefined || isStartFirst(definition)) continue;
              const free = role === 'routed' && of.looked === 'no database';
              const seen = role === 'routed' ? mounted : STORED;
              if (!free)
                expect([service, storesAlone(definition, of.wants, seen)]).toEqual([
                  service,
                  false,
                ]);
            }
          }
        }),
        RUNS,
      );
    },
    PATIENCE_MS,
  );

  it(
    'leaves no change out: something is done, refused, told, or waits for its turn',
    () => {
      fc.assert(
        fc.property(drawn, (of) => {
          const observation = observationOf(of);
          const planned = makePlan(observation, of.options);
          const { plan } = planned;
          const refused =
            planned.kind === 'refused' ? planned.refusals.map(({ what }) => what) : [];
          const said = [...plan.warnings, ...refused];
          for (const { service, action, ifImageChanges, waits } of plan.services) {
            const was = of.was.services[service];
            const wants = of.wants.services[service];
            if (was === undefined || wants === undefined || action === 'leave') continue;
            const places = differingPlaces(placesOf(was.definition), placesOf(wants.definition));
            const differs = places.some((place) => meaningOf(place) === 'container');
            const isDone =
              !['keep', 'reload'].includes(action) || ifImageChanges || waits.length > 0;
            // What runs nowhere has nothing to change.
            const isThere = wants.replicas > 0 && was.replicas > 0;
            if (differs && isThere && !isDone) expect(said.join('\n')).toContain(service);
            const current = observation.images[wants.image];
            const old = observation.containers.find(
              (each) => each.service === service && each.running,
            );
            const isAnother = old !== undefined && old.imageId !== current;
            if (
              isAnother &&
              !['data'].includes(roleOf(plan, service)) &&
              !isDone &&
              wants.replicas > 0
            )
              expect(said.join('\n')).toContain(service);
          }
        }),
        RUNS,
      );
    },
    PATIENCE_MS,
  );

  it(
    'is the same for the same input, in whatever order the host tells it',
    () => {
      fc.assert(
        fc.property(drawn, fc.infiniteStream(fc.nat()), (of, random) => {
          const observation = observationOf(of);
          const shuffled = <T>(list: readonly T[]): readonly T[] =>
            list
              .map((each) => ({ each, at: Number(random.next().value) }))
              .sort((one, other) => one.at - other.at)
              .map(({ each }) => each);
          const another: Observation = {
            ...observation,
            containers: shuffled(observation.containers),
            storage: shuffled(observation.storage),
            proxies: shuffled(observation.proxies),
            commit: { ...observation.commit, files: shuffled(observation.commit.files) },
            images: Object.fromEntries(shuffled(Object.entries(observation.images))),
          };
          const first = makePlan(observation, of.options);
          expect(makePlan(observation, of.options)).toEqual(first);
          expect(makePlan(another, of.options)).toEqual(first);
        }),
        RUNS,
      );
    },
    PATIENCE_MS,
  );

  it(
    'finds nothing to do in its own result',
    () => {
      let executedPlans = 0;
      fc.assert(
        fc.property(drawn, (of) => {
          const observation = observationOf(of);
          for (const options of [of.options, allowed(of.options, of)]) {
            const planned = makePlan(observation, options);
            if (planned.kind === 'refused') continue;
            executedPlans += 1;
            const plan = settled(planned, of, observation, options);
            const after = executed(of, observation, plan, options);
            // A proxy that was told to go on with its image.
            const goOn = planned.plan.services.flatMap(({ service, told }) =>
              told.some((text) => text.startsWith('its image')) ? service : [],
            );
            const again = settlePlan(makePlan(after, options).plan, after.images, after, options);
            const left = again.services.flatMap(({ service, action, why }) =>
              action === 'keep' || action === 'leave' || goOn.includes(service)
                ? []
                : [`${service}: ${action}, as ${why}`],
            );
            expect(left).toEqual([]);
            if (goOn.length === 0)
              expect(
                again.operations
                  .filter(({ kind }) => kind !== 'prepare-images')
                  .flatMap(servicesOf),
              ).toEqual([]);
          }
        }),
        RUNS,
      );
      expect(executedPlans).toBeGreaterThan(200);
    },
    PATIENCE_MS,
  );
});

function roleOf({ services }: Plan, name: string): string {
  return services.find(({ service }) => service === name)?.role ?? '';
}
