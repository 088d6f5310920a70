import { createContext, useContext } from 'react';
import type { Place } from './draft';
import type { Fault } from './problems';
import type { Step } from './queries';
import type { Names } from './words';

/** What can be done to the flow while it is edited. */
export interface FlowEditing {
  openKey: string | undefined;
  toggle: (key: string) => void;
  insert: (place: Place, type: Step['type']) => void;
  change: (key: string, step: Step) => void;
  remove: (place: Place) => void;
  move: (place: Place, by: 1 | -1) => void;
}

interface FlowView {
  names: Names;
  /** By the place of a step in the draft. */
  faults: ReadonlyMap<string, Fault[]>;
  /** How many runs stand at each step, by its place in the version that is shown. */
  standing: ReadonlyMap<string, number>;
  /** Shows the runs at a step. */
  runsAt: (place: string) => string;
  /** Absent where the flow is only shown. */
  editing?: FlowEditing;
}

export const FlowContext = createContext<FlowView>({
  names: { lists: [], templates: [] },
  faults: new Map(),
  standing: new Map(),
  runsAt: () => '',
});

export function useFlow(): FlowView {
  return useContext(FlowContext);
}
