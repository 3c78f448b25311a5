import { backendChange, bothChange, frontendChange, proxyConfigChange } from './changes.js';
import { proxyConfigStale, unchanged } from './changes.js';
import { behindEdge } from './behind-edge.js';
import { buildFails, failsBehindProxy, failsItsHealthPath, migrationFails } from './failures.js';
import { neverReady, proxyConfigBroken } from './failures.js';
import { acceptedGap } from './accepted-gap.js';
import { anonymousVolumes } from './anonymous-volumes.js';
import { anotherLogin } from './another-login.js';
import { adoption } from './adoption.js';
import { needsTheOld } from './alone.js';
import { assets } from './assets.js';
import { chaos, someSteps } from './chaos.js';
import { diskFull } from './disk-full.js';
import { edgeConfig } from './edge-config.js';
import { engineHangs } from './engine-hangs.js';
import { envFile } from './env-file.js';
import { fixedName } from './fixed-name.js';
import { firstDeploy, firstDeployWithoutEnv } from './first-deploy.js';
import { forwardingForbidden } from './forwarding.js';
import {
  cancelled,
  connectionCut,
  connectionCutAfterwards,
  connectionFrozen,
  lost,
  twoAtOnce,
} from './interruptions.js';
import { anotherProject, besideTheClone, forcePushed, hostileClone, submodule } from './git.js';
import { variables } from './given.js';
import { hostileContainer, hostileVisitor } from './hostile.js';
import { cancelledWhileObserving } from './left-behind.js';
import { leftOut } from './left-out.js';
import { goesOnWithTheOld } from './goes-on.js';
import { limited } from './limited.js';
import { localChangeKept, localChangeRefused } from './local-changes.js';
import { deploysInARow, manyDeploys } from './many-deploys.js';
import { overhead, rollbackOperation } from './promises.js';
import { smallHost } from './small-host.js';
import { planOnly, redNeeds, requiredOutput, superseded } from './refusals.js';
import { unpinnedHost, wrongBranch } from './refusals.js';
import { rendered } from './rendered.js';
import { privateRegistry } from './registries.js';
import { ownDatabase } from './own-database.js';
import { foreignProject, portHeld, roomMade } from './preflight.js';
import { powerLost, powerLostUnattended } from './power.js';
import { secrets, secretsOfBadRuns } from './secrets.js';
import type { Stack } from '../stacks/stack.js';
import type { Scenario, Trial } from './scenario.js';
import { runnerBuild } from './runner-build.js';
import { runByHand } from './run-by-hand.js';
import { brokenRelease } from './broken-release.js';
import { strangeLogin } from './strange-login.js';
import { schedulerFails, taskInFlight } from './tasks.js';
import { swarm, swarmLost } from './swarm.js';
import { swarmNode } from './swarm-node.js';
import { tls } from './tls.js';
import { throughTunnel } from './tunnel.js';
import { composeV1, dataChange, idleChange, proxyChange, unknownHost } from './traps.js';
import { proxyReload, twoDeploys } from './two-deploys.js';
import { unusualInputs } from './unusual-inputs.js';
import { updateOrder } from './update-order.js';
import { waysIn } from './ways-in.js';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  firstDeploy,
  unchanged,
  backendChange,
  frontendChange,
  bothChange,
  proxyConfigChange,
  proxyConfigStale,
  rendered,
  deploysInARow,
  assets,
  tls,
  behindEdge,
  taskInFlight,
  schedulerFails,
  runnerBuild,
  overhead,
  smallHost,
  secrets,
  secretsOfBadRuns,
  buildFails,
  neverReady,
  failsItsHealthPath,
  failsBehindProxy,
  needsTheOld,
  goesOnWithTheOld,
  migrationFails,
  proxyConfigBroken,
  redNeeds,
  requiredOutput,
  wrongBranch,
  unpinnedHost,
  forwardingForbidden,
  planOnly,
  superseded,
  strangeLogin,
  runByHand,
  limited,
  localChangeKept,
  localChangeRefused,
  hostileClone,
  hostileContainer,
  hostileVisitor,
  forcePushed,
  anotherProject,
  besideTheClone,
  submodule,
  idleChange,
  leftOut,
  updateOrder,
  anonymousVolumes,
  anotherLogin,
  fixedName,
  unknownHost,
  composeV1,
  roomMade,
  dataChange,
  proxyChange,
  rollbackOperation,
  variables,
  envFile,
  unusualInputs,
  edgeConfig,
  twoAtOnce,
  cancelledWhileObserving,
  ...cancelled,
  ...lost,
  connectionCut,
  connectionCutAfterwards,
  connectionFrozen,
  engineHangs,
  ...diskFull,
  ...powerLost,
  powerLostUnattended,
  ...waysIn,
  privateRegistry,
  swarmNode,
  swarm,
  swarmLost,
  firstDeployWithoutEnv,
  portHeld,
  foreignProject,
  adoption,
  manyDeploys,
  ...chaos,
  someSteps,
];

/** What is tried on each of the other stacks. */
export const trials: readonly Trial<Stack>[] = [
  twoDeploys,
  proxyReload,
  brokenRelease,
  ownDatabase,
  acceptedGap,
  throughTunnel,
];
