import type { Fingerprint } from '../plan/compose/definition.js';
import { numberOf, objectOf, textOf, wordsOf, type JsonObject } from '../plan/compose/json.js';
import type { ReleasedWorkflow, ReleaseRecord } from '../plan/observation.js';

/** A release's record as it lies in `releases/` on the host. */
export function parseRecord(name: string, text: string): ReleaseRecord {
  const json = objectOf(JSON.parse(text));
  return {
    name,
    sha: textOf(json['sha']) ?? '',
    deployedAt: textOf(json['deployedAt']) ?? '',
    workflow: parseWorkflow(objectOf(json['workflow'])),
    services: Object.fromEntries(
      Object.entries(objectOf(json['services'])).map(([service, value]) => {
        const released = objectOf(value);
        return [
          service,
          {
            imageId: textOf(released['imageId']) ?? '',
            keptAs: textOf(released['keptAs']),
            image: textOf(released['image']) ?? '',
            commit: textOf(released['commit']),
            definition: textOf(released['definition']),
            runs: parseFingerprint(objectOf(released['runs'])),
            removed: textOf(released['removed']),
          },
        ];
      }),
    ),
  };
}

function parseFingerprint(json: JsonObject): Fingerprint | undefined {
  const [compose, key] = [textOf(json['compose']), textOf(json['key'])];
  if (compose === undefined || key === undefined) return undefined;
  const places = Object.entries(objectOf(json['places'])).flatMap(([place, value]) => {
    const text = textOf(value);
    return text === undefined ? [] : [[place, text] as const];
  });
  return { compose, key, places: Object.fromEntries(places) };
}

function parseWorkflow(json: JsonObject): ReleasedWorkflow | undefined {
  const healthUrl = textOf(json['healthUrl']);
  if (healthUrl === undefined || !URL.canParse(healthUrl)) return undefined;
  return {
    healthUrl,
    healthHost: textOf(json['healthHost']),
    healthStatus: numberOf(json['healthStatus']) ?? 200,
    composeFiles: wordsOf(json['composeFiles']),
    profiles: wordsOf(json['profiles']),
    envFile: parseEnvFile(objectOf(json['envFile'])),
    variables: Object.fromEntries(
      Object.entries(objectOf(json['variables'])).map(([name, value]) => [
        name,
        textOf(value) ?? '',
      ]),
    ),
  };
}

function parseEnvFile(json: JsonObject): ReleasedWorkflow['envFile'] {
  const [path, digest] = [textOf(json['path']), textOf(json['digest'])];
  return path === undefined || digest === undefined ? undefined : { path, digest };
}

export function renderRecord(record: Omit<ReleaseRecord, 'name'>): string {
  return JSON.stringify(record, null, 2);
}
