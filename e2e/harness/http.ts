import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { RequestSpec } from '../load/spec.js';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly message: IncomingMessage;
}

/** Sends one request through the host's entrance, as a visitor. Rejects without an answer in 10 s. */
export function askSite(site: { readonly base: string }, request: RequestSpec): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, headers = {}, body = '' } = request;
    const message = httpRequest(new URL(request.path, site.base), {
      agent: false,
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    });
    message.setTimeout(10_000, () =>
      message.destroy(new Error(`${request.path}: no answer in 10 s`)),
    );
    message.on('error', reject);
    message.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text, message: answer });
      });
    });
    message.end(body);
  });
}
