/** The known machines that load pictures and follow links by themselves, by what they call themselves. */
const agents: [flag: string, pattern: RegExp][] = [
  // They fetch pictures for people: each a true open of someone, but not from there and perhaps not then.
  ['google-image-proxy', /GoogleImageProxy/i],
  ['yahoo-image-proxy', /YahooMailProxy/i],
  [
    'scanner',
    /barracuda|proofpoint|mimecast|safelinks|fireeye|trellix|symantec|messagelabs|trend ?micro|sophos|ironport|forcepoint|websense|zscaler|cloudmark|mailscanner|urlscan|virustotal|bitdefender|kaspersky|fortinet|fortiguard|hornetsecurity|retarus|vadesecure|ironscales|perception-point|spamassassin/i,
  ],
  [
    'bot',
    /(?<!cu)bot\b|crawler|spider|slurp|preview|facebookexternalhit|headlesschrome|phantomjs|python|curl\/|wget\/|libwww|go-http-client|node-fetch|undici|axios\/|guzzle|apache-httpclient|scrapy|powershell/i,
  ],
];

/** Apple's Mail Privacy Protection loads every picture once, read or not, and calls itself no more than this. */
const applePrivacy = /^Mozilla\/5\.0$/;

/** What is known of whoever asked for a pixel or a link, for the one that reads the statistics: nothing is hidden by it. */
export function flagsOf(request: {
  kind: 'opened' | 'clicked';
  userAgent: string;
  /** The headers by which browsers tell that nobody has clicked yet. */
  purpose?: string | undefined;
}): string[] {
  const { kind, userAgent, purpose } = request;
  const flags = agents.flatMap(([flag, pattern]) => (pattern.test(userAgent) ? [flag] : []));
  // Nobody's browser says so little of itself, so a click from it is a scanner's.
  if (applePrivacy.test(userAgent)) flags.push(kind === 'opened' ? 'apple-privacy' : 'scanner');
  if (userAgent === '') flags.push('no-user-agent');
  if (purpose !== undefined && /prefetch|prerender|preview/i.test(purpose)) flags.push('prefetch');
  return flags;
}
