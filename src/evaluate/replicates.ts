/** How many bootstrap replicates an interval is made of. */

/** Bootstrap replicates by default. */
export const DEFAULT_REPLICATES = 200;

/** The same of Fréchet distances, which cost the cube of the features' width. */
export const defaultReplicates = (dim: number): number => (dim <= 256 ? DEFAULT_REPLICATES : dim <= 1024 ? 50 : 10);

/** The same of patch distances, each of which is a Fréchet distance at every place. */
export const PATCH_REPLICATES = 50;
