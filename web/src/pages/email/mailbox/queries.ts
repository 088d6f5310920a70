import { api, read } from '../../../api/client';

export const loadMails = (to: string | undefined, cursor: string | undefined) =>
  read(
    api.GET('/api/v1/mailbox', {
      params: { query: { limit: 50, raw: 'false', ...(to ? { to } : {}), ...(cursor ? { cursor } : {}) } },
    }),
  );
export type Mail = Awaited<ReturnType<typeof loadMails>>['data'][number];
