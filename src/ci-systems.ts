/** CI systems that `init` writes a file for, by the name of the flag. */
export const ciSystems = ['github', 'none'] as const;

export type WrittenCi = (typeof ciSystems)[number];
