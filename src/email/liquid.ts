import { Liquid, LiquidError, type Template } from 'liquidjs';
import { LRUCache } from 'lru-cache';
import { contentLimits, type ContentField, type ContentProblem } from '../../domain/template';
import { boundOperators, boundWork, renderTimeMs, workBudget } from './liquid-budget';

/** Templates that stay parsed, in characters of their source: those of the campaigns under way, with room to spare. */
const keptCharacters = 4_000_000;
const keptTemplates = 500;

/** Tags and outputs of a part: parsing takes longer than in proportion to them. */
const maxTags = 10_000;

/** They would read files. */
const fileTags = ['include', 'render', 'layout', 'block'];

/** Values from outside become text in HTML: `| raw` alone lets markup through. */
const htmlEngine = createEngine({ outputEscape: 'escape' });
keepEscaped(htmlEngine);
const textEngine = createEngine({});

/** A part of an email, ready to be rendered. */
interface ParsedPart {
  templates: Template[];
  engine: Liquid;
}
const parsedParts = new LRUCache<string, ParsedPart>({
  max: keptTemplates,
  maxSize: keptCharacters,
  sizeCalculation: (_part, key) => key.length,
});

/** Liquid that cannot be parsed or rendered, with its place. */
export class LiquidProblem extends Error {
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
    /** It asks for more than a part may cost, whatever the values are. */
    readonly isTooMuch: boolean,
  ) {
    super(message);
  }
}

/** Renders a part with these values. Throws LiquidProblem. */
export function renderLiquid(field: ContentField, source: string, values: object): string {
  const { engine, templates } = parseLiquid(field, source);
  // A copy for each part: `increment` writes into it.
  const render = (): string => String(engine.renderSync(templates, { ...values }));
  try {
    return render();
  } catch (error) {
    // The clock may have run while the machine stood still: only what takes too long twice does take too long.
    if (!isOutOfTime(error)) throw problemOf(error);
  }
  try {
    return render();
  } catch (error) {
    throw problemOf(error);
  }
}

/** Throws LiquidProblem for what is not Liquid. */
export function parseLiquid(field: ContentField, source: string): ParsedPart {
  const key = `${field === 'html' ? 'html' : 'text'}:${source}`;
  const kept = parsedParts.get(key);
  if (kept) return kept;
  const engine = field === 'html' ? htmlEngine : textEngine;
  if ((source.match(/\{[{%]/g)?.length ?? 0) > maxTags) {
    throw new LiquidProblem(`has more than ${maxTags} tags; use fewer`, 1, 1, true);
  }
  try {
    const part = { engine, templates: engine.parse(source) };
    parsedParts.set(key, part);
    return part;
  } catch (error) {
    throw problemOf(error);
  }
}

/** The problem as content has it. */
export function toContentProblem(field: ContentField, { message, line, column }: LiquidProblem): ContentProblem {
  return { field, line, column, message };
}

function createEngine(options: { outputEscape?: 'escape' }): Liquid {
  const engine = new Liquid({
    ...options,
    // What is not there is empty: contacts differ in what is known of them. A filter that is not there is a mistake.
    strictFilters: true,
    ownPropertyOnly: true,
    // Nothing is read from files; the tags that would are refused below.
    templates: {},
    operators: boundOperators,
    parseLimit: contentLimits.html,
    renderLimit: renderTimeMs,
    memoryLimit: workBudget,
    // The same email wherever it is rendered.
    timezoneOffset: 0,
    locale: 'en-US',
  });
  for (const name of fileTags) {
    engine.registerTag(name, {
      parse() {
        throw new Error(`{% ${name} %} is not available: a template stands alone`);
      },
      render: () => undefined,
    });
  }
  boundWork(engine);
  return engine;
}

/** What has been escaped by the template itself is not escaped a second time. */
function keepEscaped(engine: Liquid): void {
  const once = engine.filters['escape_once'];
  for (const name of ['escape', 'escape_once', 'xml_escape', 'newline_to_br']) {
    const filter = engine.filters[name];
    if (typeof filter !== 'object' || typeof once !== 'object') continue;
    engine.registerFilter(name, {
      raw: true,
      *handler(value: unknown): Generator<unknown, unknown, unknown> {
        const escaped: unknown = yield once.handler.call(this, value);
        return name === 'newline_to_br' ? yield filter.handler.call(this, escaped) : escaped;
      },
    });
  }
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('template render limit exceeded');
}

function problemOf(error: unknown): LiquidProblem {
  if (!(error instanceof Error)) return new LiquidProblem('it cannot be rendered', 1, 1, false);
  const [line, column] = LiquidError.is(error) ? error.token.getPosition() : [1, 1];
  const reason = error.message.replace(/, line:\d+, col:\d+$/, '');
  if (/^(memory alloc|template render) limit exceeded/.test(reason)) {
    const message = 'is too much work; let it loop less often or write less';
    return new LiquidProblem(message, line ?? 1, column ?? 1, true);
  }
  if (reason.startsWith('parse length limit')) return new LiquidProblem('is too long', 1, 1, false);
  if (reason.startsWith('Maximum call stack')) {
    return new LiquidProblem('nests too deeply; use fewer tags inside one another', line ?? 1, column ?? 1, true);
  }
  return new LiquidProblem(reason, line ?? 1, column ?? 1, false);
}
