import { z } from 'zod';

/** Set by us, or by HTTP itself: the sender refuses a request that carries one of the latter. */
const reservedHeaders =
  /^(webhook-.*|content-.*|accept-encoding|user-agent|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-connection)$/i;

/** Headers that a customer may add to webhooks: those that can be sent, and that are neither ours nor HTTP's own. */
export const customHeadersSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, { error: 'is not a header name; use letters, digits and hyphens' })
      .refine((name) => !reservedHeaders.test(name), {
        error: 'is set by us and cannot be replaced; choose another name',
      }),
    z
      .string()
      .max(2000)
      .regex(/^[\t\x20-\x7e]*$/, { error: 'may hold printable ASCII only' }),
  )
  .refine((value) => Object.keys(value).length <= 20, { error: 'may hold 20 headers at most' });
