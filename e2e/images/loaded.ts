import { prepareDockerData } from '../host/docker-data.js';
import type { Suite } from '../host/host.js';
import { allImages, type baseImages } from './images.js';

/**
 * The directory for `HostOptions.dockerData` with which a host of that suite has stand-in images from the
 * start: all of them, or those that it is told. Built once, minutes, and kept in the e2e cache.
 *
 * @throws if a layer cannot be built; its log is named on standard error
 */
export async function loadedImages(
  suite: Suite,
  images: typeof allImages | typeof baseImages = allImages,
): Promise<string> {
  const archives = await images();
  return prepareDockerData({
    suite,
    key: archives.join(' '),
    fill: (host) => host.loadImages(archives),
  });
}
