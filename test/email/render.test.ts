import fc from 'fast-check';
import { ContentError, type RenderContext } from '../../activities/send-emails';
import type { EmailContent } from '../../domain/email';
import type { JsonObject } from '../../domain/json';
import { createLinkSigner } from '../../src/email/links';
import { createRenderer } from '../../src/email/render';

const links = createLinkSigner('a key of the tests');
const publicUrl = 'https://mail.acme.com';
const renderer = createRenderer({ publicUrl: () => publicUrl, links });
const emailId = 'eml_0123456789abcdef01234567';
const whom = { workspaceId: 'ws_1', contactId: 'con_1', campaignId: 'cmp_1' };
const unsubscribeUrl = `${publicUrl}/u/${links.unsubscribe(emailId, whom)}`;

const ada = { id: 'con_1', email: 'ada@example.com', firstName: 'Ada', lastName: null, metadata: { plan: 'pro' } };
const plain: RenderContext = {
  ...{ emailId, workspaceId: 'ws_1', campaignId: 'cmp_1', isMarketing: false, isTracked: false, contact: ada },
};
const render = (content: Partial<EmailContent>, context: Partial<RenderContext> = {}) =>
  renderer.render({ subject: 'Hello', html: '<p>Hello</p>', ...content }, { ...plain, ...context });

test('a template can name the contact, the event, the data and the unsubscribe link', async () => {
  const text = [
    '{{ contact.email }} {{ contact.firstName }} {{ contact.first_name }} {{ contact.lastName }}|',
    '{{ contact.metadata.plan }} {{ event.name }} {{ event.properties.amount }} {{ data.code }} {{ unsubscribe_url }}',
  ].join('');
  const rendered = await render({ text }, { event: { name: 'Paid', properties: { amount: 9 } }, data: { code: 'X1' } });
  expect(rendered.text).toBe(`ada@example.com Ada Ada |pro Paid 9 X1 ${unsubscribeUrl}`);
  expect(links.readUnsubscribe(unsubscribeUrl.split('/u/')[1] ?? '')).toEqual({ emailId, whom });
});

test('what is not known is empty, and can have a default', async () => {
  const html = '[{{ contact.firstName | default: "friend" }}{{ contact.metadata.x.y }}{{ event.name }}{{ data.z }}]';
  const contact = { ...ada, firstName: null };
  expect((await render({ html }, { contact })).html).toBe('[friend]');
  const { contact: _contact, ...nobody } = plain;
  expect((await renderer.render({ subject: '', html }, nobody)).html).toBe('[friend]');
});

test('what is neither tracked nor marketing stays as it is written', async () => {
  const html = '<html><body><a href="https://a.test/">x</a></body></html>';
  expect(await render({ html })).toEqual({
    subject: 'Hello',
    html,
    text: 'x <https://a.test/>',
    headers: { 'X-Esx-Email': emailId, 'Feedback-ID': 'transactional:ws_1:emailsendx' },
  });
});

test('a tracked document without links is untouched but for the pixel', async () => {
  const html = '<html><BODY bgcolor=white><p>&nbsp;Hi\r\n</p></BODY></html>';
  const [before = '', after = ''] = html.split('</BODY>');
  const { html: rendered } = await render({ html }, { isTracked: true });
  expect(rendered.startsWith(before)).toBe(true);
  expect(rendered.endsWith(`</BODY>${after}`)).toBe(true);
  expect(rendered.slice(before.length, -`</BODY>${after}`.length)).toMatch(
    /^<img src="https:\/\/mail\.acme\.com\/t\/o\/[\w.-]+" width="1" height="1" alt="" style="[^"]+">$/,
  );
});

test('links are tracked in the HTML; the text shows where they lead', async () => {
  const { html, text } = await render({ html: '<a href="https://a.test/?a=1&amp;b=2">Go</a>' }, { isTracked: true });
  expect(html).not.toContain('a.test');
  expect(html).toContain(`<a href="${publicUrl}/t/c/`);
  expect(text).toBe('Go <https://a.test/?a=1&b=2>');
});

describe('the preheader', () => {
  test('stands hidden at the start of the body, and not in the text', async () => {
    const { html, text } = await render({
      html: '<html><body class="x"><p>Hello</p></body></html>',
      preheader: 'For {{ contact.firstName }}',
    });
    expect(html).toMatch(
      /^<html><body class="x"><div style="display:none;[^"]*">For Ada(&#847;&zwnj;&nbsp;)+<\/div><p>Hello<\/p><\/body><\/html>$/,
    );
    expect(text).toBe('Hello');
  });

  test('is text, also where it looks like markup', async () => {
    const { html } = await render(
      { preheader: 'Tom & Jerry <b>\n{{ contact.firstName }}' },
      { contact: { ...ada, firstName: '</div><p>' } },
    );
    expect(html).toContain('>Tom &#38; Jerry &#60;b&#62; &#60;/div&#62;&#60;p&#62;&#847;');
  });

  test('is left out where it is empty for somebody', async () => {
    expect((await render({ preheader: ' {{ data.nothing }} ' })).html).toBe('<p>Hello</p>');
  });
});

describe('marketing', () => {
  const marketing = { isMarketing: true };

  test('can be unsubscribed from by one click, by RFC 8058', async () => {
    const { headers } = await render({}, marketing);
    expect(headers).toEqual({
      'X-Esx-Email': emailId,
      'Feedback-ID': 'marketing:ws_1:emailsendx',
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    });
  });

  test('has a footer with the link where the content has none, in both parts', async () => {
    const { html, text } = await render(
      { html: '<html><body><p>Hello</p></body></html>' },
      { ...marketing, isTracked: true },
    );
    expect(html).toMatch(
      new RegExp(
        `^<html><body><p>Hello</p><p style="[^"]+"><a href="${unsubscribeUrl.replace(/[.?]/g, '\\$&')}"[^>]*>Unsubscribe</a></p><img [^>]+></body></html>$`,
      ),
    );
    expect(text).toBe(`Hello\n\n-- \nUnsubscribe: ${unsubscribeUrl}\n`);
  });

  test('has no second link where the content has one', async () => {
    const html = '<a href="{{ unsubscribe_url }}">Leave</a>';
    const own = await render({ html }, { ...marketing, isTracked: true });
    expect(own.html.split(unsubscribeUrl)).toHaveLength(2);
    expect(own.text).toBe(`Leave <${unsubscribeUrl}>`);
    const given = await render({ html, text: 'Leave: {{ unsubscribe_url }}' }, marketing);
    expect(given.text).toBe(`Leave: ${unsubscribeUrl}`);
  });

  test('has one for those who do not see the one in the content', async () => {
    const html = '{% if contact.metadata.plan == "free" %}<a href="{{ unsubscribe_url }}">Leave</a>{% endif %}Hello';
    expect((await render({ html }, marketing)).html).toContain('>Unsubscribe</a>');
  });
});

test('no value becomes markup, and none begins a header', async () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[<>"'&\r\n\t\0 a-z/=:]{0,40}$/),
    fc.constantFrom(
      '<script>',
      '</p><a href="https://evil.test">',
      '"><img src=x>',
      '&lt;b&gt;',
      'x\r\nBcc: eve@evil.test',
      '{{ contact.email }}',
      '\u2028Bcc: x',
    ),
  );
  const content: EmailContent = {
    subject: 'Hi {{ contact.firstName }} {{ contact.metadata.x }}',
    preheader: '{{ contact.metadata.x }}',
    html: '<html><body><p title="{{ contact.metadata.x }}" id=\'{{ contact.firstName }}\'>{{ contact.firstName }}|{{ contact.metadata.x | upcase | append: contact.firstName }}</p></body></html>',
  };
  /** The tags of the document, and nothing of what they hold. */
  const shapeOf = (html: string): string => html.replace(/>[^<]*/g, '>').replace(/"[^"]*"|'[^']*'/g, '""');
  const expected = shapeOf((await render({ ...content, preheader: 'x' }, { isMarketing: true, isTracked: true })).html);

  await fc.assert(
    fc.asyncProperty(nasty, nasty, async (firstName, x) => {
      const metadata: JsonObject = { x: `.${x}` };
      const contact = { ...ada, firstName, metadata };
      const rendered = await render(content, { contact, isMarketing: true, isTracked: true });
      expect(shapeOf(rendered.html)).toBe(expected);
      expect([rendered.subject, ...Object.values(rendered.headers)].join('')).not.toMatch(/[\r\n\p{Cc}\u2028\u2029]/u);
    }),
    { numRuns: 300 },
  );
});

test('a subject is on one line, without what stands around it, and not endless', async () => {
  expect((await render({ subject: ' a\r\n\tb\u2028c\0 ' })).subject).toBe('a b c');
  const { subject } = await render({ subject: '{{ data.x }}' }, { data: { x: `${'x'.repeat(499)}\u{1f600}` } });
  expect(subject).toBe('x'.repeat(499));
});

test.each<[string, Partial<EmailContent>, string]>([
  ['broken', { html: 'a\n{{ b' }, 'html, line 2, column 1: output "{{ b" not closed'],
  ['endless', { subject: '{% for i in (1..99999999) %}x{% endfor %}' }, 'subject, line 1, column 1: is too much work'],
  [
    'wrong for its values',
    { text: '\n {{ data.n | divided_by: "x" | date: "%Y" | url_decode }}{{ "%" | url_decode }}' },
    'text, line 2',
  ],
  ['gigantic', { html: `{% for i in (1..300) %}${'x'.repeat(9_000)}{% endfor %}` }, 'longer than 2000000 characters'],
])('content that is %s fails for good, with the reason', async (_name, content, message) => {
  const rendering = render(content);
  await expect(rendering).rejects.toThrow(ContentError);
  await expect(rendering).rejects.toThrow(message);
});

test('the text part reads like the HTML', async () => {
  const html = `<html><head><title>No</title><style>p{}</style></head><body>
    <h1>Big news</h1><p>One &amp; two</p><ul><li>a</li><li>b</li></ul>
    <table role="presentation"><tr><td><p>Cell</p></td></tr></table>
    <img src="https://a.test/i.png" alt="Logo"><a href="https://a.test">https://a.test</a><script>no()</script></body></html>`;
  expect((await render({ html })).text).toBe('Big news\n\nOne & two\n\n * a\n * b\n\nCell\n\nhttps://a.test');
});

test('a document nested without an end still has a text part', async () => {
  const { text } = await render({ html: `${'<div>'.repeat(50_000)}deep` });
  expect(text.length).toBeLessThan(100);
});

test('closing tags that close nothing hold nobody up', async () => {
  const startedMs = performance.now();
  const { text } = await render({ html: `<p>Hello</p>${'<b>'.repeat(60_000)}${'</i>'.repeat(75_000)}` });
  expect(text).toMatch(/^Hello/);
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test('a core renders more than a thousand newsletters a second', async () => {
  const article = (index: number): string =>
    `<table role="presentation" width="100%"><tr><td style="padding:12px 0;font:15px/22px Arial">Hello {{ contact.firstName | default: 'friend' }}, ${'words and more words. '.repeat(12)}<a href="https://example.com/${index}?a=1&amp;b=2">Read more</a></td></tr></table>`;
  const articles = Array.from({ length: 10 }, (_each, index) => article(index)).join('\n');
  const content = {
    subject: 'News for {{ contact.firstName }}',
    html: `<html><body>${articles}</body></html>`,
    text: 'Read it at example.com',
  };
  expect(content.html.length).toBeGreaterThan(4_500);
  const perRound = 200;
  let bestMs = Infinity;
  // Time of the processor, and the best of some rounds: the machine does other things as well.
  for (let round = 0; round < 10; round++) {
    const before = process.cpuUsage();
    for (let each = 0; each < perRound; each++) await render(content, { isMarketing: true, isTracked: true });
    const { user, system } = process.cpuUsage(before);
    bestMs = Math.min(bestMs, (user + system) / 1_000 / perRound);
  }
  expect(bestMs).toBeLessThan(1);
});
