import type { RouteObject } from 'react-router';

export const automationRoutes: RouteObject[] = [
  { path: '/automations', lazy: async () => ({ Component: (await import('./automations')).AutomationsPage }) },
  { path: '/automations/new', lazy: async () => ({ Component: (await import('./automation')).NewAutomationPage }) },
  { path: '/automations/:id', lazy: async () => ({ Component: (await import('./automation')).AutomationPage }) },
  { path: '/automations/:id/runs/:runId', lazy: async () => ({ Component: (await import('./run')).RunPage }) },
];
