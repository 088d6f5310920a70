import fc from 'fast-check';
import { openPixel, trackLinks } from '../../src/email/html-links';
import { editHtml, findPlaces } from '../../src/email/html-places';
import { createLinkSigner } from '../../src/email/links';

const links = createLinkSigner('a key of the tests');
const emailId = 'eml_0123456789abcdef01234567';
const publicUrl = 'https://mail.acme.com';
const tracked = { emailId, publicUrl, links };

const track = (html: string): string => editHtml(html, trackLinks(findPlaces(html).links, tracked));
/** Where the links of a tracked document lead. */
const destinations = (html: string): (string | undefined)[] =>
  [...html.matchAll(/\/t\/c\/([\w.-]+)/g)].map(([, token = '']) => links.readClick(token)?.url);
const click = (url: string): string => `${publicUrl}/t/c/${links.click(emailId, url)}`;

test.each([
  ['double quotes', '<p>a <a class="x" href="https://a.test/" id=y>b</a>', 'https://a.test/'],
  ['single quotes', `<a href='https://a.test/x'>b</a>`, 'https://a.test/x'],
  ['no quotes', '<a href=https://a.test/x>b</a>', 'https://a.test/x'],
  ['no quotes, at the end of the tag', '<a href=https://a.test/x/>b</a>', 'https://a.test/x/'],
  ['capitals', '<A HREF="HTTPS://a.test/">b</A>', 'HTTPS://a.test/'],
  ['spaces around the sign', '<a href \n=\t "https://a.test/">b</a>', 'https://a.test/'],
  ['spaces in the value', '<a href=" https://a.test/\n ">b</a>', 'https://a.test/'],
  ['a line break in the value', '<a href="https://a.te\nst/">b</a>', 'https://a.test/'],
  ['entities', '<a href="https://a.test/?a=1&amp;b=2&#x26;c=3&copy=4">b</a>', 'https://a.test/?a=1&b=2&c=3&copy=4'],
  ['an entity at the start', '<a href="&#104;ttps://a.test/">b</a>', 'https://a.test/'],
  ['letters of other scripts', '<a href="https://a.test/ä b">c</a>', 'https://a.test/%C3%A4%20b'],
  ['an area', '<map><area shape="rect" href="http://a.test/"></map>', 'http://a.test/'],
  ['a second href', '<a href="https://a.test/" href="https://b.test/">c</a>', 'https://a.test/'],
  [
    'an attribute that looks like a tag',
    '<a title="</body><a href=x>" href="https://a.test/">c</a>',
    'https://a.test/',
  ],
])('a link with %s leads over the redirect', (_name, html, url) => {
  expect(destinations(track(html))).toEqual([url]);
});

test.each([
  ['mail', '<a href="mailto:ada@a.test">x</a>'],
  ['a telephone', '<a href="tel:+123">x</a>'],
  ['the document itself', '<a href="#top">x</a>'],
  ['nowhere', '<a href="">x</a><a href>x</a><a name="y">x</a>'],
  ['a relative page', '<a href="/page">x</a><a href="//a.test/">x</a>'],
  ['script', '<a href="javascript:alert(1)">x</a>'],
  ['no host', '<a href="https://">x</a>'],
  ['the unsubscribe page', `<a href="${publicUrl}/u/token">x</a>`],
  [
    'where its author said so',
    '<a data-no-track href="https://a.test/">x</a><a href="https://a.test/" DATA-NO-TRACK="">x</a>',
  ],
  ['too far', `<a href="https://a.test/${'x'.repeat(5_000)}">x</a>`],
])('a link to %s is left alone', (_name, html) => {
  expect(track(html)).toBe(html);
});

test.each([
  ['a comment', '<!-- <a href="https://a.test/">x</a> -->'],
  ['a conditional comment', '<!--[if mso]><a href="https://a.test/">x</a><![endif]-->'],
  ['a style', '<style>a:after{content:"<a href=https://a.test/>"}</style>'],
  ['a script', '<script>"<a href=\'https://a.test/\'>"</script>'],
  ['a title', '<title><a href="https://a.test/"></title>'],
  ['another tag', '<link href="https://a.test/"><base href="https://a.test/"><img src="https://a.test/">'],
  ['a tag that does not end', '<a href="https://a.test/"'],
  ['a value that does not end', '<a href="https://a.test/>x</a>'],
])('what looks like a link in %s is none', (_name, html) => {
  expect(track(html)).toBe(html);
});

test('what stands around the links stays as it is, byte for byte', () => {
  const around = [
    '<P  Class = x >\r\n&nbsp;&unknown; ä <br/>',
    '\u0000 <![if !mso]>',
    '</A></p >\n\n<!doctype nonsense>',
  ];
  const html = around.join('<a\n href="https://a.test/">');
  expect(track(html)).toBe(around.join(`<a\n href="${click('https://a.test/')}">`));
});

test('a document without links is untouched, whatever it is', () => {
  const piece = fc.constantFrom(
    ...[
      '<',
      '>',
      '</',
      '/>',
      '"',
      "'",
      '=',
      ' ',
      '&',
      '&amp;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<script>',
      '</script>',
    ],
    ...[
      '<body>',
      '</body>',
      '</html>',
      'href',
      'https://a.test/',
      '<p',
      '<title>',
      '<?x',
      'ä',
      '\u{1f600}',
      '\n',
      '\0',
    ],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const html = pieces.join('').replace(/<a/gi, '<x');
      const places = findPlaces(html);
      expect(places.links).toEqual([]);
      expect(places.bodyStart).toBeGreaterThanOrEqual(0);
      expect(places.bodyEnd).toBeGreaterThanOrEqual(places.bodyStart);
      expect(places.bodyEnd).toBeLessThanOrEqual(html.length);
    }),
    { numRuns: 500 },
  );
});

test('any address of the web comes out of its link as a browser would read it', () => {
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.constantFrom('"', "'"),
      (url, quote) => {
        const html = `<p><a href=${quote}${url.replaceAll('&', '&amp;').replaceAll("'", '&#39;')}${quote}>x</a></p>`;
        const [destination, ...more] = destinations(track(html));
        expect(more).toEqual([]);
        expect(new URL(destination ?? '').href).toBe(new URL(url).href);
        expect(destination).toMatch(/^[\x21-\x7e]+$/);
      },
    ),
  );
});

test('the token in a link is for this email', () => {
  const [, token = ''] = /\/t\/c\/([^"]+)/.exec(track('<a href="https://a.test/">x</a>')) ?? [];
  expect(links.readClick(token)).toEqual({ emailId, url: 'https://a.test/' });
  const [, open = ''] = /src="https:\/\/mail\.acme\.com\/t\/o\/([^"]+)"/.exec(openPixel(tracked)) ?? [];
  expect(links.readOpen(open)).toEqual({ emailId });
});

test.each([
  ['<!doctype html><html><head><title>x</title></head><body class="y">|<p>z</p>|</body></html>'],
  ['<html><head></head >|<p>z</p>|</html>'],
  ['<!DOCTYPE html>\n<html lang="en">|<p>z|'],
  ['<!doctype html>|<p>z|'],
  ['|<p>z <!-- </body> --> <![if !mso]> y|'],
  ['<body>|<p>z</body> w|</body>'],
  ['||'],
])('%s: where the body begins and ends', (marked) => {
  const [head = '', body = ''] = marked.split('|');
  const { bodyStart, bodyEnd } = findPlaces(marked.replaceAll('|', ''));
  expect([bodyStart, bodyEnd]).toEqual([head.length, head.length + body.length]);
});
