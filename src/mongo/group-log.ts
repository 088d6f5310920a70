import { MongoBulkWriteError, type AnyBulkWriteOperation } from 'mongodb';
import type { AttemptRecord, AttemptRecorder } from '../../activities/attempt-group';
import type { FirstAttemptLog } from '../../activities/first-attempts';
import type { Carriers } from '../../activities/hand-over';
import type { LaneLog } from '../../activities/dispatch-lane';
import type { GroupLog } from '../../activities/group-log';
import { endOf } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import { isDuplicateKey, type Database } from './connect';
import { Gathering } from './gathering';
import type { Stores } from './stores';
import { changeOf, toDocument, type DeliveryDocument } from './webhook-deliveries';

type GroupStores = Pick<Stores, 'deliveries' | 'attempts' | 'events' | 'endpoints'>;

/** Attempts and their deliveries, written many at a time: those that end while a write is under way share the next. */
export function createAttemptRecorder(database: Database, stores: GroupStores): AttemptRecorder {
  const { deliveries, attempts } = stores;

  const insertOf = ({ delivery, attempt, after }: AttemptRecord): AnyBulkWriteOperation<DeliveryDocument> => {
    const { lastStatusCode, lastError, ...rest } = after;
    const isLeft = after.status === 'retrying';
    const document = toDocument({
      ...delivery,
      ...(isLeft ? { workflowId: workflowIds.webhookDispatch(delivery.endpointId) } : {}),
      ...rest,
      ...(lastStatusCode === undefined ? {} : { lastStatusCode }),
      ...(lastError === undefined ? {} : { lastError }),
      updatedAtMs: endOf(attempt),
    });
    return { insertOne: { document: isLeft ? { ...document, inDispatch: true } : document } };
  };

  const updatesOf = ({ delivery, attempt, after }: AttemptRecord): AnyBulkWriteOperation<DeliveryDocument>[] => {
    const endedAt = new Date(endOf(attempt));
    // The endpoint's lane may have become the carrier since the attempt began.
    const carriers = [delivery.workflowId, workflowIds.webhookDispatch(delivery.endpointId)];
    const carried = { _id: delivery.id, workflowId: { $in: carriers } };
    const update = changeOf(after, endedAt);
    if (after.status === 'delivered') {
      return [{ updateOne: { filter: { ...carried, status: { $ne: 'cancelled' } }, update } }];
    }
    const { nextAttemptAtMs: _next, ...counted } = after;
    return [
      { updateOne: { filter: { ...carried, status: { $in: ['pending', 'retrying', 'failed'] } }, update } },
      // Paused meanwhile: it stays held, in the place on the timeline that it has now.
      {
        updateOne: {
          filter: { ...carried, status: 'held' },
          update: changeOf({ ...counted, status: 'held' }, endedAt),
        },
      },
    ];
  };
  const writesOf = (record: AttemptRecord): AnyBulkWriteOperation<DeliveryDocument>[] =>
    record.isNew ? [insertOf(record)] : updatesOf(record);

  const write = (records: AttemptRecord[]): Promise<void> =>
    database.transactionOnce(async (session) => {
      await deliveries.collection.bulkWrite(records.flatMap(writesOf), { session, ordered: true });
      await attempts.insertMany(
        records.map(({ attempt }) => attempt),
        session,
      );
    });

  /** A delivery that someone else stored meanwhile, or an attempt number that someone else used. */
  const writeAlone = async (given: AttemptRecord): Promise<void> => {
    const stored = given.isNew ? await deliveries.byPair(given.delivery) : undefined;
    const deliveryId = stored?.id ?? given.delivery.id;
    const attempt = await attempts.insert({ ...given.attempt, deliveryId });
    const delivery = { ...given.delivery, id: deliveryId };
    const after = { ...given.after, attemptCount: attempt.number };
    const record = { delivery, attempt, after, isNew: given.isNew && !stored };
    try {
      await deliveries.collection.bulkWrite(writesOf(record), { ordered: true });
    } catch (error) {
      // Stored by someone else since the look.
      const storedNow = record.isNew && isDuplicate(error) ? await deliveries.byPair(delivery) : undefined;
      if (!storedNow) throw error;
      const known = { ...record, delivery: { ...delivery, id: storedNow.id }, isNew: false };
      await deliveries.collection.bulkWrite(writesOf(known), { ordered: true });
    }
  };

  const records = new Gathering<AttemptRecord, void>(
    async (group) => {
      try {
        await write(group);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        for (const record of group) await writeAlone(record);
      }
      return [];
    },
    { maxItems: 200, maxInFlight: 2, maxWaiting: Infinity },
  );

  return {
    record: async (record) => void (await records.add([record])),
    clearSlow: (endpointId) => stores.endpoints.clearSlow(endpointId),
    disableEndpoint: (endpointId, reason, nowMs) => stores.endpoints.disable(endpointId, reason, new Date(nowMs)),
  };
}

function isDuplicate(error: unknown): boolean {
  return isDuplicateKey(error) || (error instanceof MongoBulkWriteError && error.code === 11000);
}

/** What groups of deliveries read and write, over the stores that hold it. */
export function createGroupLog(stores: GroupStores): FirstAttemptLog & Carriers & GroupLog & LaneLog {
  const { deliveries, events, endpoints } = stores;
  return {
    existing: (pairs) => deliveries.byPairs(pairs),
    insertForDispatch: (rows) => deliveries.insertForDispatch(rows),
    markSlow: (endpointId, nowMs) => endpoints.markSlow(endpointId, new Date(nowMs)),
    find: (ids) => deliveries.byIds(ids),
    move: (ids, from, to) => deliveries.move(ids, from, to),
    receiver: (endpointId) => endpoints.find(endpointId),
    bodies: (eventIds) => events.bodies(eventIds),
    setStatus: (ids, carrier, status, nowMs) => deliveries.setStatus(ids, carrier, status, new Date(nowMs)),
    unhold: (ids, carrier, nowMs) => deliveries.unhold(ids, carrier, new Date(nowMs)),
    inDispatch: (endpointId, limit) => deliveries.inDispatch(endpointId, limit),
    lease: (ids, untilMs) => deliveries.lease(ids, new Date(untilMs)),
  };
}
