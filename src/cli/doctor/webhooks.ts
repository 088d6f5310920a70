import { z } from 'zod';
import type { Api } from '../api';
import { plain } from '../output';
import { look, ok, warn, type Check } from './check';

const endpointPage = z.object({
  data: z.array(z.object({ id: z.string(), url: z.string(), status: z.string(), statusReason: z.string().nullable() })),
});
const deliveryPage = z.object({ data: z.array(z.object({ createdAt: z.string() })) });

/** Endpoints that nothing is sent to, and deliveries that were given up. */
export function checkWebhooks(api: Api): Promise<Check[]> {
  return look('webhooks', 'see Settings → Webhooks in the dashboard', async () => {
    const { data } = await api.get('/webhooks', endpointPage, { limit: 100 });
    const active = data.data.filter(({ status }) => status === 'active');
    const others = data.data.filter(({ status }) => status !== 'active');
    return [
      ...(others.length === 0 ? [ok('webhooks', active.length === 0 ? 'none yet' : `${active.length} active`)] : []),
      ...others.map(({ id, url, status, statusReason }) =>
        warn(
          'webhooks',
          `${plain(url)} is ${status}${statusReason === null ? '' : `: ${plain(statusReason)}`}`,
          `once its server is mended: npx esx api PATCH /webhooks/${id} --data '{"status":"active"}'`,
        ),
      ),
      ...(await checkFailed(api)),
    ];
  });
}

async function checkFailed(api: Api): Promise<Check[]> {
  const { data } = await api.get('/webhook-deliveries', deliveryPage, { status: 'failed', limit: 1 });
  const [newest] = data.data;
  if (!newest) return [];
  const remedy = 'npx esx deliveries list --status failed; npx esx deliveries retry <id>';
  return [warn('deliveries', `some were given up, the newest of ${newest.createdAt}`, remedy)];
}
