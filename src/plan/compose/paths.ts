/** Relative to `root` where it lies there, `''` for itself; any other path as it is. */
export function relativeTo(root: string, path: string): string {
  if (path === root) return '';
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** A path of the build, relative to its context where it is not absolute; `.` and `..` resolved. */
export function joinPath(base: string, path: string): string {
  const joined = path.startsWith('/') || base === '' ? path : `${base}/${path}`;
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '..' && parts.length > 0) parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `${joined.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}
