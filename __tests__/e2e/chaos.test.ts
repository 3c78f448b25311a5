import { describe, expect, it } from '@jest/globals';
import { instrumented } from '../../e2e/chaos/instrument.js';
import { pointsOf } from '../../e2e/chaos/points.js';

describe('an instrumented library', () => {
  it('tells of each of its functions, with what it was given', () => {
    const text = 'one() { :; }\n\n# two FILE\ntwo() ( # FILE\n  one\n)\n';
    expect(instrumented(text)).toBe(
      'one() { traced one "$@"; :; }\n\n# two FILE\ntwo() ( traced two "$@"; # FILE\n  one\n)\n',
    );
  });
});

describe('the points of a deploy', () => {
  const id = 'a'.repeat(64);
  const lease = ['lease', 'lease/fence'];
  const trace = [
    ['now'],
    ['start_watchdog', ...lease],
    ['assigned', ...lease, 'journal', 'journal/001-build.sh.new'],
    ['say', ...lease, 'journal', 'journal/001-build.sh', `journal/restart/${id}`],
    ['cut_over', ...lease, 'journal', 'journal/001-build.sh'],
    ['git_move', ...lease, 'journal', 'journal/forward.sh'],
    ['lease_release', ...lease],
    ['now'],
  ]
    .map((line) => line.join('\t'))
    .join('\n');

  it('are its entries, the lines of its critical sections and of its finish, and the end of its journal', () => {
    const critical = "together 'cut_over proxy yes'\ngit_move '/home/x' main\nend_journal\n";
    expect(pointsOf({ trace, critical })).toEqual([
      { name: 'lease/fence', stop: 'entry lease/fence' },
      { name: 'journal/001-build.sh', stop: 'entry journal/001-build.sh' },
      { name: 'cut_over', stop: 'call cut_over journal' },
      { name: 'journal/forward.sh', stop: 'entry journal/forward.sh' },
      { name: 'finish: git_move', stop: 'call git_move journal/forward.sh' },
      { name: 'the journal has ended', stop: 'without journal lease' },
    ]);
  });
});
