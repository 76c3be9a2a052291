/** How many threads an operator takes where nobody says. */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const CPUS = "/sys/devices/system/cpu";

/**
 * Cores that this process may compute on, one for all hardware threads of a core; undefined where the system does not tell them as files.
 *
 * Told to ONNX Runtime, whose own count is half of the processors where it cannot make out the cores: in virtual machines of two it computed on one.
 * @param cpus Linux's folder of processors
 */
export function coresHere(cpus = CPUS, most = availableParallelism()): number | undefined {
  try {
    const siblings = readdirSync(cpus)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => readFileSync(join(cpus, name, "topology", "thread_siblings_list"), "utf8").trim());
    return siblings.length === 0 ? undefined : Math.min(new Set(siblings).size, most);
  } catch {
    return undefined;
  }
}
