import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { captured, obeyed } from './captured.js';

const EVIL = [
  '::error::owned',
  '  ::set-output name=result::deployed',
  'progress\r::add-mask::x',
  'see ##[warning]this',
  '::stop-commands::mine',
];

describe('the log', () => {
  it('shows a line from the host as it came, and never lets the runner obey it', async () => {
    const lines = await captured((log) => {
      for (const line of EVIL) log.remote(line);
      log.info('after');
    });
    expect(lines).toEqual(expect.arrayContaining(EVIL));
    expect(obeyed(lines)).toEqual([]);
    expect(lines.at(-1)).toBe('after');
  });

  it('does the same with a line of ours that quotes the host', async () => {
    const lines = await captured((log) => {
      for (const line of EVIL) log.info(line);
      log.info('two\n::error::lines');
    });
    expect(obeyed(lines)).toEqual([]);
  });

  it('wraps lines from the host once as long as nothing else comes between, with a new token each time', async () => {
    const lines = await captured((log) => {
      log.remote('one');
      log.remote('two');
      log.info('between');
      log.remote('three');
      log.close();
    });
    const stops = lines.filter((line) => line.startsWith('::stop-commands::'));
    expect(stops).toHaveLength(2);
    expect(new Set(stops).size).toBe(2);
    expect(lines).toHaveLength(8);
  });

  it('takes U+0085 for the blank that it is to the runner', async () => {
    const lines = await captured((log) => {
      log.info('\u0085::error::from a host');
    });
    expect(lines[0]).toMatch(/^::stop-commands::/);
    expect(obeyed(lines)).toEqual([]);
  });

  it.each([
    '\u001b]0;title\u0007',
    '\u001b]52;c;eA==\u001b\\',
    '\u001b]8;;https://elsewhere.example\u001b\\',
    '\u009d0;title\u009c',
    '\u009b2J',
    '\u001b[2J\u001b[1A',
    '\u001b[?1049h',
    '\u001bc',
    '\u001b(0',
    '\u001b',
    '\b\u0000\u007f',
    '\u008d',
  ])('tells a terminal nothing but colours: %j', async (sequence) => {
    const lines = await captured((log) => {
      log.remote(`before ${sequence}`);
      log.remote(`before ${sequence}\u001b[1mafter\u001b[0m`);
      log.info(`info ${sequence}`);
      log.warn(`warn ${sequence}`);
      log.fail(`title ${sequence}`, `message ${sequence}`);
    });
    process.exitCode = 0;
    expect(lines).toContain('before ');
    expect(lines).toContain('before \u001b[1mafter\u001b[0m');
    expect(lines).toContain('info ');
    expect(lines).toContain('::warning::warn ');
    expect(lines).toContain('::error title=title ::message ');
  });

  it('never obeys what a host prints, whatever it is', async () => {
    const piece = fc.constantFrom(
      ...[
        '::error::x',
        '::',
        '##[error]x',
        '::add-mask::',
        'error',
        '::stop-commands::t',
        '\r',
        '\n',
      ],
      ...[
        '\u0085',
        '\u001b',
        '\u001b[',
        '\u001b]',
        '\u0007',
        '\u009b',
        'm',
        '1',
        ' ',
        '\t',
        '\u2028',
        '\ufeff',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.array(piece))), async (printed) => {
        const lines = await captured((log) => {
          for (const [remote, words] of printed) {
            if (remote) log.remote(words.join(''));
            else log.info(words.join(''));
          }
        });
        expect(obeyed(lines)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps colours', async () => {
    const line = '\u001b[31mred\u001b[0m';
    expect(
      await captured((log) => {
        log.remote(line);
      }),
    ).toContain(line);
  });

  it('still says its own warnings, debug lines and groups as commands', async () => {
    const lines = await captured(async (log) => {
      await log.group('Build', async () => {
        log.remote('::endgroup::');
        log.warn('careful');
        log.remote('::error::x');
        log.debug('detail');
        await Promise.resolve();
        log.remote('last');
      });
    });
    expect(obeyed(lines)).toEqual([
      '::group::Build',
      '::warning::careful',
      '::debug::detail',
      '::endgroup::',
    ]);
  });

  it('shows a group inside a group as a heading, since the runner folds one level only', async () => {
    const lines = await captured((log) =>
      log.group('outer', () =>
        log.group('inner', () => {
          log.info('work');
          return Promise.resolve();
        }),
      ),
    );
    expect(lines).toEqual(['::group::outer', '▸ inner', 'work', '::endgroup::']);
  });

  it('closes a group whose work fails, and passes the failure on', async () => {
    const failure = new Error('no');
    const lines = await captured(async (log) => {
      await expect(log.group('Build', () => Promise.reject(failure))).rejects.toBe(failure);
    });
    expect(lines).toEqual(['::group::Build', '::endgroup::']);
  });
});
