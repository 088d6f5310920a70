import { contentLimits } from '../../domain/template';
import { checkContent } from '../../src/email/content';
import { LiquidProblem, renderLiquid } from '../../src/email/liquid';

function problemOf(source: string, values: object = {}): LiquidProblem {
  try {
    renderLiquid('html', source, values);
  } catch (error) {
    if (error instanceof LiquidProblem) return error;
    throw error;
  }
  throw new Error('it was rendered');
}

/** The second `a` begins with twice the first one's length, and so on. */
const doubled = (assign: string, times: number): string => assign.repeat(times);

describe('a template that would never end, or fill the memory, is stopped:', () => {
  const endless: Record<string, string> = {
    'a range': '{% for i in (1..100000000) %}x{% endfor %}',
    'a range of unheard-of size': '{% for i in (1..99999999999999999999) %}x{% endfor %}',
    'loops in loops':
      '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
    'loops with nothing in them': '{% for i in (1..100000) %}{% for j in (1..100000) %}{% endfor %}{% endfor %}',
    'a table': '{% tablerow i in (1..4000000) %}x{% endtablerow %}',
    'much text in a loop': `{% for i in (1..100000) %}${'x'.repeat(10_000)}{% endfor %}`,
    'text that doubles': `{% assign a = "xxxxxxxxxx" %}${doubled('{% assign a = a | append: a %}', 40)}`,
    'captures that double': `{% capture a %}xxxxxxxxxx{% endcapture %}${doubled('{% capture a %}{{ a }}{{ a }}{% endcapture %}', 40)}`,
    'raw captures that double': `{% capture a %}xxxxxxxxxx{% endcapture %}${doubled('{% capture a %}{{ a | raw }}{{ a | raw }}{% endcapture %}', 40)}`,
    'an array in itself': `{% assign a = "x,y" | split: "," %}${doubled('{% assign a = a | push: a | push: a %}', 40)}{{ a }}`,
    'groups in groups': `{% assign a = "x,y" | split: "," %}${doubled('{% assign a = a | concat: a | group_by: "q" | map: "items" %}', 60)}{{ a }}`,
    'many comparisons in one tag': `{% assign a = "x" %}${doubled('{% assign a = a | append: a %}', 19)}{% if a contains "y"${' or a contains "y"'.repeat(9_000)} %}{% endif %}`,
    'a filter on much with a long path': `{% assign r = "a,b" | split: "," %}${doubled('{% assign r = r | concat: r %}', 15)}{{ r | where: "${'x.'.repeat(10_000)}y", 3 | size }}`,
    'an array of one long text many times': `{% assign a = "x" %}${doubled('{% assign a = a | append: a %}', 19)}{% assign r = a | split: "," %}${doubled('{% assign r = r | concat: r %}', 15)}{{ r }}`,
    'a padded date': '{{ "now" | date: "%1000000000Y" }}',
    'a date of many words': `{{ "now" | date: "${'%c'.repeat(100_000)}" }}`,
    'many dates': '{% for i in (1..1000000) %}{{ "now" | date: "%Y" }}{% endfor %}',
  };

  test.each(Object.entries(endless))('%s', (_name, source) => {
    const startedMs = performance.now();
    const problem = problemOf(source);
    expect(problem.isTooMuch).toBe(true);
    expect(problem.message).toBe('is too much work; let it loop less often or write less');
    // Far above what it takes, and far below what it would take.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  test.each(Object.entries(endless))('%s: refused when it is saved', (_name, source) => {
    expect(checkContent({ subject: 'x', html: source })).toMatchObject([{ field: 'html', line: 1 }]);
  });

  test('tags inside one another', () => {
    const depth = 4_900;
    expect(problemOf('{% if true %}'.repeat(depth) + '{% endif %}'.repeat(depth))).toMatchObject({ isTooMuch: true });
  });

  test('a hundred thousand tags', () => {
    expect(problemOf('{{ a }}'.repeat(70_000)).message).toContain('more than 10000 tags');
  });

  test('more than may be stored', () => {
    expect(problemOf('x'.repeat(contentLimits.html + 1)).message).toBe('is too long');
  });
});

test('an honest template is far from the limits', () => {
  const items = Array.from({ length: 500 }, (_each, index) => ({ name: `Item ${index}`, price: index }));
  const source =
    '{% assign dear = data.items | sort: "price" %}' +
    '{% for item in dear %}<tr><td>{{ item.name | upcase }}</td><td>{{ item.price | times: 1.2 | round: 2 }}</td></tr>{% endfor %}';
  expect(renderLiquid('html', source, { data: { items } }).match(/<tr>/g)).toHaveLength(500);
});

test.each(['include', 'render', 'layout'])('{%% %s %%} reads no file', (tag) => {
  expect(problemOf(`x\n  {% ${tag} "package.json" %}`)).toMatchObject({
    message: `{% ${tag} %} is not available: a template stands alone`,
    line: 2,
    column: 3,
  });
});

test.each([
  ['{{ contact.constructor.name }}', ''],
  ['{{ contact.__proto__ }}{{ contact.toString }}', ''],
  ['{{ contact["hasOwnProperty"] }}', ''],
  ['{{ data.length.constructor }}', ''],
])('%s reaches nothing of JavaScript', (source, expected) => {
  expect(renderLiquid('html', source, { contact: { x: 'own' }, data: [] })).toBe(expected);
});

test('what a part has counted up is not seen by the next', () => {
  const values = { contact: {} };
  expect([1, 2].map(() => renderLiquid('html', '{% increment n %}', values))).toEqual(['0', '0']);
  expect(values).toEqual({ contact: {} });
});

describe('values in HTML', () => {
  const values = { a: `<b>"it's"</b> & more`, lines: 'one\n<two>', list: [`<b>"it's"</b> & more`] };
  const escaped = '&lt;b&gt;&#34;it&#39;s&#34;&lt;/b&gt; &amp; more';

  test.each([
    ['{{ a }}', escaped],
    ['{{ a | escape }}', escaped],
    ['{{ a | escape_once }}', escaped],
    ['{{ a | append: "!" }}', `${escaped}!`],
    ['{% assign b = a %}{{ b }}', escaped],
    ['{% capture b %}{{ a }}{% endcapture %}{{ b | raw }}', escaped],
    ['{% echo a %}', escaped],
    ['{% cycle a %}', escaped],
    ['{% tablerow x in list %}{{ x }}{% endtablerow %}', `<tr class="row1"><td class="col1">${escaped}</td></tr>`],
    ['{{ lines | newline_to_br }}', 'one<br />\n&lt;two&gt;'],
    ['{{ lines | escape | newline_to_br }}', 'one<br />\n&lt;two&gt;'],
    ['{{ a | raw }}', values.a],
  ])('%s', (source, expected) => {
    expect(renderLiquid('html', source, values)).toBe(expected);
  });

  test('are plain text in the other parts', () => {
    for (const field of ['subject', 'preheader', 'text'] as const) {
      expect(renderLiquid(field, '{{ a }}', values)).toBe(values.a);
    }
  });
});

test.each([
  ['Hi {{ contact.firstName', 1, 4, 'output "{{ contact.firstName" not closed'],
  ['<p>\n{% if a %}\n<p>', 2, 1, 'tag {% if a %} not closed'],
  ['<p>\n\n  {{ a | shout }}', 3, 3, 'undefined filter: shout'],
  ['{% nothing %}', 1, 1, 'tag "nothing" not found'],
  ['x\n{% endfor %}', 2, 1, 'tag "endfor" not found'],
])('%j does not parse: the line, the column and the reason', (html, line, column, message) => {
  expect(checkContent({ subject: 'x', html })).toEqual([{ field: 'html', line, column, message }]);
});

test('every part is checked, and what only lacks values is no problem', () => {
  expect(
    checkContent({ subject: '{{ a', preheader: '{{ b', html: '{{ 1 | divided_by: data.n }}', text: '{% c %}' }).map(
      ({ field }) => field,
    ),
  ).toEqual(['subject', 'preheader', 'text']);
  expect(checkContent({ html: '{{ data.a.b.c | upcase }}', text: null })).toEqual([]);
});
