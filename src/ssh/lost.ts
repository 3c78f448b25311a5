/** Our own connection to the host broke; nothing is known about what runs there now. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}
