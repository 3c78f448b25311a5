import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chainIds, layersOnHost, parseHostLayers } from '../../src/images/layers.js';

const layer = (digit: string): string => `sha256:${digit.repeat(64)}`;
const image = (...diffIds: readonly string[]) => ({
  references: ['app'],
  layers: diffIds.map((diffId) => ({ path: `blobs/${diffId}`, diffId })),
});

describe('chainIds', () => {
  it('is the diff ID for the lowest layer, and depends on all layers below for the others', () => {
    const [a, b] = [layer('a'), layer('b')];
    expect(chainIds([a])).toEqual([a]);
    // printf 'sha256:aa… sha256:bb…' | sha256sum
    expect(chainIds([a, b])[1]).toBe(
      'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c',
    );
    expect(chainIds([b, a])[1]).not.toBe(chainIds([a, b])[1]);
  });
});

describe('layersOnHost', () => {
  it('leaves out what an image on the host has at the same place', () => {
    const found = layersOnHost(
      [image(layer('a'), layer('b'), layer('c'))],
      [[layer('a'), layer('b'), layer('d')]],
    );
    expect([...found]).toEqual([`blobs/${layer('a')}`, `blobs/${layer('b')}`]);
  });

  it('sends a layer that the host has above other layers', () => {
    const found = layersOnHost([image(layer('a'), layer('b'))], [[layer('c'), layer('b')]]);
    expect(found.size).toBe(0);
  });

  it('sends a layer that one of two images needs', () => {
    const images = [image(layer('a'), layer('b')), image(layer('c'), layer('b'))];
    const found = layersOnHost(images, [[layer('a'), layer('b')]]);
    expect([...found]).toEqual([`blobs/${layer('a')}`]);
  });

  it('never leaves out a layer whose chain no image on the host has', () => {
    const diffIds = fc.array(fc.constantFrom('a', 'b', 'c').map(layer), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(diffIds, { minLength: 1 }), fc.array(diffIds), (wanted, onHost) => {
        const images = wanted.map((each) => image(...each));
        const omitted = layersOnHost(images, onHost);
        const starts = (whole: readonly string[], part: readonly string[]) =>
          part.every((each, index) => whole[index] === each);
        for (const each of wanted) {
          each.forEach((diffId, index) => {
            const there = onHost.some((host) => starts(host, each.slice(0, index + 1)));
            if (!there) expect(omitted.has(`blobs/${diffId}`)).toBe(false);
          });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('parseHostLayers', () => {
  it('takes lines of digests, and nothing else', () => {
    const text = `${layer('a')} ${layer('b')}\n\nError: no such image\n${layer('c')}\n`;
    expect(parseHostLayers(text)).toEqual([[layer('a'), layer('b')], [layer('c')]]);
  });
});
