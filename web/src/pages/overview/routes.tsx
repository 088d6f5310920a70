import type { RouteObject } from 'react-router';

export const overviewRoutes: RouteObject[] = [
  { index: true, lazy: async () => ({ Component: (await import('./overview')).Overview }) },
  { path: '/events', lazy: async () => ({ Component: (await import('./events')).Events }) },
  { path: '/events/:id', lazy: async () => ({ Component: (await import('./event')).EventPage }) },
  { path: '/rejections', lazy: async () => ({ Component: (await import('./rejections')).Rejections }) },
  { path: '/rejections/:id', lazy: async () => ({ Component: (await import('./rejection')).RejectionPage }) },
  { path: '/why', lazy: async () => ({ Component: (await import('./why')).Why }) },
];
