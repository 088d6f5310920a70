/** Links to a workflow in the Temporal Web UI; null where no UI is known. The UI opens the newest run by itself. */
export function workflowUrl(uiUrl: string | undefined, namespace: string): (workflowId: string) => string | null {
  if (uiUrl === undefined) return () => null;
  return (workflowId) =>
    `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
