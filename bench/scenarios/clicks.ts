import type { Pace } from '../client/load';
import { insertContacts, insertDeliveredEmails } from '../system/people';
import { streamOf } from '../system/stand';
import { atMost, nothingLost, type Scenario } from './scenario';
import { warmUp } from './warm-up';

/** Each is clicked on several times, as the links of a newsletter are. */
const emailCount = 2_000;

export const clicks: Scenario = {
  name: 'clicks',
  shows: 'Clicks at 500 a second beside 100 identifies a second: the reader is redirected at once, each click is told.',
  run: (context) =>
    context.onStand({}, async (stand) => {
      await warmUp(stand);
      const platform = await stand.addTenant('identifies', ['/identifies']);
      const readers = await stand.addTenant('clicks', ['/clicks'], ['email.clicked']);
      const contacts = await insertContacts(stand.db, { workspaceId: readers.id, prefix: 'reader', count: emailCount });
      const emailIds = await insertDeliveredEmails(stand.db, contacts);
      const open = (perSecond: number, seconds: number): Pace => ({
        ...{ kind: 'open', perSecond, durationMs: context.seconds(seconds) * 1_000 },
      });
      const clicked = { emailIds, encryptionKey: stand.encryptionKey };
      // The first clicks pay for compilers and connections, as the first events do.
      await stand.measure('warm-up', [{ ...streamOf(readers, open(500, 2)), clicks: clicked }], { listenOnMs: 2_000 });
      const { phase } = await stand.measure('', [
        { ...streamOf(readers, open(500, 30)), clicks: clicked },
        streamOf(platform, open(100, 30)),
      ]);
      const redirectMs = phase.streams.find(({ name }) => name === readers.name)?.ackMs;
      return {
        phases: [phase],
        verdicts: [nothingLost([phase]), atMost('redirect p99', redirectMs?.p99 ?? NaN, 50, 'ms')],
        notes: [],
      };
    }),
};
