import { createBrowserRouter, type RouteObject } from 'react-router';
import { Failed } from './layout/failed';
import { NotFound } from './layout/not-found';
import { Shell } from './layout/shell';
import { accountRoutes, openAccountRoutes } from './pages/account/routes';
import { automationRoutes } from './pages/automations/routes';
import { deliveryRoutes, openDeliveryRoutes } from './pages/deliveries/routes';
import { emailRoutes } from './pages/email/routes';
import { overviewRoutes } from './pages/overview/routes';
import { peopleRoutes } from './pages/people/routes';
import { settingsRoutes } from './pages/settings/routes';

/** Pages for those who are signed in. Each is loaded when it is first opened. */
const pages: RouteObject[] = [
  ...overviewRoutes,
  ...deliveryRoutes,
  ...peopleRoutes,
  ...automationRoutes,
  ...emailRoutes,
  ...settingsRoutes,
  ...accountRoutes,
  { path: '*', Component: NotFound },
];

export const router = createBrowserRouter([
  ...[...openAccountRoutes, ...openDeliveryRoutes].map((route) => ({
    ...route,
    ErrorBoundary: Failed,
    HydrateFallback: () => null,
  })),
  {
    path: '/',
    Component: Shell,
    ErrorBoundary: Failed,
    HydrateFallback: () => null,
    children: [{ ErrorBoundary: Failed, children: pages }],
  },
]);
