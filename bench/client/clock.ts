/** Milliseconds since the epoch with fractions; all processes of a run share the machine's clock. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
