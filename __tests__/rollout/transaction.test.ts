import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DeployError } from '../../src/errors.js';
import { quote } from '../../src/host/quote.js';
import { handBack, openTransaction, StepError, type Step } from '../../src/rollout/transaction.js';
import { SHELLS, shellOf, toyHost, type ToyHost } from '../remote/host.js';

const STATE = "state of o'neill";

describe.each(SHELLS)('a transaction, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(async () => {
    host = toyHost(path);
    await host.run(`lease_take owner 60; lease_enter ${String(process.pid)}`);
  });
  afterEach(() => {
    host.remove();
  });

  const options = (fence = '1') => ({
    state: `STATE=${quote(host.state)}; LIBRARY=$STATE/bin/ours\n`,
    fence,
    run: 'run-1-1',
    signal: new AbortController().signal,
  });
  const open = (fence?: string) => openTransaction(shellOf(host), options(fence));
  const back = (fence = '1') => handBack(shellOf(host), options(fence));
  const step = (other: Partial<Step>): Step => ({
    name: 'step',
    script: ':',
    variables: {},
    ...other,
  });
  const undone = (): string => (host.exists(`${STATE}/undone`) ? host.read(`${STATE}/undone`) : '');

  it('gives what a step printed, with its variables as they are', async () => {
    const printed = await open().step(
      step({ script: 'answer "<$TEXT>"', variables: { TEXT: "it's $HOME" } }),
    );
    expect(printed).toBe("<it's $HOME>\n");
  });

  it('has the undo in the journal before the script starts', async () => {
    const seen = await open().step(
      step({
        name: 'files',
        undo: 'say undone',
        script: 'answer_lines <"$(echo "$STATE"/journal/*-files.sh)"',
      }),
    );
    expect(seen).toContain('say undone\n');
  });

  it('journals nothing for a step without an undo', async () => {
    await open().step(step({}));
    expect(host.exists(`${STATE}/journal`)).toBe(false);
  });

  it('renews the lease with each step', async () => {
    host.write(`${STATE}/lease/expires`, '1\n');
    await open().step(step({}));
    const [expiry] = host.read(`${STATE}/lease/expires`).split(' ');
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
    expect(Number(expiry)).toBeGreaterThan(uptime + 30);
  });

  it('stops a script at its first failing command, and keeps what the host said', async () => {
    const failing = open().step(
      step({ name: 'start', script: 'answer out; echo err >&2; (exit 7); answer never' }),
    );
    await expect(failing).rejects.toThrow('start failed with exit code 7');
    const error = await failing.catch((reason: unknown) => reason);
    if (!(error instanceof StepError)) throw new Error('no StepError');
    expect(error.result).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('does nothing once the lease belongs to somebody else', async () => {
    host.write(`${STATE}/lease/expires`, '1\n');
    await host.run('lease_take other 60');
    const late = open('1').step(
      step({ undo: 'say undo', script: 'echo done >"$STATE/undone"', variables: {} }),
    );
    await expect(late).rejects.toThrow(DeployError);
    await expect(late).rejects.toThrow('the lease ran out, and was taken away');
    expect(undone()).toBe('');
    expect(host.exists(`${STATE}/journal`)).toBe(false);
  });

  it('takes back what it did, newest first, and what is undone last after all else', async () => {
    const transaction = open();
    const undo = (word: string): string => `echo ${quote(word)} >>"$STATE/undone"`;
    await transaction.step(
      step({ name: 'replace', undo: undo('c'), afterUndos: [undo('after c')] }),
    );
    const afterUndos = [undo("after a's"), undo("still after a's")];
    await transaction.step(step({ name: 'recreate-a', lastUndo: undo("a's"), afterUndos }));
    await transaction.step(step({ name: 'one', undo: undo('one') }));
    await transaction.step(step({ name: 'recreate-b', undo: undo('before'), lastUndo: undo('b') }));
    const failing = transaction.step(
      step({ name: 'two', undo: `${undo('two')}\n${undo('two again')}`, script: 'exit 1' }),
    );
    await expect(failing).rejects.toThrow(StepError);
    const result = await back();
    expect([result.whole, result.finished]).toEqual([true, false]);
    expect(undone()).toBe(
      "two\ntwo again\nbefore\none\nc\nb\na's\nafter c\nafter a's\nstill after a's\n",
    );
    expect(host.exists(`${STATE}/lease`)).toBe(false);
    expect(host.exists(`${STATE}/journal`)).toBe(false);
  });

  it('takes steps that are sent together, and none after one that failed', async () => {
    const transaction = open();
    const mark = (word: string): string => `echo ${word} >>"$STATE/undone"`;
    const sent = [
      step({ name: 'one', undo: mark('undo-one'), script: `sleep 0.2; ${mark('one')}` }),
      step({ name: 'two', undo: mark('undo-two'), script: `${mark('two')}; exit 7` }),
      step({ name: 'three', undo: mark('undo-three'), script: mark('three') }),
    ].map((each) => transaction.step(each).catch((error: unknown) => String(error)));
    expect(await Promise.all(sent)).toEqual([
      '',
      'StepError: two failed with exit code 7',
      'StepError: three failed with exit code 78',
    ]);
    expect((await back()).whole).toBe(true);
    expect(undone()).toBe('one\ntwo\nundo-two\nundo-one\n');
  });

  it('ends nothing where the step before it failed', async () => {
    const transaction = open();
    const failing = transaction.step(
      step({ undo: 'echo undone >>"$STATE/undone"', script: 'exit 1' }),
    );
    const closing = transaction.close();
    await expect(failing).rejects.toThrow(StepError);
    await expect(closing).rejects.toThrow(StepError);
    expect(host.exists(`${STATE}/lease`)).toBe(true);
    expect((await back()).whole).toBe(true);
    expect(undone()).toBe('undone\n');
  });

  it('goes on after a failure that was accepted', async () => {
    const transaction = open();
    await expect(transaction.step(step({ script: 'exit 1' }))).rejects.toThrow(StepError);
    expect(await transaction.step(step({ script: 'answer on' }))).toBe('on\n');
  });

  it('undoes the last of several undos first, and each whatever becomes of the others', async () => {
    const undo = ['echo first >>"$STATE/undone"', 'echo last >>"$STATE/undone"; exit 1'];
    await open().step(step({ undo }));
    expect((await back()).whole).toBe(false);
    // What fails is tried three times.
    expect(undone()).toBe('last\nlast\nlast\nfirst\n');
  });

  it('says that the stack is not whole where an undo fails', async () => {
    await open().step(step({ undo: 'exit 1' }));
    const result = await back();
    expect(result.whole).toBe(false);
    expect(result.said).toContain('could not undo 001-step.sh');
  });

  it('is forgotten when it is closed: nothing is undone, and the lease is free', async () => {
    const transaction = open();
    await transaction.step(step({ undo: 'echo one >>"$STATE/undone"' }));
    await transaction.close();
    expect(host.exists(`${STATE}/journal`)).toBe(false);
    expect(host.exists(`${STATE}/lease`)).toBe(false);
    expect((await back()).whole).toBe(true);
    expect(undone()).toBe('');
  });
});
