import { defaultOperators, filters, type Context, type Liquid, type Template } from 'liquidjs';

/**
 * What rendering one part of an email may cost at most: characters that are written or made, items of arrays, and
 * steps. It is counted and not timed, so that it stops the same template at the same place on every machine.
 */
export const workBudget = 5_000_000;
/** A step (a tag, an output, a filter, a comparison) counts as this much. */
const stepWork = 20;
/** A character of a date's format. */
const formatWork = 100;
/** And each node of an array or object that a filter has made. */
const nodeWork = 4;
/** For what is slow and cheap to ask for, such as dates: far more than any honest template takes. */
export const renderTimeMs = 500;

/** These run an expression over every item, one inside the other, and no limit is looked at between. */
const refusedFilters = Object.keys(filters).filter((name) => name.endsWith('_exp'));

type Emitter = NonNullable<Parameters<Liquid['renderer']['renderTemplates']>[2]>;

/**
 * Makes an engine keep to the budget. LiquidJS has limits of its own and counts much, but not text that is written or
 * captured, not the steps, not what comparisons cost, and not arrays that hold themselves many times over.
 */
export function boundWork(engine: Liquid): void {
  for (const name of refusedFilters) engine.unregisterFilter(name);
  for (const [name, filter] of Object.entries(engine.filters)) {
    const { handler, raw } = typeof filter === 'function' ? { handler: filter, raw: false } : filter;
    engine.registerFilter(name, {
      raw,
      *handler(value: unknown, ...args: unknown[]): Generator<unknown, unknown, unknown> {
        step(this.context, itemsOf(value) * args.reduce<number>((sum, arg) => sum + itemsOf(arg), 1));
        // A format's characters are steps of their own: `%c` asks for the words of a language.
        if (name.startsWith('date')) this.context.memoryLimit.use(formatWork * args.reduce<number>(addLength, 0));
        const result: unknown = yield handler.call(this, value, ...args);
        charge(this.context, result);
        return result;
      },
    });
  }
  const { renderer } = engine;
  const render = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = function* (
    templates: Template[],
    context: Context,
    emitter: Emitter = new CountingEmitter(context),
  ): IterableIterator<unknown> {
    step(context, templates.length * stepWork);
    const written: unknown = yield* render(templates, context, emitter);
    return written;
  };
}

/** Liquid's comparisons, within the budget. */
export const boundOperators = Object.fromEntries(
  Object.entries(defaultOperators).map(([name, handler]) => {
    if (name === 'not') return [name, handler];
    return [
      name,
      function* (left: unknown, right: unknown, context: Context): Generator<unknown, boolean, unknown> {
        step(context, 0);
        if (name !== 'and' && name !== 'or') {
          charge(context, left);
          charge(context, right);
        }
        return (yield Reflect.apply(handler, undefined, [left, right, context])) === true;
      },
    ];
  }),
);

function step(context: Context, work: number): void {
  context.renderLimit.check(performance.now());
  context.memoryLimit.use(stepWork + work);
}

/** How often a filter does what it does for one item: for each item, and for each character of what it looks for. */
function itemsOf(value: unknown): number {
  return Array.isArray(value) ? value.length : typeof value === 'string' ? value.length / 16 : 0;
}

function addLength(sum: number, value: unknown): number {
  return sum + (typeof value === 'string' ? value.length : 0);
}

/** Counts a value with all that it holds; a shared part each time that it is met, as whoever prints it does. */
function charge(context: Context, value: unknown): void {
  const open: unknown[] = [value ?? null];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    context.memoryLimit.use(typeof next === 'string' ? nodeWork + next.length : nodeWork);
    if (typeof next !== 'object' || next === null) continue;
    for (const child of Object.values(next)) open.push(child ?? null);
  }
}

/** Collects what is written, and counts it. */
class CountingEmitter implements Emitter {
  buffer = '';

  constructor(private readonly context: Context) {}

  write(value: unknown): void {
    const text = textOf(value);
    this.context.memoryLimit.use(text.length);
    this.buffer += text;
  }
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      if (value == null) return '';
      // As LiquidJS has it: what a template wants of an object it has to name.
      return Array.isArray(value) ? value.map(textOf).join('') : '[object Object]';
  }
}
