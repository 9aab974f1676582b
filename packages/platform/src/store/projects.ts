/** The header in which the platform's own workers say for which project they ask. */
export const projectHeader = 'X-Modelwright-Project';

/** Stands for every project: the platform's own workers take jobs of all. */
export const everyProject = '*';
