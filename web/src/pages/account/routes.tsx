import type { RouteObject } from 'react-router';

/** Within the frame, for those who are signed in. */
export const accountRoutes: RouteObject[] = [
  { path: '/settings/people', lazy: async () => ({ Component: (await import('./people')).PeoplePage }) },
  { path: '/account', lazy: async () => ({ Component: (await import('./account')).AccountPage }) },
];

/** For anybody. */
export const openAccountRoutes: RouteObject[] = [
  { path: '/login', lazy: async () => ({ Component: (await import('./sign-in')).SignInPage }) },
  { path: '/join/:token', lazy: async () => ({ Component: (await import('./join')).JoinPage }) },
];
