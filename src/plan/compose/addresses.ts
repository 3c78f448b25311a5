/** An IP address in one spelling, so that two that are equal are the same text; nothing stands for `0.0.0.0`. */
export function plainAddress(text: string): string {
  const address = text.trim();
  if (address === '') return '0.0.0.0';
  if (!address.includes(':')) return address;
  const [, mapped] = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  try {
    return new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
}
