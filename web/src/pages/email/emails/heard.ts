interface Heard {
  status: string;
  openedAt: string | null;
  clickedAt: string | null;
  unsubscribedAt: string | null;
}

/** What the recipient has done with it, in one line; empty where nothing is known. */
export function heardOf({ openedAt, clickedAt, unsubscribedAt }: Heard): string {
  return [openedAt ? 'opened' : [], clickedAt ? 'clicked' : [], unsubscribedAt ? 'unsubscribed' : []].flat().join(', ');
}
