import { flagsOf } from '../../src/email/agents';

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

test.each<[string, string[]]>([
  // People.
  [chrome, []],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148', []],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)', []],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:102.0) Gecko/20100101 Thunderbird/102.4.0', []],
  ['Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)', []],
  ['Mozilla/5.0 (Linux; Android 12; CUBOT X18) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36', []],
  // Proxies.
  ['Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)', ['google-image-proxy']],
  ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', ['yahoo-image-proxy']],
  ['Mozilla/5.0', ['apple-privacy']],
  // Scanners and bots.
  ['Barracuda Sentinel (EE)', ['scanner']],
  ['Mozilla/5.0 (compatible; Proofpoint URL Defense)', ['scanner']],
  ['Mimecast Services', ['scanner']],
  ['Mozilla/5.0 (Windows NT 10.0) Microsoft SafeLinks', ['scanner']],
  ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', ['bot']],
  ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', ['bot']],
  ['curl/8.5.0', ['bot']],
  ['python-requests/2.32.3', ['bot']],
  ['Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0.0.0', ['bot']],
  ['', ['no-user-agent']],
])('an open by %j: %j', (userAgent, flags) => {
  expect(flagsOf({ kind: 'opened', userAgent })).toEqual(flags);
});

test('what loads pictures for Apple’s users clicks nothing: that is a scanner', () => {
  expect(flagsOf({ kind: 'clicked', userAgent: 'Mozilla/5.0' })).toEqual(['scanner']);
});

test.each(['prefetch', 'prefetch;prerender', 'preview', 'Prefetch'])(
  'a browser that says %j has not been clicked in',
  (purpose) => {
    expect(flagsOf({ kind: 'clicked', userAgent: chrome, purpose })).toEqual(['prefetch']);
  },
);

test('a name that is made to be slow is read at once', () => {
  const startedMs = performance.now();
  for (const part of ['bot', 'x', 'cu', 'Mozilla/5.0 '])
    flagsOf({ kind: 'opened', userAgent: part.repeat(500).slice(0, 500) });
  expect(performance.now() - startedMs).toBeLessThan(50);
});
