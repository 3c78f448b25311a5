import { prepareDockerData } from '../host/docker-data.js';
import type { Suite } from '../host/host.js';
import { allImages } from './images.js';

/**
 * The directory for `HostOptions.dockerData` with which a host of that suite has every stand-in image
 * from the start. Built once, minutes, and kept in the e2e cache.
 *
 * @throws if a layer cannot be built; its log is named on standard error
 */
export async function loadedImages(suite: Suite): Promise<string> {
  const archives = await allImages();
  return prepareDockerData({
    suite,
    key: archives.join(' '),
    fill: (host) => host.loadImages(archives),
  });
}
