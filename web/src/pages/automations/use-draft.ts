import { useReducer } from 'react';
import { insertNode, moveNode, removeNode, replaceStep, withPlaces, type Draft, type Node, type Place } from './draft';
import type { Step } from './queries';

interface State {
  draft: Draft;
  /** Drafts before the last changes, for undo. */
  past: Draft[];
  openKey: string | undefined;
}
export type DraftAction =
  | { type: 'set'; change: Partial<Omit<Draft, 'nodes'>> }
  | { type: 'step'; key: string; step: Step }
  | { type: 'insert'; place: Place; node: Node }
  | { type: 'remove'; place: Place }
  | { type: 'move'; place: Place; by: 1 | -1 }
  | { type: 'open'; key: string | undefined }
  | { type: 'undo' }
  /** The draft is what is saved now: the places of its steps are those of the saved version. */
  | { type: 'saved' };

const maxPast = 100;

function reduce(state: State, action: DraftAction): State {
  const { draft, past, openKey } = state;
  /** What can be taken back; typing is not, since inputs have an undo of their own. */
  const keep = (nodes: Node[], open = openKey): State => ({
    draft: { ...draft, nodes },
    past: [...past, draft].slice(-maxPast),
    openKey: open,
  });
  switch (action.type) {
    case 'set':
      return { ...state, draft: { ...draft, ...action.change } };
    case 'step':
      return { ...state, draft: { ...draft, nodes: replaceStep(draft.nodes, action.key, action.step) } };
    case 'insert':
      return keep(insertNode(draft.nodes, action.place, action.node), action.node.key);
    case 'remove':
      return keep(removeNode(draft.nodes, action.place));
    case 'move':
      return keep(moveNode(draft.nodes, action.place, action.by));
    case 'open':
      return { ...state, openKey: action.key };
    case 'undo': {
      const before = past.at(-1);
      return before ? { draft: { ...draft, nodes: before.nodes }, past: past.slice(0, -1), openKey } : state;
    }
    case 'saved':
      return { ...state, draft: { ...draft, nodes: withPlaces(draft.nodes) }, past: [] };
  }
}

/** An automation while it is edited. */
export function useDraft(first: Draft) {
  const [state, dispatch] = useReducer(reduce, { draft: first, past: [], openKey: undefined });
  return { ...state, dispatch };
}
