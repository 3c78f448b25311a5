import { describe, expect, it } from '@jest/globals';
import { parseRecord, renderRecord } from '../../src/host/records.js';
import { releasesIn } from '../../src/host/releases.js';
import { linesOf, parseSections } from '../../src/host/sections.js';

describe('parseSections', () => {
  const mark = 'f00d';

  it('splits what a script printed by the lines that announce a section', () => {
    const output = '\n=f00d=one=\na\nb\n\n=f00d=two=\n\n=f00d=end=\n';
    expect([...parseSections(output, mark)]).toEqual([
      ['one', 'a\nb\n'],
      ['two', ''],
      ['end', ''],
    ]);
  });

  it('gives the text of a section byte for byte, also without a last newline', () => {
    const text = '  spaces \n\n\ttabs, then = signs =\n=other=mark=\nno newline at the end';
    expect(parseSections(`\n=f00d=text=\n${text}`, mark).get('text')).toBe(text);
  });

  it('is not misled by a line that only looks like one', () => {
    const output = '\n=f00d=real=\n=0000=false=\n x=f00d=false=\n=f00d=false= \n';
    expect([...parseSections(output, mark).keys()]).toEqual(['real']);
  });

  it('keeps names with colons, slashes and equal signs', () => {
    const output = '\n=f00d=proxy-file:a/b=c.conf=\ntext\n';
    expect([...parseSections(output, mark).keys()]).toEqual(['proxy-file:a/b=c.conf']);
  });

  it('leaves out what was printed before the first section', () => {
    expect([...parseSections('motd\n=f00d=one=\nx', mark)]).toEqual([['one', 'x']]);
    expect([...parseSections('nothing of ours', mark)]).toEqual([]);
  });
});

describe('linesOf', () => {
  it('gives the lines that are not empty, as they are', () => {
    expect(linesOf('a\n\n b \n  \n')).toEqual(['a', ' b ']);
    expect(linesOf(undefined)).toEqual([]);
  });
});

describe('a release’s record', () => {
  const record = {
    sha: '2222222222222222222222222222222222222222',
    deployedAt: '2026-11-23T04:30:31.437Z',
    services: {
      api: {
        imageId: 'sha256:1',
        image: 'tiny-api',
        keptAs: 'resee/tiny/api:22',
        definition: 'd1',
      },
      store: { imageId: 'sha256:2', image: 'redis:8', keptAs: undefined, definition: 'd2' },
      worker: {
        imageId: 'sha256:3',
        image: 'tiny-worker',
        keptAs: 'resee/tiny/worker:22',
        runs: { compose: '2.26.1', key: '0a1b', places: { image: 'ff', 'environment.A': 'ee' } },
      },
    },
  };

  it('comes back from the host as it was written', () => {
    expect(parseRecord('1.json', renderRecord(record))).toEqual({ name: '1.json', ...record });
  });

  it('is readable although a field is missing, as an earlier version may have written it', () => {
    expect(parseRecord('1.json', '{"sha":"2","services":{"api":{}}}')).toEqual({
      name: '1.json',
      sha: '2',
      deployedAt: '',
      services: { api: { imageId: '', image: '', keptAs: undefined } },
    });
  });

  it('stands in the order of the releases, whatever order the host gives', () => {
    const sections = new Map([
      ['release:00000010-bbb', '{"sha":"b"}'],
      ['state', '/state'],
      ['release:00000009-aaa', '{"sha":"a"}'],
    ]);
    expect(releasesIn(sections).map(({ name, sha }) => [name, sha])).toEqual([
      ['00000009-aaa.json', 'a'],
      ['00000010-bbb.json', 'b'],
    ]);
  });
});
