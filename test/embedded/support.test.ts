import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { MongoClient } from 'mongodb';
import {
  freshDatabaseName,
  startOwnMongod,
  startOwnTemporal,
  testMongoUri,
  testTemporalAddress,
} from '../support/engines';
import { createTimeSkippingEnv } from '../support/time-skipping';

const status = defineSearchAttributeKey('EsxDeliveryStatus', SearchAttributeType.KEYWORD);
const attributes = new TypedSearchAttributes([{ key: status, value: 'pending' }]);

test('the run has a MongoDB and a Temporal that knows the search attributes', async () => {
  const mongo = await MongoClient.connect(testMongoUri());
  expect((await mongo.db(freshDatabaseName()).collection('x').insertOne({})).acknowledged).toBe(true);
  await mongo.close();
  const connection = await Connection.connect({ address: testTemporalAddress() });
  const client = new Client({ connection });
  const workflowId = freshDatabaseName();
  const handle = await client.workflow.start('x', {
    taskQueue: workflowId,
    workflowId,
    typedSearchAttributes: attributes,
  });
  expect((await handle.describe()).typedSearchAttributes.get(status)).toBe('pending');
  await handle.terminate();
  await connection.close();
});

test('own engines keep data and port over a kill', async () => {
  const [mongod, temporal] = await Promise.all([startOwnMongod(), startOwnTemporal()]);
  const mongo = await MongoClient.connect(mongod.uri);
  await mongo
    .db('app')
    .collection('things')
    .insertOne({}, { writeConcern: { w: 'majority', j: true } });
  const connection = await Connection.connect({ address: temporal.address });
  const { workflow } = new Client({ connection });
  await workflow.start('x', { taskQueue: 'x', workflowId: 'kept', typedSearchAttributes: attributes });

  await Promise.all([mongod.kill(), temporal.kill()]);
  await Promise.all([mongod.restart(), temporal.restart()]);
  expect(await mongo.db('app').collection('things').countDocuments()).toBe(1);
  expect((await workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
  await Promise.all([mongo.close(), connection.close()]);
  await Promise.all([mongod.stop(), temporal.stop()]);
});

test('the time-skipping server knows the search attributes', async () => {
  const env = await createTimeSkippingEnv();
  try {
    const handle = await env.client.workflow.start('x', {
      taskQueue: 'x',
      workflowId: 'x',
      typedSearchAttributes: attributes,
    });
    expect((await handle.describe()).typedSearchAttributes.get(status)).toBe('pending');
  } finally {
    await env.teardown();
  }
});
