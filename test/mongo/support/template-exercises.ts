import type { Template } from '../../../domain/template';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { list, nothing, now, numbers, onEachPage, one, type Exercises } from './exercise';
import { at, few, idOf, many, workspaceOf, workspaces } from './filled';

const [workspaceId] = workspaces;

function templateOf(row: number): Template {
  return {
    ...{ id: idOf('template', row), workspaceId: workspaceOf(row), name: 'Welcome' },
    ...{ subject: 'Hello', preheader: 'From us', html: '<p>Hello</p>', text: 'Hello' },
    ...{ createdAtMs: at(row).getTime(), updatedAtMs: at(row).getTime() },
  };
}

export async function fillTemplates(stores: Stores): Promise<void> {
  await stores.templates.collection.insertMany(
    numbers(few + many).map((row) => {
      const { id, createdAtMs: _createdAtMs, updatedAtMs: _updatedAtMs, ...rest } = templateOf(row);
      return { _id: id, ...rest, createdAt: at(row), updatedAt: at(row) };
    }),
  );
}

/** The store of templates; see exercises.ts. */
export function templateExercisesOf(stores: Stores): { templates: Exercises<Stores['templates']> } {
  return {
    templates: {
      insert: { ...nothing, run: () => stores.templates.insert({ ...templateOf(1), id: newId('template') }) },
      get: { ...one, run: () => stores.templates.get(workspaceId, idOf('template', 1)) },
      change: {
        ...one,
        run: () =>
          stores.templates.change(workspaceId, idOf('template', 2), { subject: 'Hi', text: null, html: 'x' }, now),
      },
      delete: { ...one, run: () => stores.templates.delete(workspaceId, idOf('template', 9)) },
      page: { ...list, run: onEachPage((page) => stores.templates.page(workspaceId, page)) },
    },
  };
}
