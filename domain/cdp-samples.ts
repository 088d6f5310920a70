/** The platforms that send events by a webhook of theirs. */
export const cdpSources = ['segment', 'rudderstack'] as const;
export type CdpSource = (typeof cdpSources)[number];

interface Sample {
  messageId: string;
  atMs: number;
  email: string;
}

/** An identify in the form in which the platform sends it. */
export function sampleIdentify(source: CdpSource, { messageId, atMs, email }: Sample): Record<string, unknown> {
  const at = new Date(atMs).toISOString();
  const userId = `test-user-of-${source}`;
  const traits = { email, firstName: 'Test', lastName: source === 'segment' ? 'Segment' : 'RudderStack', plan: 'pro' };
  const times = { originalTimestamp: at, sentAt: at, receivedAt: at, timestamp: at };
  switch (source) {
    case 'segment':
      return {
        ...{ type: 'identify', messageId, userId, anonymousId: null, traits, ...times, version: 2, channel: 'server' },
        context: { library: { name: 'analytics-node', version: '2.2.0' } },
        integrations: {},
      };
    case 'rudderstack':
      return {
        ...{ type: 'identify', messageId, userId, channel: 'server', ...times },
        context: { traits, library: { name: 'rudder-sdk-node', version: '3.0.0' } },
        integrations: { All: true },
        request_ip: '203.0.113.42',
      };
  }
}
