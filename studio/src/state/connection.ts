/** The line to the server: what is known of it, and what is made good when it comes back. */
import { TokenError } from "../backend/token.ts";
import { openModel, refreshModel } from "./actions.ts";
import { get, say, set } from "./store.ts";

/** Follows the server of the backend, where it has one. The returned function ends it. */
export function followConnection(): () => void {
  const end = get().backend?.connection?.watch((link) => {
    const was = get().link;
    set({ link });
    if (link.status === "up" && was?.status === "down") void returned();
  });
  const ask = (): void => {
    if (document.visibilityState === "visible" && get().link?.status === "down")
      void get().backend?.connection?.tryNow();
  };
  addEventListener("online", ask);
  document.addEventListener("visibilitychange", ask);
  return () => {
    end?.();
    removeEventListener("online", ask);
    document.removeEventListener("visibilitychange", ask);
  };
}

async function returned(): Promise<void> {
  try {
    // It may have come back with another model.
    await refreshModel().catch((error: unknown) => {
      // It asks for another token now, which opening says.
      if (!(error instanceof TokenError)) throw error;
    });
    if (await openModel()) say("The server answers again.");
  } catch {
    void get().backend?.connection?.tryNow();
  }
}
