import { RecentEvents } from '../../activities/recent-events';
import type { WebhookEvent } from '../../domain/webhook-events';
import { atMs, many } from './support/attempts';

const event = (index: number): WebhookEvent => ({
  ...{ id: `evt_${index}`, workspaceId: 'ws_1', type: 'contact.created', body: '{}', createdAtMs: atMs },
});
const idsOf = (count: number): string[] => many(count, (index) => `evt_${index}`);

test('an event is handed out once, and only what was asked for', () => {
  const recent = new RecentEvents();
  recent.put([event(0), event(1), event(2)]);
  expect([...recent.take(['evt_2', 'evt_0', 'evt_9']).values()]).toEqual([event(2), event(0)]);
  expect([...recent.take(idsOf(3)).keys()]).toEqual(['evt_1']);
  expect(recent.take(idsOf(3)).size).toBe(0);
});

const large = (index: number): WebhookEvent => ({ ...event(index), body: 'x'.repeat(1_000_000) });

test('events that nobody takes do not add up: the newest 16 MB of them are kept', () => {
  const recent = new RecentEvents();
  for (let index = 0; index < 50; index++) recent.put([large(index)]);
  expect([...recent.take(idsOf(50)).keys()]).toEqual(idsOf(50).slice(34));
});

test('a group larger than that keeps what fits; the rest is read back', () => {
  const recent = new RecentEvents();
  recent.put(many(20, large));
  expect([...recent.take(idsOf(20)).keys()]).toEqual(idsOf(20).slice(4));
});

test('what was taken makes room again', () => {
  const recent = new RecentEvents();
  for (let round = 0; round < 5; round++) {
    recent.put(many(16, large));
    expect(recent.take(idsOf(16)).size).toBe(16);
  }
});
