/** Where `logs pull` keeps calls, unless told otherwise. */
export const usualStore = 'tollgate-logs';
