const own = 'http://own.invalid';

/** Where to go after signing in: a page of ours, whatever a link says. */
export function nextPath(wanted: string | null): string {
  if (wanted === null || !wanted.startsWith('/') || !URL.canParse(wanted, own)) return '/';
  const { origin, pathname, search, hash } = new URL(wanted, own);
  // Two slashes at the beginning name another host.
  if (origin !== own || pathname.startsWith('//') || pathname === '/login') return '/';
  return pathname + search + hash;
}
