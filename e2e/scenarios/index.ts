import { backendChange, bothChange, frontendChange, proxyConfigChange } from './changes.js';
import { threeInARow, unchanged } from './changes.js';
import { buildFails, failsBehindProxy, migrationFails } from './failures.js';
import { neverReady, proxyConfigBroken } from './failures.js';
import { adoption } from './adoption.js';
import { firstDeploy, firstDeployWithoutEnv } from './first-deploy.js';
import {
  cancelled,
  connectionCut,
  connectionCutAfterwards,
  connectionFrozen,
  lost,
  twoAtOnce,
} from './interruptions.js';
import { localChangeKept, localChangeRefused } from './local-changes.js';
import { overhead, rollbackOperation, secrets } from './promises.js';
import { planOnly, redNeeds, requiredOutput, superseded } from './refusals.js';
import { unpinnedHost, wrongBranch } from './refusals.js';
import type { Scenario } from './scenario.js';
import { taskInFlight } from './tasks.js';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  firstDeploy,
  unchanged,
  backendChange,
  frontendChange,
  bothChange,
  proxyConfigChange,
  threeInARow,
  taskInFlight,
  overhead,
  secrets,
  buildFails,
  neverReady,
  failsBehindProxy,
  migrationFails,
  proxyConfigBroken,
  redNeeds,
  requiredOutput,
  wrongBranch,
  unpinnedHost,
  planOnly,
  superseded,
  localChangeKept,
  localChangeRefused,
  rollbackOperation,
  twoAtOnce,
  ...cancelled,
  ...lost,
  connectionCut,
  connectionCutAfterwards,
  connectionFrozen,
  firstDeployWithoutEnv,
  adoption,
];
