/** The script of a page that calls the API of another origin. */
import { callFromAfar, makeCalls, makeMistakes } from "./calls.ts";

export interface SdkScope {
  readonly sdk: {
    readonly callFromAfar: typeof callFromAfar;
    readonly makeCalls: typeof makeCalls;
    readonly makeMistakes: typeof makeMistakes;
  };
}

Object.assign(globalThis, { sdk: { callFromAfar, makeCalls, makeMistakes } } satisfies SdkScope);
