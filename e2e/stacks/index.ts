import { behind } from './behind.js';
import { chain } from './chain.js';
import { classic } from './classic.js';
import { fastcgi } from './fastcgi.js';
import { hardy } from './hardy.js';
import { layered } from './layered.js';
import { mono } from './mono.js';
import { sites } from './sites.js';
import { social } from './social.js';
import { caddy } from './caddy.js';
import { direct } from './direct.js';
import { files } from './files.js';
import { gateway } from './gateway.js';
import { pull } from './pull.js';
import { readonly } from './readonly.js';
import { replicas } from './replicas.js';
import { resee } from './resee.js';
import { ssr } from './ssr.js';
import type { Stack, StackDefinition } from './stack.js';
import { tiny } from './tiny.js';
import { tunnel } from './tunnel.js';
import { traefik } from './traefik.js';

/** On these every scenario can run. */
export const stacks: readonly StackDefinition[] = [resee, tiny];

/** As other people write theirs; each has something that no other one has. */
export const others: readonly Stack[] = [
  replicas,
  readonly,
  files,
  pull,
  gateway,
  caddy,
  traefik,
  ssr,
  direct,
  behind,
  tunnel,
  chain,
  classic,
  fastcgi,
  hardy,
  layered,
  mono,
  sites,
  social,
];
