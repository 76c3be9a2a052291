// What processes take of the machine, and what a NATS server has sent and received. Linux only.
import { readFileSync } from "node:fs";

/** Milliseconds of processor time that a process has taken (clock ticks are 10 ms on Linux). */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);

/** The same of all processors together, whoever it was for. */
function machineMs() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return 10 * (user + nice + system + irq + softirq + steal);
}

/** Milliseconds of processor time of a process and those that it started. */
export const treeMs = (pid) => childrenOf(pid).reduce((sum, child) => sum + treeMs(child), cpuMs(pid));

/** Begins to watch how many cores work that is neither a process nor its children takes; the returned function tells. */
export function watchOthers(pid) {
  const others = () => machineMs() - treeMs(pid);
  const [before, begun] = [others(), performance.now()];
  return () => (others() - before) / (performance.now() - begun);
}

/** Most bytes that a process and those that it started have had resident. */
export function peakBytes(pid) {
  const own = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  return childrenOf(pid).reduce((sum, child) => sum + peakBytes(child), own);
}

/**
 * Messages and bytes that NATS servers have had from clients and sent to them, all servers together.
 * @param {readonly string[]} monitors addresses of their monitors
 */
export async function natsTraffic(monitors) {
  const total = { messages: 0, bytes: 0 };
  for (const monitor of monitors) {
    const { in_msgs, out_msgs, in_bytes, out_bytes } = await (await fetch(`${monitor}/varz`)).json();
    total.messages += in_msgs + out_msgs;
    total.bytes += in_bytes + out_bytes;
  }
  return total;
}
