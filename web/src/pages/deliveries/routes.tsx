import type { RouteObject } from 'react-router';

export const deliveryRoutes: RouteObject[] = [
  { path: '/deliveries', lazy: async () => ({ Component: (await import('./log')).DeliveriesPage }) },
  { path: '/deliveries/:id', lazy: async () => ({ Component: (await import('./delivery')).DeliveryPage }) },
];
export const openDeliveryRoutes: RouteObject[] = [
  { path: '/shared/:token', lazy: async () => ({ Component: (await import('./shared')).SharedPage }) },
];
