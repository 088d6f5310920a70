import { Navigate, type RouteObject } from 'react-router';

export const settingsRoutes: RouteObject[] = [
  { path: '/settings', Component: () => <Navigate to="/settings/general" replace /> },
  { path: '/settings/general', lazy: async () => ({ Component: (await import('./general')).GeneralPage }) },
  { path: '/settings/api', lazy: async () => ({ Component: (await import('./api-keys')).ApiKeysPage }) },
  {
    path: '/settings/integrations',
    lazy: async () => ({ Component: (await import('./integrations')).IntegrationsPage }),
  },
  { path: '/settings/webhooks', lazy: async () => ({ Component: (await import('./webhooks')).WebhooksPage }) },
  {
    path: '/settings/webhooks/:id/:tab?',
    lazy: async () => ({ Component: (await import('./endpoint')).EndpointPage }),
  },
  { path: '/settings/sending', lazy: async () => ({ Component: (await import('./sending')).SendingPage }) },
];
