/** How much memory this process may have. */
import { totalmem } from "node:os";

/** Bytes that the process may take: the container's bound where there is one, else the machine's memory. */
export function availableBytes(): number {
  const machine = totalmem();
  // 0, or a number beyond all memory, where nothing binds the process.
  const bound = process.constrainedMemory();
  return bound > 0 && bound < machine ? bound : machine;
}
