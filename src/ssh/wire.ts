/** Fields of SSH's wire format (RFC 4251, 5), which its key files use as well. */

/** A string: its length in four bytes, then its bytes. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive number of any length, big-endian, with a leading zero byte where the top bit is set. */
export function mpint(value: Buffer): Buffer {
  const digits = value.subarray(value.findIndex((byte) => byte !== 0));
  const signed = (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
  return sshString(signed);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads fields one after the other; undefined where the bytes end before the field does. */
export interface FieldReader {
  string(): Buffer | undefined;
  uint32(): number | undefined;
  rest(): Buffer;
}

export function readFields(bytes: Buffer): FieldReader {
  let at = 0;
  const number = (): number | undefined => {
    if (at + 4 > bytes.length) return undefined;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  return {
    uint32: number,
    string: () => {
      const length = number();
      if (length === undefined || at + length > bytes.length) return undefined;
      at += length;
      return bytes.subarray(at - length, at);
    },
    rest: () => bytes.subarray(at),
  };
}
