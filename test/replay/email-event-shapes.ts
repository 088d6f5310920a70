import { newId } from '../../src/mongo/new-id';
import { addSentEmail, hear, runEmailEvents, unsubscribedNews } from '../workflows/support/email-seed';
import { untilAll } from '../workflows/support/look';
import type { Scene } from '../workflows/support/scene';
import { addContact, addEndpoint } from '../workflows/support/seed';
import type { Shape } from './shape';

async function opens(scene: Scene, count: number): Promise<[string, ...string[]]> {
  const email = await addSentEmail(scene);
  const keys: [string, ...string[]] = [await hear(scene, email.id)];
  while (keys.length < count) keys.push(await hear(scene, email.id));
  return keys;
}

/** Opens, clicks, unsubscribes and reports: alone, in a group, and with runs to tell. */
export const emailEventShapes: Record<string, Shape> = {
  'no-effect': {
    play: async (scene) => runEmailEvents(scene, [await hear(scene, newId('email'))]),
  },
  'one-webhook': {
    async play(scene) {
      await addEndpoint(scene, { events: ['email.opened'] });
      const workflowId = await runEmailEvents(scene, await opens(scene, 1));
      await untilAll(scene, 'delivered');
      return workflowId;
    },
  },
  group: {
    async play(scene) {
      await addEndpoint(scene, { events: ['email.opened'] });
      const workflowId = await runEmailEvents(scene, await opens(scene, 5));
      await untilAll(scene, 'delivered');
      return workflowId;
    },
  },
  'group-of-two-chunks': {
    play: async (scene) => runEmailEvents(scene, await opens(scene, 201)),
  },
  notices: {
    async play(scene) {
      const contact = await addContact(scene);
      const email = await addSentEmail(scene, {
        ...{ contact, kind: 'automation', runKey: `${newId('automation')}/${contact.id}/m1` },
      });
      return runEmailEvents(scene, [await hear(scene, email.id), await hear(scene, email.id, unsubscribedNews)]);
    },
  },
  'notice-and-webhook': {
    async play(scene) {
      await addEndpoint(scene, { events: ['email.opened'] });
      const email = await addSentEmail(scene, { kind: 'automation', runKey: `${newId('automation')}/con_1/m1` });
      const workflowId = await runEmailEvents(scene, [await hear(scene, email.id)]);
      await untilAll(scene, 'delivered');
      return workflowId;
    },
  },
};
