import { describe, expect, it } from '@jest/globals';
import { contentsOf } from '../../../src/plan/compose/contents.js';

describe('what a container has of configs and secrets without a file', () => {
  it('is each with its place, its text, and who may read it', () => {
    const definition = {
      configs: [
        { source: 'plain' },
        { source: 'given', target: '/etc/it', mode: '0640', uid: '33', gid: '34' },
        { source: 'filed' },
      ],
      secrets: [{ source: 'token', target: 'other', mode: 256 }],
      'config plain': { content: 'cost: 5$$' },
      'config given': { environment: 'A', value: 'of a variable' },
      'config filed': { file: './a' },
      'secret token': { environment: 'B', value: '' },
    };
    const root = { uid: '0', gid: '0' };
    expect(contentsOf({ definition })).toEqual([
      { target: '/plain', text: 'cost: 5$', mode: '444', ...root },
      { target: '/etc/it', text: 'of a variable', mode: '0640', uid: '33', gid: '34' },
      { target: '/run/secrets/other', text: '', mode: '400', ...root },
    ]);
  });
});
