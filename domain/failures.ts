/** Types of the failures that close a workflow or that an activity declares final. Operators see them in the Web UI. */
export const failureTypes = {
  /** Every attempt of the timeline failed and nobody retriggered the delivery while it stayed open. */
  deliveryFailed: 'DeliveryFailed',
  /** The document that the workflow is about is not there: nothing that a retry could mend. */
  notFound: 'NotFound',
} as const;
