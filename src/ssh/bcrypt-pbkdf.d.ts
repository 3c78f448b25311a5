declare module 'bcrypt-pbkdf' {
  /** Fills `out` with what OpenSSH derives from a passphrase; anything but 0 means a bad argument. */
  export function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    out: Uint8Array,
    outLength: number,
    rounds: number,
  ): number;
}
