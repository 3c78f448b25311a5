import { RefusedError } from '../errors.js';
import { judgeHostKey, knownHostsLine } from './host-key.js';
import { fingerprintOf, keyType, knownHostsName } from './known-hosts.js';
import type { Leg } from './leg.js';

/** Why none of the keys that a machine showed is trusted, and how to pin the right one. */
export function hostKeyError(leg: Leg, shownKeys: readonly Buffer[]): RefusedError {
  const { login, called, inputPrefix } = leg;
  const theKey = inputPrefix === '' ? 'The host key' : 'The host key of the jump host';
  const name = knownHostsName(login.host, login.port);
  const judge = (key: Buffer) => judgeHostKey(login.hostKeys, login.host, login.port, key);
  const seen = shownKeys.map((key) => `${fingerprintOf(key)} (${keyType(key)})`).join(', ');
  const key = shownKeys[0];
  if (key === undefined) {
    return new RefusedError({
      what: `The ${called} has no host key of a type that is supported here`,
      where: name,
      next: `Give it an Ed25519 host key: \`sudo ssh-keygen -A\` on the ${called}, then restart sshd.`,
    });
  }
  const revoked = shownKeys.find((shown) => judge(shown).kind === 'revoked');
  if (revoked !== undefined) {
    return new RefusedError({
      what: `The ${called} showed a key that ${inputPrefix}known-hosts marks as @revoked: ${fingerprintOf(revoked)}`,
      where: name,
      next:
        'Somebody may be using a stolen host key. Do not deploy before you know why the host ' +
        'shows it; give the host new keys and pin one of them.',
    });
  }
  const verdict = judge(key);
  if (verdict.kind !== 'mismatch') {
    return new RefusedError({
      what: `${theKey} is not pinned, so this could be any host. It showed ${seen}`,
      where: name,
      next:
        'Compare it with the output of `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the ' +
        `${called} (or with the console log of its first boot). If it is the same, add this line to ` +
        `the step's \`with:\`\n  ${inputPrefix}host-fingerprint: ${fingerprintOf(key)}\n` +
        `or this line to the input \`${inputPrefix}known-hosts\`:\n  ${knownHostsLine(name, key)}`,
    });
  }
  const from = verdict.inputs.map((input) => `${inputPrefix}${input}`).join(' and ');
  return new RefusedError({
    what: `${theKey} is not the pinned one. Expected ${verdict.expected.join(', ')}, seen ${seen}`,
    where: `${name}, input ${from}`,
    next:
      'Either the host was rebuilt, or somebody stands between the runner and the host. Compare ' +
      `with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on the ${called} itself, and only if ` +
      `it is the same change the input ${from}.`,
  });
}
