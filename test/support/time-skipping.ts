import { TestWorkflowEnvironment } from '@temporalio/testing';
import { testBinary } from './binaries';
import { registerSearchAttributes } from './engines';

/** A Temporal test server that skips through waits, with the search attributes; end it with teardown(). */
export async function createTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  const path = await testBinary('temporal-test-server');
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await registerSearchAttributes(env.connection);
  return env;
}
