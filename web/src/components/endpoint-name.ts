/** An endpoint as people know it: by its description, or else by the host and the path of its URL. */
export function endpointName({ description, url }: { description: string; url: string }): string {
  return description === '' ? hostAndPath(url) : description;
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function hostAndPath(url: string): string {
  if (!URL.canParse(url)) return url;
  const { host, pathname } = new URL(url);
  return pathname === '/' ? host : host + pathname;
}
