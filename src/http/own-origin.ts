/** What a browser says of where a request comes from. */
export interface RequestOrigin {
  method: string;
  /** Of the request's headers. */
  origin: string | undefined;
  secFetchSite: string | undefined;
  host: string | undefined;
}
/** `unknown`: nothing is said, as programs do; no browser sends such a request that changes something. */
export type OriginJudgement = 'own' | 'foreign' | 'unknown';

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a page of ours has sent a request, so that a cookie may speak for it. Of a read, an address that was typed or
 * a browser that says nothing will do: no other page can read its answer. Where a page of another origin is known to
 * ask, it is refused all the same: a stream takes a place that others wait for.
 */
export function judgeOrigin(request: RequestOrigin, publicUrl: string | undefined): OriginJudgement {
  const isOtherPage = request.secFetchSite === 'cross-site' || request.secFetchSite === 'same-site';
  if (safeMethods.includes(request.method)) return isOtherPage ? 'foreign' : 'own';
  const { origin, secFetchSite, host } = request;
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin') return 'foreign';
  if (origin !== undefined) return isOwn(origin, host, publicUrl) ? 'own' : 'foreign';
  return secFetchSite === undefined ? 'unknown' : 'own';
}

/** By host alone where no PUBLIC_URL says more: behind a proxy nobody here knows the scheme that was asked. */
function isOwn(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  if (asked.protocol !== 'http:' && asked.protocol !== 'https:') return false;
  if (publicUrl !== undefined && asked.origin === new URL(publicUrl).origin) return true;
  return host !== undefined && URL.canParse(`${asked.protocol}//${host}`)
    ? asked.host === new URL(`${asked.protocol}//${host}`).host
    : false;
}
