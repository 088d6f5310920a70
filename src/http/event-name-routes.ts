import { z } from 'zod';
import { eventKey } from '../../domain/event-name';
import { messageOf } from '../mongo/ingest';
import type { MessageStore } from '../mongo/messages';
import { PacedAnswers } from '../mongo/paced-answers';
import { route, type Route } from './route';

/** A body has 32 KB at most, so that a look at this many reads some megabytes in the worst case. */
const newestTracks = 300;

const eventNameSchema = z.object({
  name: z.string().describe('As it was last sent'),
  eventKey: z.string().describe('In the form that automations are matched in'),
  count: z.int(),
  lastAt: z.iso.datetime(),
});
const namesSchema = z.object({
  data: z.array(eventNameSchema),
  of: z.int().describe('How many of the newest tracks were looked at'),
});

/** Names of events that come in, for whoever has to name one. */
export function eventNameRoutes(deps: { messages: MessageStore }): Route[] {
  const answers = new PacedAnswers<z.infer<typeof namesSchema>>();

  const ask = async (workspaceId: string): Promise<z.infer<typeof namesSchema>> => {
    const rows = await deps.messages.page({ workspaceId, type: 'track' }, { limit: newestTracks });
    const names = new Map<string, z.infer<typeof eventNameSchema>>();
    for (const row of rows) {
      const message = messageOf(row);
      if (message?.type !== 'track') continue;
      const key = eventKey(message.event);
      const known = names.get(key);
      if (known) known.count++;
      else names.set(key, { name: message.event, eventKey: key, count: 1, lastAt: row.receivedAt.toISOString() });
    }
    return { data: [...names.values()].sort((one, other) => other.count - one.count), of: rows.length };
  };

  return [
    route({
      method: 'get',
      path: '/event-names',
      tag: 'Events',
      summary: `Names of the newest ${newestTracks} tracks, the most frequent first`,
      status: 200,
      response: namesSchema,
      handle: ({ caller }) => answers.get(caller.workspace._id, () => ask(caller.workspace._id)),
    }),
  ];
}
