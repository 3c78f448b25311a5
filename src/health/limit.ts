import type { HttpResponse } from './http.js';

/** How the reason begins of a request of ours that was limited. */
export const LIMITED = 'our own requests were limited';

/** nginx's own page; a 503 of an application comes through it with the application's. */
const NGINX_503 = /<center><h1>503 Service Temporarily Unavailable<\/h1><\/center>/i;

/**
 * Too many requests of ours, or a CDN that wants to see a person: it says nothing about the release. nginx answers
 * 503 by itself for `limit_req` and `limit_conn`, not for an upstream that fails.
 */
export function isLimit({ status, headers, body }: HttpResponse): boolean {
  return (
    status === 429 ||
    (status === 403 && headers['cf-mitigated'] !== undefined) ||
    (status === 503 && NGINX_503.test(body))
  );
}
