import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import express from 'express';
import { MongoClient } from 'mongodb';
import type { Pace } from '../client/load';
import { paced } from '../client/pace';
import { identify } from '../client/payload';
import { offer } from '../system/child';

/** The process that the bare limits are measured in: as many processes as the product's all-in-one, and nothing of the product. */
const activities = { nothing: () => Promise.resolve() };
export type BareActivities = typeof activities;

export interface Took {
  tookMs: Float64Array;
  elapsedMs: number;
}

const taskQueue = 'bare';
let temporal: Promise<Client> | undefined;

const functions = {
  /** An Express route that reads nothing and answers 204. */
  listen: (_: null): Promise<string> =>
    new Promise((resolve) => {
      const app = express().post('/', (_request, response) => void response.status(204).end());
      app.disable('x-powered-by');
      const server = app.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    }),

  /** Inserts of one document the size of a stored event, each in the journal of a majority. */
  async inserts({ mongoUri, database, pace }: { mongoUri: string; database: string; pace: Pace }): Promise<Took> {
    const mongo = new MongoClient(mongoUri, { writeConcern: { w: 'majority', journal: true }, maxPoolSize: 100 });
    const collection = mongo.db(database).collection<{ _id: string; body: string; at: Date }>('bare');
    const body = identify(0, 0, 300, new Date().toISOString());
    const insert = async (): Promise<void> => {
      await collection.insertOne({ _id: randomUUID(), body, at: new Date() });
    };
    // The first one connects and makes the collection.
    await insert();
    const took = await timed(pace, insert);
    await mongo.close();
    return took;
  },

  /** Workflows on a worker of this process, their first task coming with the answer to the start. */
  async workflows(input: {
    address: string;
    namespace: string;
    workflow: 'empty' | 'oneActivity';
    pace: Pace;
  }): Promise<Took> {
    temporal ??= startWorker(input.address, input.namespace);
    const client = await temporal;
    return timed(input.pace, async () => {
      await client.workflow.execute(input.workflow, {
        workflowId: randomUUID(),
        taskQueue,
        requestEagerStart: true,
      });
    });
  },
};
export type BareFunctions = typeof functions;

async function startWorker(address: string, namespace: string): Promise<Client> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    workflowsPath: require.resolve('./bare-workflows'),
    maxConcurrentWorkflowTaskExecutions: 400,
    maxConcurrentLocalActivityExecutions: 400,
  });
  worker.run().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  return new Client({ connection, namespace });
}

async function timed(pace: Pace, work: () => Promise<void>): Promise<Took> {
  const tookMs: number[] = [];
  const startedAtMs = performance.now();
  await paced(pace, { index: 0, of: 1 }, async () => {
    const beganAtMs = performance.now();
    await work();
    tookMs.push(performance.now() - beganAtMs);
  });
  return { tookMs: Float64Array.from(tookMs), elapsedMs: performance.now() - startedAtMs };
}

offer(functions);
