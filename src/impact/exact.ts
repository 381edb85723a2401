/** Where impact and its readers find exact arithmetic; it lives below, since prices need it too. */
export * from '../exact.ts';
