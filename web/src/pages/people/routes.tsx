import type { RouteObject } from 'react-router';

export const peopleRoutes: RouteObject[] = [
  { path: '/contacts', lazy: async () => ({ Component: (await import('./contacts')).ContactsPage }) },
  { path: '/contacts/:id', lazy: async () => ({ Component: (await import('./contact')).ContactPage }) },
  { path: '/lists', lazy: async () => ({ Component: (await import('./lists')).ListsPage }) },
  { path: '/lists/:id', lazy: async () => ({ Component: (await import('./list')).ListPage }) },
  { path: '/imports', lazy: async () => ({ Component: (await import('./imports')).ImportsPage }) },
  { path: '/imports/new', lazy: async () => ({ Component: (await import('./new-import')).NewImportPage }) },
  { path: '/imports/:id', lazy: async () => ({ Component: (await import('./import')).ImportPage }) },
  { path: '/forms', lazy: async () => ({ Component: (await import('./forms')).FormsPage }) },
  { path: '/forms/new', lazy: async () => ({ Component: (await import('./new-form')).NewFormPage }) },
  { path: '/forms/:id', lazy: async () => ({ Component: (await import('./form')).FormPage }) },
  { path: '/suppressions', lazy: async () => ({ Component: (await import('./suppressions')).SuppressionsPage }) },
];
