/** Types of the failures that close a workflow or that an activity declares final. Operators see them in the Web UI. */
export const failureTypes = {
  /** Every attempt of the timeline failed and nobody retriggered the delivery while it stayed open. */
  deliveryFailed: 'DeliveryFailed',
  /** A part of a sweep failed three times; the next sweep tries again. */
  sweepFailed: 'SweepFailed',
} as const;
