import type { Step, StepPosition } from './automation';

/** `2.then.0`: a position as text, for keys, queries and addresses. */
export function positionText(position: StepPosition): string {
  return position.join('.');
}

/** The position that a text names; undefined when it names none. */
export function parsePosition(text: string): StepPosition | undefined {
  if (!/^\d{1,3}(\.(then|else)\.\d{1,3})*$/.test(text)) return undefined;
  return text.split('.').map((part) => (part === 'then' || part === 'else' ? part : Number(part)));
}

/** A position to go on from, where there is one: what is absent is left out. */
export function following(next: StepPosition | undefined): { next?: StepPosition } {
  return next === undefined ? {} : { next };
}

/**
 * Whether a step does something to the contact or the world. Only those are held while the automation is paused: time
 * and decisions go on.
 */
export function hasEffect(step: Step): boolean {
  switch (step.type) {
    case 'updateContact':
    case 'addToList':
    case 'removeFromList':
    case 'webhook':
    case 'sendEmail':
      return true;
    case 'wait':
    case 'condition':
    case 'waitForEmail':
    case 'end':
      return false;
  }
}
