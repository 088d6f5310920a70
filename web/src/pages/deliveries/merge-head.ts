interface Row {
  id: string;
  createdAt: string;
}
export interface Loaded<Item extends Row> {
  pages: { data: Item[]; nextCursor: string | null }[];
  pageParams: unknown[];
}

/** The table stays as long as it is at most: what is older comes again with "Show more". */
export const maxLiveRows = 200;

/** The newest rows as the server has them now, held against what is shown. */
export function mergeHead<Item extends Row>(
  shown: Loaded<Item>,
  head: { data: Item[]; nextCursor: string | null },
  wantsNew: boolean,
): { loaded: Loaded<Item>; waiting: number } | 'load anew' {
  const known = new Set(shown.pages.flatMap(({ data }) => data.map(({ id }) => id)));
  const fresh = head.data.filter(({ id }) => !known.has(id));
  const byId = new Map(head.data.map((row) => [row.id, row]));
  const pages = shown.pages.map((page) => ({ ...page, data: page.data.map((row) => byId.get(row.id) ?? row) }));
  const waits = { loaded: { ...shown, pages }, waiting: fresh.length };
  if (!wantsNew || fresh.length === 0) return waits;
  const [first, ...rest] = pages;
  // More came than a page holds, or the table would grow for ever.
  if (!first || fresh.length === head.data.length || first.data.length + fresh.length > maxLiveRows) return 'load anew';
  return { loaded: { ...shown, pages: [{ ...first, data: [...fresh, ...first.data] }, ...rest] }, waiting: 0 };
}
