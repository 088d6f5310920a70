import { exchangeLimits, judge, type Attempt } from './delivery';
import { formatDurationMs } from './duration';

const failures: Readonly<Record<string, string>> = {
  timeout: `no complete answer within ${formatDurationMs(exchangeLimits.timeoutMs)}`,
  dns_error: 'the name of the host could not be resolved',
  connection_refused: 'nothing listens at that address and port',
  connection_reset: 'the connection broke off before the answer was complete',
  tls_error: 'no secure connection; the certificate was not accepted',
  blocked_address: 'the name leads to an address that webhooks may not reach',
  invalid_response: 'what came back is not HTTP',
  network_error: 'the host could not be reached',
};

/** What came of an attempt, in words: `timeout: no complete answer within 30s`. */
export function describeAttempt({ statusCode, error }: Pick<Attempt, 'statusCode' | 'error'>): string {
  if (statusCode === undefined) {
    const name = error ?? 'network_error';
    const words = Object.hasOwn(failures, name) ? failures[name] : undefined;
    return words === undefined ? name : `${name}: ${words}`;
  }
  switch (judge(statusCode)) {
    case 'delivered':
      return `${statusCode}: taken by the receiver`;
    case 'gone':
      return `${statusCode}: the receiver wants no more; its endpoint was disabled`;
    case 'failed':
      return `${statusCode}: ${describeStatus(statusCode)}`;
  }
}

function describeStatus(statusCode: number): string {
  if (statusCode < 200) return 'not a final answer';
  if (statusCode < 400) return 'redirects are not followed; enter the address that it leads to';
  if (statusCode === 401 || statusCode === 403)
    return 'the receiver refused it; often a signature that it could not verify';
  if (statusCode === 404) return 'the receiver knows no such path; check the URL';
  if (statusCode === 429) return 'the receiver asks for less at a time';
  return statusCode < 500 ? 'the receiver refused it' : 'the receiver has a fault of its own';
}
