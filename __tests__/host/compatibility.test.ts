import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withNamedImages } from '../../src/host/compatibility.js';
import { observe } from '../../src/host/observe.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf, type ToyHost } from '../remote/host.js';
import { ENGINE, shopOn, type Shop } from './shop.js';

const PROJECT = {
  name: 'shop',
  services: { web: { build: { context: '.' } }, db: { image: 'postgres:17' } },
};

describe('withNamedImages', () => {
  it('changes no project where Compose was not asked', () => {
    const text = JSON.stringify(PROJECT);
    expect(withNamedImages(text, [])).toBe(text);
  });

  it('names what the file does not name, as Compose does', () => {
    const named = withNamedImages(JSON.stringify(PROJECT), ['postgres:17', 'shop_web']);
    expect(JSON.parse(named)).toEqual({
      ...PROJECT,
      services: { ...PROJECT.services, web: { build: { context: '.' }, image: 'shop_web' } },
    });
    const usual = withNamedImages(JSON.stringify(PROJECT), ['postgres:17', 'shop-web']);
    expect(JSON.parse(usual)).toEqual(PROJECT);
  });
});

describe.each(SHELLS)("Compose's compatibility mode, with $name as sh", ({ path }) => {
  let shop: Shop;
  let host: ToyHost;
  beforeEach(() => {
    shop = shopOn(path);
    ({ host } = shop);
    shop.deployed(shop.first);
    host.answerDocker(
      `case "$*" in *'config --images') if grep -qs COMPATIBILITY=1 .env; then echo shop_web; else echo shop-web; fi ;; esac\n${ENGINE}`,
    );
  });
  afterEach(() => {
    host.remove();
  });
  const images = async (): Promise<readonly unknown[]> => {
    const place = { path: host.path('shop'), repository: host.path('origin') };
    const inputs = accepted({ ...place, sha: shop.second });
    const { wanted, installed } = await observe(shellOf(host), inputs, shop.second, 'run-1-1');
    return [wanted, installed].map((stack) => stack?.services['web']?.image);
  };

  it('is what images are named by, where .env turns it on', async () => {
    host.write('shop/.env', 'COMPOSE_COMPATIBILITY=1\n');
    expect(await images()).toEqual(['shop_web', 'shop_web']);
    host.write('shop/.env', 'COMPOSE_COMPATIBILITY=0\n');
    expect(await images()).toEqual(['shop-web', 'shop-web']);
  });

  it('costs no question where nothing speaks of it', async () => {
    expect(await images()).toEqual(['shop-web', 'shop-web']);
    expect(host.dockerCalls().filter((call) => call.includes('--images'))).toEqual([]);
  });
});
